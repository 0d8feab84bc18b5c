#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "http.h"
#include "x07_file_access.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The most that is reserved on the word of a server. */
enum { EXPECTED_BYTES_MAX = 1 << 28 };

/* -- files */

static x07_net_code code_of(x07_file_outcome outcome)
{
    switch (outcome) {
    case X07_FILE_OPENED:
        return X07_NETERR_OK;
    case X07_FILE_DENIED:
        return X07_NETERR_DENIED;
    case X07_FILE_BAD_PATH:
        return X07_NETERR_INVALID;
    default:
        return X07_NETERR_INTERNAL;
    }
}

x07_net_code x07_http_answer_start(const x07_http_request *request, x07_http_answer *answer)
{
    x07_file_access opened;
    *answer = (x07_http_answer){.file = -1};
    if (request->version < 3) {
        return X07_NETERR_OK;
    }
    x07_net_code code =
        code_of(x07_file_open_write(X07_HTTP_OPERATION, request->out_path, &opened));
    if (code != X07_NETERR_OK) {
        return code;
    }
    answer->file = opened.file;
    answer->max_file_bytes = opened.max_bytes;
    int is_kept = x07_http_add(&answer->path, opened.path, strlen(opened.path) + 1);
    return is_kept && ftruncate(opened.file, 0) == 0 ? X07_NETERR_OK : X07_NETERR_INTERNAL;
}

static int write_all(int file, const uint8_t *data, size_t len)
{
    while (len != 0) {
        ssize_t wrote = write(file, data, len);
        if (wrote < 0 && errno != EINTR) {
            return 0;
        }
        if (wrote > 0) {
            data += wrote;
            len -= (size_t)wrote;
        }
    }
    return 1;
}

static x07_net_code write_some(const x07_http_request *request, x07_http_answer *answer,
                               const void *data, size_t len)
{
    if (answer->body_len > answer->max_file_bytes) {
        x07_file_too_large(X07_HTTP_OPERATION, request->out_path, answer->body_len);
        return X07_NETERR_TOO_LARGE;
    }
    return write_all(answer->file, data, len) ? X07_NETERR_OK : X07_NETERR_INTERNAL;
}

/* -- bodies */

x07_net_code x07_http_answer_expect(x07_http_answer *answer, uint64_t size)
{
    if (answer->file >= 0 || size > EXPECTED_BYTES_MAX) {
        return X07_NETERR_OK;
    }
    return x07_http_reserve(&answer->body, (size_t)size) ? X07_NETERR_OK : X07_NETERR_INTERNAL;
}

x07_net_code x07_http_answer_add(const x07_http_request *request, x07_http_answer *answer,
                                 const void *data, size_t len)
{
    answer->body_len += len;
    if (answer->body_len > request->max_body_bytes) {
        return X07_NETERR_TOO_LARGE;
    }
    if (answer->file >= 0) {
        return write_some(request, answer, data, len);
    }
    return x07_http_add(&answer->body, data, len) ? X07_NETERR_OK : X07_NETERR_INTERNAL;
}

x07_net_code x07_http_answer_end(x07_http_answer *answer, x07_net_code code)
{
    if (answer->file < 0) {
        return code;
    }
    if (code != X07_NETERR_OK && ftruncate(answer->file, 0) != 0) {
        code = code == X07_NETERR_OK ? X07_NETERR_INTERNAL : code;
    }
    if (close(answer->file) != 0 && errno != EINTR && code == X07_NETERR_OK) {
        code = X07_NETERR_INTERNAL;
    }
    answer->file = -1;
    return code;
}

void x07_http_answer_free(x07_http_answer *answer)
{
    free(answer->headers.data);
    free(answer->body.data);
    free(answer->path.data);
}

/* -- documents */

static int put_prefix(const x07_http_request *request, const x07_http_answer *answer,
                      x07_http_buffer *start)
{
    const uint8_t prefix[] = {1, request->version};
    return x07_http_add(start, prefix, sizeof prefix) && x07_http_add_u32(start, answer->status);
}

static int put_headers(const x07_http_answer *answer, x07_http_buffer *start)
{
    return x07_http_add_u32(start, answer->header_count)
           && x07_http_add(start, answer->headers.data, answer->headers.len);
}

static int put_rest(const x07_http_request *request, const x07_http_answer *answer,
                    x07_http_buffer *start)
{
    if (request->version == 1) {
        return x07_http_add_u32(start, 0);
    }
    if (!put_headers(answer, start)) {
        return 0;
    }
    return request->version == 2
           || x07_http_add_str(start, answer->path.data, answer->path.len - 1);
}

x07_net_code x07_http_document(const x07_http_request *request, const x07_http_answer *answer,
                               x07_http_buffer *start)
{
    int is_whole = put_prefix(request, answer, start) && put_rest(request, answer, start)
                   && x07_http_add_u32(start, (uint32_t)answer->body_len);
    if (!is_whole) {
        return X07_NETERR_INTERNAL;
    }
    return start->len + answer->body.len <= INT32_MAX ? X07_NETERR_OK : X07_NETERR_TOO_LARGE;
}
