#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "http.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "x07_ca_store.h"

enum { RECEIVE_BYTES = 1 << 18 };

/* -- the head of an answer */

static x07_bytes_view trimmed(const char *text, size_t len)
{
    while (len != 0 && strchr(" \t\r\n", text[len - 1])) {
        len--;
    }
    while (len != 0 && (*text == ' ' || *text == '\t')) {
        text++;
        len--;
    }
    return (x07_bytes_view){(const uint8_t *)text, (uint32_t)len};
}

/* An answer that another one follows (100, 103) is none. */
static void start_head(x07_http_transfer *transfer)
{
    transfer->answer->header_count = 0;
    transfer->answer->headers.len = 0;
    free(transfer->location);
    transfer->location = NULL;
}

static int keep_header(x07_http_answer *answer, x07_bytes_view name, x07_bytes_view value)
{
    if (!x07_http_add_str(&answer->headers, name.ptr, name.len)) {
        return 0;
    }
    uint8_t *kept = answer->headers.data + answer->headers.len - name.len;
    for (uint32_t i = 0; i < name.len; i++) {
        kept[i] = kept[i] >= 'A' && kept[i] <= 'Z' ? kept[i] | 32 : kept[i];
    }
    return x07_http_add_str(&answer->headers, value.ptr, value.len);
}

static x07_net_code add_header(x07_http_transfer *transfer, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);
    if (!colon || colon == line) {
        return X07_NETERR_OK;
    }
    size_t name_len = (size_t)(colon - line);
    x07_bytes_view name = trimmed(line, name_len);
    x07_bytes_view value = trimmed(colon + 1, len - name_len - 1);
    if (++transfer->answer->header_count > transfer->request->max_headers) {
        return X07_NETERR_TOO_LARGE;
    }
    if (!transfer->location && x07_http_is_named(name, "location")) {
        transfer->location = strndup((const char *)value.ptr, value.len);
    }
    return keep_header(transfer->answer, name, value) ? X07_NETERR_OK : X07_NETERR_INTERNAL;
}

static size_t take_header(char *line, size_t size, size_t count, void *data)
{
    x07_http_transfer *transfer = data;
    size_t len = size * count;
    transfer->header_bytes += len;
    if (transfer->header_bytes > transfer->request->max_header_bytes) {
        transfer->code = X07_NETERR_TOO_LARGE;
    } else if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
        start_head(transfer);
    } else {
        transfer->code = add_header(transfer, line, len);
    }
    return transfer->code == X07_NETERR_OK ? len : 0;
}

/* -- its body */

static uint32_t status_of(CURL *curl)
{
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    return (uint32_t)status;
}

int x07_http_is_redirect(const x07_http_transfer *transfer)
{
    uint32_t status = status_of(transfer->curl);
    int is_one = (status >= 301 && status <= 303) || status == 307 || status == 308;
    return is_one && transfer->request->follows && transfer->location;
}

static x07_net_code expect_body(x07_http_transfer *transfer)
{
    curl_off_t size = 0;
    curl_easy_getinfo(transfer->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &size);
    transfer->has_body = 1;
    if (size > (curl_off_t)transfer->request->max_body_bytes) {
        return X07_NETERR_TOO_LARGE;
    }
    return x07_http_answer_expect(transfer->answer, size > 0 ? (uint64_t)size : 0);
}

static size_t take_body(char *bytes, size_t size, size_t count, void *data)
{
    x07_http_transfer *transfer = data;
    size_t len = size * count;
    if (x07_http_is_redirect(transfer)) {
        transfer->is_done = 1;
        return 0;
    }
    if (!transfer->has_body) {
        transfer->code = expect_body(transfer);
    }
    if (transfer->code == X07_NETERR_OK) {
        transfer->code =
            x07_http_answer_add(transfer->request, transfer->answer, bytes, len);
    }
    return transfer->code == X07_NETERR_OK ? len : 0;
}

/* -- connections */

static int is_pinned(const x07_http_hop *hop, const x07_net_target *found)
{
    for (uint32_t i = 0; i < hop->addresses.count; i++) {
        if (memcmp(&hop->addresses.items[i], &found->address, sizeof found->address) == 0) {
            return found->port == hop->request.target.port;
        }
    }
    return 0;
}

static x07_net_target target_of(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        return x07_net_target_of_address((const uint8_t *)&v4->sin_addr, 4, ntohs(v4->sin_port));
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
    return x07_net_target_of_address((const uint8_t *)&v6->sin6_addr, 16, ntohs(v6->sin6_port));
}

/* The last word on where a connection goes: an address that this exchange was granted. */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *to)
{
    x07_http_transfer *transfer = data;
    if (purpose != CURLSOCKTYPE_IPCXN || (to->family != AF_INET && to->family != AF_INET6)) {
        return CURL_SOCKET_BAD;
    }
    x07_net_target found = target_of(&to->addr);
    if (!is_pinned(transfer->hop, &found)) {
        transfer->code = X07_NETERR_DENIED;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int put_text(x07_http_buffer *to, const char *text)
{
    return x07_http_add(to, text, strlen(text));
}

/* `host:port:address,address`: libcurl looks nothing up. NULL where there is no memory. */
static struct curl_slist *pins(const x07_http_hop *hop)
{
    char text[X07_NET_TEXT_BYTES];
    x07_http_buffer entry = {0};
    x07_net_target_text(&hop->request.target, text);
    int is_whole = put_text(&entry, text);
    for (uint32_t i = 0; i < hop->addresses.count && is_whole; i++) {
        const x07_net_address *item = &hop->addresses.items[i];
        char address[INET6_ADDRSTRLEN];
        int is_v4 = item->version == 4;
        is_whole = put_text(&entry, i == 0 ? ":" : ",") && put_text(&entry, is_v4 ? "" : "[")
                   && inet_ntop(is_v4 ? AF_INET : AF_INET6, item->bytes, address, sizeof address)
                   && put_text(&entry, address) && put_text(&entry, is_v4 ? "" : "]");
    }
    is_whole = is_whole && x07_http_add(&entry, "", 1);
    struct curl_slist *list = is_whole ? curl_slist_append(NULL, (char *)entry.data) : NULL;
    free(entry.data);
    return list;
}

/* -- options */

static void set_limits(const x07_http_transfer *transfer)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(curl, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, (long)RECEIVE_BYTES);
}

/* libcurl has no time to spare where it is told 0. */
static void set_times(const x07_http_transfer *transfer)
{
    uint32_t left = x07_net_deadline_left(transfer->hop->request.deadline);
    long left_ms = left != 0 ? (long)left : 1;
    curl_easy_setopt(transfer->curl, CURLOPT_TIMEOUT_MS, left_ms);
    curl_easy_setopt(transfer->curl, CURLOPT_CONNECTTIMEOUT_MS, left_ms);
}

static void set_trust(CURL *curl, const char *authorities)
{
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
    if (authorities) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    }
}

static void set_calls(x07_http_transfer *transfer)
{
    CURL *curl = transfer->curl;
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, transfer);
}

static void set_request(const x07_http_transfer *transfer)
{
    CURL *curl = transfer->curl;
    const x07_http_request *request = transfer->request;
    curl_easy_setopt(curl, CURLOPT_URL, transfer->hop->url);
    if (transfer->method == X07_HTTP_POST) {
        curl_easy_setopt(curl, CURLOPT_POST, 1L);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body.ptr);
    } else if (transfer->method == X07_HTTP_HEAD) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    }
}

/* -- codes */

static x07_net_code code_of(const x07_http_transfer *transfer, CURLcode result)
{
    if (transfer->code != X07_NETERR_OK) {
        return transfer->code;
    }
    switch (result) {
    case CURLE_OK:
        return X07_NETERR_OK;
    case CURLE_OPERATION_TIMEDOUT:
        return X07_NETERR_TIMEOUT;
    case CURLE_COULDNT_RESOLVE_HOST:
        return X07_NETERR_DNS;
    case CURLE_COULDNT_CONNECT:
        return X07_NETERR_CONNECT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return X07_NETERR_INVALID;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
        return X07_NETERR_TLS;
    default:
        return transfer->is_done ? X07_NETERR_OK : X07_NETERR_INTERNAL;
    }
}

/* -- an exchange */

extern char **environ;

/* No variable reaches libcurl, nor what it loads: proxies, files of keys, settings of TLS. */
static CURLcode perform(CURL *curl)
{
    static char *none[] = {NULL};
    char **variables = environ;
    environ = none;
    CURLcode result = curl_easy_perform(curl);
    environ = variables;
    return result;
}

static x07_net_code send_request(x07_http_transfer *transfer, struct curl_slist *headers,
                                 struct curl_slist *pinned)
{
    int is_name = transfer->hop->request.target.address.version == 0;
    curl_easy_setopt(transfer->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(transfer->curl, CURLOPT_RESOLVE, is_name ? pinned : NULL);
    CURLcode result = perform(transfer->curl);
    transfer->answer->status = status_of(transfer->curl);
    return code_of(transfer, result);
}

x07_net_code x07_http_exchange(x07_http_transfer *transfer)
{
    curl_easy_reset(transfer->curl);
    set_limits(transfer);
    set_times(transfer);
    set_trust(transfer->curl, x07_ca_file());
    set_calls(transfer);
    set_request(transfer);
    struct curl_slist *headers = x07_http_header_list(transfer), *pinned = pins(transfer->hop);
    x07_net_code code =
        headers && pinned ? send_request(transfer, headers, pinned) : X07_NETERR_INTERNAL;
    curl_slist_free_all(headers);
    curl_slist_free_all(pinned);
    return code;
}
