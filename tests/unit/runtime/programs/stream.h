/* What the programs of the runtime's tests speak: requests on stdin, answers on stdout.
 *
 * A request is a number, which names an operation, and its arguments: numbers (u32) and blobs (u32
 * length, bytes), little-endian. Answers say what they are: `i` and a u32, or `b` and a blob. */
#ifndef STREAM_H
#define STREAM_H

#include "x07.h"
#include "x07_release.h"

#include <stdio.h>
#include <stdlib.h>

X07_PROGRAM_LIMITS;

#define AT X07_AT("main.solve", "/solve")

void serve(uint32_t operation);

static uint8_t *request;
static size_t request_len, request_at;

static inline uint32_t take_u32(void)
{
    uint32_t word = 0;
    for (uint32_t i = 0; i < 4; i++) {
        word |= (uint32_t)request[request_at++] << 8 * i;
    }
    return word;
}

static inline uint64_t take_u64(void)
{
    uint64_t low = take_u32();
    return low | (uint64_t)take_u32() << 32;
}

static inline double take_f64(void)
{
    uint64_t bits = take_u64();
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* A blob in memory of its own, so that reading past it is found. */
static inline x07_bytes_view take_view(void)
{
    uint32_t len = take_u32();
    uint8_t *copy = malloc(len ? len : 1);
    memcpy(copy, request + request_at, len);
    request_at += len;
    return (x07_bytes_view){copy, len};
}

static inline void forget(x07_bytes_view view)
{
    free((void *)(uintptr_t)view.ptr);
}

static inline x07_bytes take_bytes(void)
{
    x07_bytes_view view = take_view();
    x07_bytes bytes = x07_view_to_bytes(view, AT);
    forget(view);
    return bytes;
}

static inline void write_u32(uint32_t word)
{
    for (uint32_t i = 0; i < 4; i++) {
        putchar((int)(word >> 8 * i & 255));
    }
}

static inline void give_u32(uint32_t word)
{
    putchar('i');
    write_u32(word);
}

static inline void give_view(x07_bytes_view view)
{
    putchar('b');
    write_u32(view.len);
    fwrite(view.ptr, 1, view.len, stdout);
}

static inline void give_bytes(x07_bytes bytes)
{
    give_view(x07_bytes_as_view(bytes));
    x07_bytes_drop(bytes);
}

static inline void give_f64(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    give_view((x07_bytes_view){(const uint8_t *)&bits, sizeof bits});
}

static inline void give_result_i32(x07_result_i32 result)
{
    give_u32(result.tag);
    give_u32(result.tag ? result.ok : result.err);
}

static void read_requests(void)
{
    size_t cap = 1 << 16, got;
    request = malloc(cap);
    while ((got = fread(request + request_len, 1, cap - request_len, stdin)) > 0) {
        request_len += got;
        if (request_len == cap) {
            request = realloc(request, cap *= 2);
        }
    }
}

/* The last answer: bytes that are still allocated when everything was released. */
int main(void)
{
    read_requests();
    while (request_at < request_len) {
        serve(take_u32());
    }
    x07_release_all();
    give_u32((uint32_t)x07_state.memory.live_bytes);
    free(request);
    return 0;
}

#endif
