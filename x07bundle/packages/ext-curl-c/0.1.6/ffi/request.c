#include "http.h"

#include <string.h>

/* Bounds, and what a 0 stands for. */
enum {
    DEFAULT_TIMEOUT_S = 30,
    MAX_TIMEOUT_S = 600,
    DEFAULT_REDIRECTS = 5,
    MAX_REDIRECTS = 100,
    DEFAULT_HEADER_BYTES = 65536,
    MAX_HEADER_BYTES = 16777216,
    DEFAULT_HEADERS = 1024,
    MAX_HEADERS = 65535,
    FOLLOWS = 1,
};

/* -- reading */

static int read_u8(x07_http_reader *reader, uint8_t *byte)
{
    if (reader->next == reader->end) {
        return 0;
    }
    *byte = *reader->next++;
    return 1;
}

int x07_http_read_u32(x07_http_reader *reader, uint32_t *word)
{
    if (reader->end - reader->next < 4) {
        return 0;
    }
    const uint8_t *from = reader->next;
    *word = from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16 | (uint32_t)from[3] << 24;
    reader->next += 4;
    return 1;
}

int x07_http_read_str(x07_http_reader *reader, x07_bytes_view *text)
{
    uint32_t len;
    if (!x07_http_read_u32(reader, &len) || (size_t)(reader->end - reader->next) < len) {
        return 0;
    }
    *text = (x07_bytes_view){reader->next, len};
    reader->next += len;
    return 1;
}

/* -- headers */

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 32 : byte;
}

int x07_http_is_named(x07_bytes_view name, const char *of)
{
    if (name.len != strlen(of)) {
        return 0;
    }
    for (uint32_t i = 0; i < name.len; i++) {
        if (lower(name.ptr[i]) != (uint8_t)of[i]) {
            return 0;
        }
    }
    return 1;
}

static int is_token_byte(uint8_t byte)
{
    uint8_t small = lower(byte);
    return (small >= 'a' && small <= 'z') || (byte >= '0' && byte <= '9')
           || (byte != 0 && strchr("!#$%&'*+-.^_`|~", byte));
}

static int is_token(x07_bytes_view name)
{
    for (uint32_t i = 0; i < name.len; i++) {
        if (!is_token_byte(name.ptr[i])) {
            return 0;
        }
    }
    return name.len != 0;
}

static int is_value(x07_bytes_view value)
{
    for (uint32_t i = 0; i < value.len; i++) {
        if ((value.ptr[i] < ' ' && value.ptr[i] != '\t') || value.ptr[i] == 0x7F) {
            return 0;
        }
    }
    return 1;
}

/* What says where the request goes, where it ends and what becomes of its connection is not for a
 * program to say: the host is the one that the policy was asked for. */
static int is_ours(x07_bytes_view name)
{
    static const char *const ours[] = {
        "host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect",
    };
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
        if (x07_http_is_named(name, ours[i])) {
            return 1;
        }
    }
    return 0;
}

static int read_headers(x07_http_reader *reader, x07_http_request *request)
{
    if (!x07_http_read_u32(reader, &request->header_count)
        || request->header_count > MAX_HEADERS) {
        return 0;
    }
    const uint8_t *start = reader->next;
    for (uint32_t i = 0; i < request->header_count; i++) {
        x07_bytes_view name, value;
        if (!x07_http_read_str(reader, &name) || !x07_http_read_str(reader, &value)
            || !is_token(name) || is_ours(name) || !is_value(value)) {
            return 0;
        }
    }
    request->headers = (x07_bytes_view){start, (uint32_t)(reader->next - start)};
    return 1;
}

/* -- limits */

static int use_limit(uint32_t *limit, uint32_t usual, uint32_t most)
{
    *limit = *limit == 0 ? usual : *limit;
    return *limit <= most;
}

static int read_limits(x07_http_reader *reader, x07_http_request *request)
{
    uint32_t flags = 0;
    if (request->version >= 2
        && (!x07_http_read_u32(reader, &flags) || !x07_http_read_u32(reader, &request->timeout_s)
            || !x07_http_read_u32(reader, &request->max_redirects)
            || !x07_http_read_u32(reader, &request->max_header_bytes)
            || !x07_http_read_u32(reader, &request->max_headers))) {
        return 0;
    }
    request->follows = flags & FOLLOWS;
    return (flags & ~(uint32_t)FOLLOWS) == 0
           && use_limit(&request->timeout_s, DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S)
           && use_limit(&request->max_redirects, DEFAULT_REDIRECTS, MAX_REDIRECTS)
           && use_limit(&request->max_header_bytes, DEFAULT_HEADER_BYTES, MAX_HEADER_BYTES)
           && use_limit(&request->max_headers, DEFAULT_HEADERS, MAX_HEADERS);
}

/* -- the whole */

static int read_all(x07_http_reader *reader, uint32_t lowest, uint32_t highest,
                    x07_http_request *request)
{
    return read_u8(reader, &request->version) && request->version >= lowest
           && request->version <= highest && read_u8(reader, &request->method)
           && (request->method == X07_HTTP_GET || request->method == X07_HTTP_POST)
           && x07_http_read_str(reader, &request->url) && request->url.len < X07_HTTP_URL_BYTES
           && read_headers(reader, request) && x07_http_read_str(reader, &request->body)
           && read_limits(reader, request)
           && (request->version < 3 || x07_http_read_str(reader, &request->out_path))
           && reader->next == reader->end
           && (request->method == X07_HTTP_POST || request->body.len == 0);
}

x07_net_code x07_http_request_read(x07_bytes_view document, uint32_t lowest, uint32_t highest,
                                   x07_http_request *request)
{
    x07_http_reader reader = {document.ptr, document.ptr + document.len};
    *request = (x07_http_request){.out_path = X07_NO_BYTES_VIEW};
    return read_all(&reader, lowest, highest, request) ? X07_NETERR_OK : X07_NETERR_INVALID;
}
