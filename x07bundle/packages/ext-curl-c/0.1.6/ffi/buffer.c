#include "http.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES = 4096 };

int x07_http_reserve(x07_http_buffer *buffer, size_t more)
{
    if (more <= buffer->cap - buffer->len) {
        return 1;
    }
    size_t cap = buffer->cap + buffer->cap / 2;
    size_t least = buffer->len + more;
    cap = cap < least ? least : cap;
    cap = cap < FIRST_BYTES ? FIRST_BYTES : cap;
    uint8_t *data = realloc(buffer->data, cap);
    if (!data) {
        return 0;
    }
    buffer->data = data;
    buffer->cap = cap;
    return 1;
}

int x07_http_add(x07_http_buffer *buffer, const void *data, size_t len)
{
    if (!x07_http_reserve(buffer, len)) {
        return 0;
    }
    if (len != 0) {
        memcpy(buffer->data + buffer->len, data, len);
    }
    buffer->len += len;
    return 1;
}

int x07_http_add_u32(x07_http_buffer *buffer, uint32_t word)
{
    const uint8_t bytes[] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                             (uint8_t)(word >> 24)};
    return x07_http_add(buffer, bytes, sizeof bytes);
}

int x07_http_add_str(x07_http_buffer *buffer, const void *data, size_t len)
{
    return x07_http_add_u32(buffer, (uint32_t)len) && x07_http_add(buffer, data, len);
}
