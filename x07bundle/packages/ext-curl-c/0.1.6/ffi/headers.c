#include "http.h"

#include <stdlib.h>
#include <string.h>

/* Secrets of one host are none for another. */
static int is_private(x07_bytes_view name)
{
    return x07_http_is_named(name, "authorization") || x07_http_is_named(name, "cookie")
           || x07_http_is_named(name, "proxy-authorization");
}

static int is_of_body(x07_bytes_view name)
{
    return name.len > 8 && x07_http_is_named((x07_bytes_view){name.ptr, 8}, "content-");
}

static int is_left_out(const x07_http_transfer *transfer, x07_bytes_view name)
{
    int lost_body = transfer->method != transfer->request->method;
    return (transfer->is_elsewhere && is_private(name)) || (lost_body && is_of_body(name));
}

/* A NULL list is freed already. */
static struct curl_slist *append(struct curl_slist *list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(list, line);
    if (!longer) {
        curl_slist_free_all(list);
    }
    return longer;
}

/* `name: value`; a name with a `;` is one with an empty value. */
static struct curl_slist *append_pair(struct curl_slist *list, x07_bytes_view name,
                                      x07_bytes_view value)
{
    x07_http_buffer line = {0};
    const char *between = value.len == 0 ? ";" : ": ";
    int is_whole = x07_http_add(&line, name.ptr, name.len)
                   && x07_http_add(&line, between, strlen(between))
                   && x07_http_add(&line, value.ptr, value.len) && x07_http_add(&line, "", 1);
    if (is_whole) {
        list = append(list, (const char *)line.data);
    } else {
        curl_slist_free_all(list);
        list = NULL;
    }
    free(line.data);
    return list;
}

struct curl_slist *x07_http_header_list(const x07_http_transfer *transfer)
{
    const x07_http_request *request = transfer->request;
    x07_http_reader reader = {request->headers.ptr, request->headers.ptr + request->headers.len};
    /* No waiting for leave to send a body. */
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    for (uint32_t i = 0; i < request->header_count && list; i++) {
        x07_bytes_view name, value;
        x07_http_read_str(&reader, &name);
        x07_http_read_str(&reader, &value);
        if (!is_left_out(transfer, name)) {
            list = append_pair(list, name, value);
        }
    }
    return list;
}
