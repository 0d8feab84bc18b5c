/* What the externs of ext.curl.http reach. A request leaves its document here, and the program
 * takes it when it has made room. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "http.h"
#include "x07_file_access.h"
#include "x07_pkg.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DEFAULT_BODY_BYTES = 65536, ERROR_DOCUMENT_BYTES = 9, READERS_MAX = 256 };

static struct {
    int is_ready;
    /* Kept for its connections. */
    CURL *curl;
} client;

static struct {
    x07_http_buffer start;
    x07_http_buffer body;
} document;

/* -- libcurl */

extern char **environ;

/* 0, or what libcurl says. */
uint32_t x07_curl_init(void)
{
    static char *none[] = {NULL};
    if (client.is_ready) {
        return 0;
    }
    char **variables = environ;
    environ = none;
    CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    environ = variables;
    client.is_ready = code == CURLE_OK;
    client.curl = client.is_ready ? curl_easy_init() : NULL;
    return (uint32_t)code;
}

uint32_t x07_curl_cleanup(void)
{
    if (client.curl) {
        curl_easy_cleanup(client.curl);
    }
    if (client.is_ready) {
        curl_global_cleanup();
    }
    client.curl = NULL;
    client.is_ready = 0;
    return 0;
}

/* -- following */

/* What a server answers to a POST by naming another place is fetched from there; 307 and 308 have
 * the request sent again as it is. */
static uint8_t next_method(const x07_http_transfer *transfer)
{
    uint32_t status = transfer->answer->status;
    int is_sent_again = status == 307 || status == 308;
    return transfer->method == X07_HTTP_POST && !is_sent_again ? X07_HTTP_GET : transfer->method;
}

/* Aims the transfer at the place that the last answer named. */
static x07_net_code follow(x07_http_transfer *transfer, x07_http_hop *hop)
{
    char *url = NULL;
    x07_http_hop *next = malloc(sizeof *next);
    x07_net_code code =
        next ? x07_http_next_url(hop, transfer->location, &url) : X07_NETERR_INTERNAL;
    if (code == X07_NETERR_OK) {
        x07_bytes_view text = {(const uint8_t *)url, (uint32_t)strlen(url)};
        code = x07_http_hop_to(text, hop->request.deadline, next);
        curl_free(url);
    }
    if (code == X07_NETERR_OK) {
        transfer->method = next_method(transfer);
        transfer->is_elsewhere |= !x07_http_same_origin(hop, next);
        *hop = *next;
    }
    free(next);
    return code;
}

static void forget_answer(x07_http_transfer *transfer)
{
    free(transfer->location);
    transfer->location = NULL;
    transfer->header_bytes = 0;
    transfer->is_done = transfer->has_body = 0;
}

static x07_net_code exchange_all(x07_http_transfer *transfer, x07_http_hop *hop)
{
    for (uint32_t redirects = 0;; redirects++) {
        x07_net_code code = x07_http_exchange(transfer);
        if (code != X07_NETERR_OK || !x07_http_is_redirect(transfer)) {
            return code;
        }
        if (redirects == transfer->request->max_redirects) {
            return X07_NETERR_INTERNAL;
        }
        code = follow(transfer, hop);
        if (code != X07_NETERR_OK) {
            return code;
        }
        forget_answer(transfer);
    }
}

/* -- a request */

static x07_net_code fetch(const x07_http_request *request, x07_http_hop *hop,
                          x07_http_answer *answer)
{
    x07_net_deadline deadline = x07_net_deadline_in(request->timeout_s * 1000);
    x07_net_code code = x07_http_hop_to(request->url, deadline, hop);
    if (code == X07_NETERR_DENIED && request->version == 3) {
        x07_file_collect_write(X07_HTTP_OPERATION, request->out_path);
    }
    if (code == X07_NETERR_OK) {
        code = x07_http_answer_start(request, answer);
    }
    if (code == X07_NETERR_OK) {
        x07_http_transfer transfer = {.curl = client.curl,
                                      .request = request,
                                      .hop = hop,
                                      .answer = answer,
                                      .method = request->method};
        code = exchange_all(&transfer, hop);
        free(transfer.location);
    }
    return x07_http_answer_end(answer, code);
}

/* libcurl writes to connections that the other side has closed. */
static x07_net_code fetch_quietly(const x07_http_request *request, x07_http_answer *answer)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    x07_http_hop *hop = malloc(sizeof *hop);
    *answer = (x07_http_answer){.file = -1};
    if (!hop || x07_curl_init() != 0 || !client.curl) {
        free(hop);
        return X07_NETERR_INTERNAL;
    }
    sigaction(SIGPIPE, &ignore, &before);
    x07_net_code code = fetch(request, hop, answer);
    sigaction(SIGPIPE, &before, NULL);
    free(hop);
    return code;
}

/* -- documents */

static void put_error(x07_net_code code)
{
    document.start.len = document.body.len = 0;
    x07_http_add(&document.start, "", 1);
    x07_http_add_u32(&document.start, code);
    x07_http_add_u32(&document.start, 0);
}

/* The answer's body becomes the document's. */
static void put_answer(const x07_http_request *request, x07_http_answer *answer)
{
    document.start.len = 0;
    x07_net_code code = x07_http_document(request, answer, &document.start);
    if (code != X07_NETERR_OK) {
        put_error(code);
        return;
    }
    free(document.body.data);
    document.body = answer->body;
    answer->body = (x07_http_buffer){0};
}

/* How many bytes the answer's document has, which waits for x07_curl_take. */
uint32_t x07_curl_request(const uint8_t *bytes, uint32_t len, uint32_t max_body_bytes,
                          uint32_t lowest, uint32_t highest)
{
    x07_http_request request;
    x07_http_answer answer = {.file = -1};
    x07_net_code code =
        x07_http_request_read((x07_bytes_view){bytes, len}, lowest, highest, &request);
    request.max_body_bytes = max_body_bytes != 0 ? max_body_bytes : DEFAULT_BODY_BYTES;
    if (code == X07_NETERR_OK) {
        code = fetch_quietly(&request, &answer);
    }
    if (code == X07_NETERR_OK) {
        put_answer(&request, &answer);
    } else {
        put_error(code);
    }
    x07_http_answer_free(&answer);
    return (uint32_t)(document.start.len + document.body.len);
}

static void copy(uint8_t *to, const x07_http_buffer *from)
{
    if (from->len != 0) {
        memcpy(to, from->data, from->len);
    }
}

/* Into as many bytes as x07_curl_request said. */
uint32_t x07_curl_take(uint8_t *into)
{
    copy(into, &document.start);
    copy(into + document.start.len, &document.body);
    free(document.start.data);
    free(document.body.data);
    memset(&document, 0, sizeof document);
    return 0;
}

/* The status of an answer to HEAD, or 0 and then x07_curl_head_code. */
static x07_net_code head_code;

uint32_t x07_curl_head(const uint8_t *url, uint32_t len)
{
    x07_http_answer answer;
    x07_http_request request = {.version = 1,
                                .method = X07_HTTP_HEAD,
                                .url = {url, len},
                                .timeout_s = 30,
                                .max_header_bytes = 65536,
                                .max_headers = 1024};
    head_code = fetch_quietly(&request, &answer);
    uint32_t status = head_code == X07_NETERR_OK ? answer.status : 0;
    x07_http_answer_free(&answer);
    return status;
}

uint32_t x07_curl_head_code(void)
{
    return head_code;
}

/* -- readers of files */

/* Numbers from 1. 0 is a reader of nothing, one more than there are is a reader that fails. */
static struct {
    uint32_t count;
    struct {
        int file;
        uint64_t left;
    } items[READERS_MAX];
} readers;

static int64_t read_file(uint32_t number, uint8_t *into, uint32_t cap)
{
    if (number == 0) {
        return 0;
    }
    if (number > readers.count || readers.items[number - 1].left == 0) {
        return -1;
    }
    uint64_t left = readers.items[number - 1].left;
    int64_t got = read(readers.items[number - 1].file, into, cap < left ? cap : (size_t)left);
    readers.items[number - 1].left -= got > 0 ? (uint64_t)got : 0;
    return got;
}

uint32_t x07_curl_reader_vtable(void)
{
    static const x07_io_reader_vtable_v1 vtable = {read_file};
    return x07_rt_register_io_reader_vtable_v1(&vtable);
}

uint32_t x07_curl_reader_open(const uint8_t *path, uint32_t len)
{
    x07_file_access opened;
    x07_bytes_view name = {path, len};
    if (len == 0) {
        return 0;
    }
    if (readers.count == READERS_MAX
        || x07_file_open_read("std.net.http.resp_file_reader_v1", name, &opened)
               != X07_FILE_OPENED) {
        return UINT32_MAX;
    }
    readers.items[readers.count].file = opened.file;
    readers.items[readers.count].left = (uint64_t)opened.max_bytes + 1;
    return ++readers.count;
}
