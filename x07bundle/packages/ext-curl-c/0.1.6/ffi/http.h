/* HTTP on libcurl, in parts: a request in bytes is read (request.c), its URL decided by the policy
 * (hops.c), sent, and answered (transfer.c); the answer goes into a document or a file (answer.c).
 * Layouts and codes: os-modules.md §7.
 *
 * libcurl is told the address of every connection, follows nothing by itself, and sees no variable
 * of the environment while it works. */
#ifndef X07_CURL_HTTP_H
#define X07_CURL_HTTP_H

#include "x07_sockets.h"

#include <curl/curl.h>

/* What denials call it all. */
#define X07_HTTP_OPERATION "std.net.http.fetch_v1"

enum {
    X07_HTTP_GET = 1,
    X07_HTTP_POST = 2,
    /* Of no document: what `head` sends. */
    X07_HTTP_HEAD = 3,
    X07_HTTP_URL_BYTES = 65536,
};

/* -- bytes that grow: buffer.c */

/* Starts with zeros; `data` is to be freed. */
typedef struct {
    uint8_t *data;
    size_t len;
    size_t cap;
} x07_http_buffer;

/* 0 where there is no memory. */
int x07_http_reserve(x07_http_buffer *buffer, size_t more);
int x07_http_add(x07_http_buffer *buffer, const void *data, size_t len);
int x07_http_add_u32(x07_http_buffer *buffer, uint32_t word);

/* The length, then the bytes. */
int x07_http_add_str(x07_http_buffer *buffer, const void *data, size_t len);

/* -- requests: request.c */

/* What is left to read of a document, which holds what was read. */
typedef struct {
    const uint8_t *next;
    const uint8_t *end;
} x07_http_reader;

int x07_http_read_u32(x07_http_reader *reader, uint32_t *word);
int x07_http_read_str(x07_http_reader *reader, x07_bytes_view *text);

/* Views into the document. `headers`: `header_count` pairs of str. */
typedef struct {
    uint8_t version;
    uint8_t method;
    x07_bytes_view url;
    uint32_t header_count;
    x07_bytes_view headers;
    x07_bytes_view body;
    uint32_t follows;
    uint32_t timeout_s;
    uint32_t max_redirects;
    uint32_t max_header_bytes;
    uint32_t max_headers;
    uint32_t max_body_bytes;
    /* Version 3: where the answer goes. */
    x07_bytes_view out_path;
} x07_http_request;

/* X07_NETERR_INVALID where the document is no request of a version from `lowest` to `highest`, or
 * asks for what none may: more than the bounds, a GET with a body, headers that are none. */
x07_net_code x07_http_request_read(x07_bytes_view document, uint32_t lowest, uint32_t highest,
                                   x07_http_request *request);

/* Whether the name, in any case, is `lower`. */
int x07_http_is_named(x07_bytes_view name, const char *lower);

/* -- answers: answer.c */

/* `headers`: pairs of str, with names in lower case, as they came. */
typedef struct {
    uint32_t status;
    uint32_t header_count;
    x07_http_buffer headers;
    x07_http_buffer body;
    uint64_t body_len;
    /* The file that gets the body, -1 where it is kept; and its path, ended by a NUL. */
    int file;
    uint64_t max_file_bytes;
    x07_http_buffer path;
} x07_http_answer;

/* Opens the file of a request that has one. */
x07_net_code x07_http_answer_start(const x07_http_request *request, x07_http_answer *answer);

/* Before the first bytes of an answer's body: how many there will be, 0 where nobody says. */
x07_net_code x07_http_answer_expect(x07_http_answer *answer, uint64_t size);
x07_net_code x07_http_answer_add(const x07_http_request *request, x07_http_answer *answer,
                                 const void *data, size_t len);

/* Closes the file, which is empty where it failed; `code` as it is then. */
x07_net_code x07_http_answer_end(x07_http_answer *answer, x07_net_code code);
void x07_http_answer_free(x07_http_answer *answer);

/* The document as two parts, of which the second one is the answer's body. */
x07_net_code x07_http_document(const x07_http_request *request, const x07_http_answer *answer,
                               x07_http_buffer *start);

/* -- where a request goes: hops.c */

/* One exchange: the URL with the host as it was read, the host, and its pinned addresses. */
typedef struct {
    x07_net_request request;
    x07_net_addresses addresses;
    /* 1: https. */
    int is_secure;
    char url[X07_HTTP_URL_BYTES + X07_NET_TEXT_BYTES];
} x07_http_hop;

/* Decides on the URL, and finds the addresses of its host. */
x07_net_code x07_http_hop_to(x07_bytes_view url, x07_net_deadline deadline, x07_http_hop *hop);

/* The absolute URL that `location` is, seen from the hop; to be freed. */
x07_net_code x07_http_next_url(const x07_http_hop *hop, const char *location, char **url);

int x07_http_same_origin(const x07_http_hop *one, const x07_http_hop *other);

/* -- one exchange: transfer.c */

typedef struct {
    CURL *curl;
    const x07_http_request *request;
    const x07_http_hop *hop;
    x07_http_answer *answer;
    uint8_t method;
    /* Headers that are for the first host alone are left out. */
    int is_elsewhere;
    /* What the answer said so far. */
    uint64_t header_bytes;
    int has_body;
    char *location;
    /* Why a callback ended it. `is_done`: the rest of the answer is not wanted. */
    x07_net_code code;
    int is_done;
} x07_http_transfer;

x07_net_code x07_http_exchange(x07_http_transfer *transfer);

/* Whether the answer leads elsewhere and the request follows. */
int x07_http_is_redirect(const x07_http_transfer *transfer);

/* -- names and values of a request, for libcurl: headers.c */

/* NULL where there is no memory. */
struct curl_slist *x07_http_header_list(const x07_http_transfer *transfer);

#endif
