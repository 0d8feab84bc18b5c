#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "http.h"

#include <string.h>

/* -- reading a URL */

/* In a sandbox a host that cannot be one is a denial; another scheme is a request that makes no
 * sense anywhere. */
static x07_net_code unread(x07_net_problem problem, x07_bytes_view url)
{
    x07_verdict verdict = x07_verdict_unread(problem);
    if (problem == X07_NET_NO_SCHEME || !x07_policy_current()->sandboxed) {
        return X07_NETERR_INVALID;
    }
    x07_denied(X07_HTTP_OPERATION, url, &verdict);
    return X07_NETERR_DENIED;
}

/* Path and query: what is behind the host, up to a fragment. */
static x07_bytes_view rest_of(x07_bytes_view url)
{
    const uint8_t *end = url.ptr + url.len;
    const uint8_t *start = (const uint8_t *)memchr(url.ptr, '/', url.len) + 2;
    while (start < end && !strchr("/?#", *start)) {
        start++;
    }
    const uint8_t *fragment = memchr(start, '#', (size_t)(end - start));
    return (x07_bytes_view){start, (uint32_t)((fragment ? fragment : end) - start)};
}

/* libcurl gets the host as the policy read it, so that both mean the same. */
static void put_url(x07_http_hop *hop, x07_bytes_view url)
{
    x07_bytes_view rest = rest_of(url);
    strcpy(hop->url, hop->is_secure ? "https://" : "http://");
    x07_net_target_text(&hop->request.target, hop->url + strlen(hop->url));
    size_t len = strlen(hop->url);
    if (rest.len == 0 || *rest.ptr != '/') {
        hop->url[len++] = '/';
    }
    memcpy(hop->url + len, rest.ptr, rest.len);
    hop->url[len + rest.len] = '\0';
}

static int is_secure(x07_bytes_view url)
{
    return url.len > 5 && x07_http_is_named((x07_bytes_view){url.ptr, 5}, "https");
}

x07_net_code x07_http_hop_to(x07_bytes_view url, x07_net_deadline deadline, x07_http_hop *hop)
{
    hop->request = (x07_net_request){
        .operation = X07_HTTP_OPERATION, .use = X07_NET_HTTP, .deadline = deadline};
    if (url.len >= X07_HTTP_URL_BYTES) {
        return X07_NETERR_INVALID;
    }
    x07_net_problem problem = x07_net_target_of_url(url, &hop->request.target);
    if (problem != X07_NET_READ) {
        return unread(problem, url);
    }
    hop->is_secure = is_secure(url);
    put_url(hop, url);
    return x07_net_resolve(&hop->request, &hop->addresses);
}

/* -- redirects */

static x07_net_code code_of(CURLUcode code)
{
    return code == CURLUE_OUT_OF_MEMORY ? X07_NETERR_INTERNAL : X07_NETERR_INVALID;
}

x07_net_code x07_http_next_url(const x07_http_hop *hop, const char *location, char **url)
{
    CURLU *parts = curl_url();
    if (!parts) {
        return X07_NETERR_INTERNAL;
    }
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, hop->url, CURLU_PATH_AS_IS);
    if (code == CURLUE_OK) {
        code = curl_url_set(parts, CURLUPART_URL, location,
                            CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME);
    }
    if (code == CURLUE_OK) {
        code = curl_url_get(parts, CURLUPART_URL, url, 0);
    }
    curl_url_cleanup(parts);
    return code == CURLUE_OK ? X07_NETERR_OK : code_of(code);
}

int x07_http_same_origin(const x07_http_hop *one, const x07_http_hop *other)
{
    return one->is_secure == other->is_secure
           && one->request.target.port == other->request.target.port
           && strcmp(one->request.target.host, other->request.target.host) == 0;
}
