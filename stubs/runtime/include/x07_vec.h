/* vec_u8: a growable buffer. What changes a vector consumes it and returns it (language.md §4). */
#ifndef X07_VEC_H
#define X07_VEC_H

#include "x07_bytes.h"

static inline x07_bytes_view x07_vec_u8_as_view(x07_vec_u8 vec)
{
    return (x07_bytes_view){.ptr = vec.data, .len = vec.len};
}

static inline void x07_vec_u8_drop(x07_vec_u8 vec)
{
    if (vec.cap != 0u) {
        x07_free(vec.data);
    }
}

static inline x07_vec_u8 x07_vec_u8_with_capacity(uint32_t cap, const char *at)
{
    if (cap == 0u) {
        return X07_NO_VEC_U8;
    }
    return (x07_vec_u8){.data = x07_alloc(cap, at), .len = 0u, .cap = cap};
}

static inline uint32_t x07_vec_u8_len(x07_vec_u8 vec)
{
    return vec.len;
}

static inline uint32_t x07_vec_u8_cap(x07_vec_u8 vec)
{
    return vec.cap;
}

static inline uint32_t x07_vec_u8_get(x07_vec_u8 vec, uint32_t index, const char *at)
{
    if (X07_UNLIKELY(index >= vec.len)) {
        x07_trap("vec_u8.get oob", at);
    }
    return vec.data[index];
}

static inline x07_vec_u8 x07_vec_u8_set(x07_vec_u8 vec, uint32_t index, uint32_t byte,
                                        const char *at)
{
    if (X07_UNLIKELY(index >= vec.len)) {
        x07_trap("vec_u8.set oob", at);
    }
    vec.data[index] = (uint8_t)byte;
    return vec;
}

static inline x07_vec_u8 x07_vec_u8_clear(x07_vec_u8 vec)
{
    vec.len = 0u;
    return vec;
}

/* Room for `additional` more bytes at least, by doubling from 1. Traps `message` past 4 GiB. */
X07_COLD x07_vec_u8 x07_vec_u8_grow(x07_vec_u8 vec, uint32_t additional, const char *message,
                                    const char *at);

static inline x07_vec_u8 x07_vec_u8_push(x07_vec_u8 vec, uint32_t byte, const char *at)
{
    if (X07_UNLIKELY(vec.len == vec.cap)) {
        vec = x07_vec_u8_grow(vec, 1u, "vec_u8.push overflow", at);
    }
    vec.data[vec.len++] = (uint8_t)byte;
    return vec;
}

static inline x07_vec_u8 x07_vec_u8_extend_bytes(x07_vec_u8 vec, x07_bytes_view view,
                                                 const char *at)
{
    if (X07_UNLIKELY(vec.cap - vec.len < view.len)) {
        vec = x07_vec_u8_grow(vec, view.len, "vec_u8.extend_bytes overflow", at);
    }
    if (view.len != 0u) {
        x07_copy(vec.data + vec.len, view.ptr, view.len);
        vec.len += view.len;
    }
    return vec;
}

static inline x07_vec_u8 x07_vec_u8_extend_bytes_range(x07_vec_u8 vec, x07_bytes_view view,
                                                       uint32_t start, uint32_t len,
                                                       const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(start, len, view.len))) {
        x07_trap("vec_u8.extend_bytes_range oob", at);
    }
    return x07_vec_u8_extend_bytes(vec, (x07_bytes_view){.ptr = view.ptr + start, .len = len}, at);
}

x07_vec_u8 x07_vec_u8_extend_zeroes(x07_vec_u8 vec, uint32_t count, const char *at);

/* Room for exactly `additional` more bytes, if there is less. */
x07_vec_u8 x07_vec_u8_reserve_exact(x07_vec_u8 vec, uint32_t additional, const char *at);

/* The same block as bytes, whatever its capacity. */
static inline x07_bytes x07_vec_u8_into_bytes(x07_vec_u8 vec)
{
    if (vec.len == 0u) {
        x07_vec_u8_drop(vec);
        return X07_NO_BYTES;
    }
    return (x07_bytes){.ptr = vec.data, .len = vec.len};
}

#endif
