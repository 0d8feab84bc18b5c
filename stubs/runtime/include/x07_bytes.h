/* bytes and bytes_view (language.md §4). A range is an offset and a length. */
#ifndef X07_BYTES_H
#define X07_BYTES_H

#include "x07_memory.h"

/* -- owning, looking, dropping */

static inline x07_bytes_view x07_bytes_as_view(x07_bytes bytes)
{
    return (x07_bytes_view){.ptr = bytes.ptr, .len = bytes.len};
}

static inline void x07_bytes_drop(x07_bytes bytes)
{
    if (bytes.len != 0u) {
        x07_free(bytes.ptr);
    }
}

/* A string literal as a view; a program's text outlives it. */
static inline x07_bytes_view x07_text(const char *literal, uint32_t len)
{
    return (x07_bytes_view){.ptr = (const uint8_t *)literal, .len = len};
}

/* -- making */

static inline x07_bytes x07_bytes_empty(void)
{
    return X07_NO_BYTES;
}

static inline x07_bytes x07_bytes_alloc(uint32_t len, const char *at)
{
    if (len == 0u) {
        return X07_NO_BYTES;
    }
    return (x07_bytes){.ptr = x07_alloc(len, at), .len = len};
}

/* Bytes whose content the caller is about to write. */
static inline x07_bytes x07_bytes_raw(uint32_t len, const char *at)
{
    if (len == 0u) {
        return X07_NO_BYTES;
    }
    return (x07_bytes){.ptr = x07_alloc_raw(len, at), .len = len};
}

static inline x07_bytes x07_bytes1(uint32_t byte, const char *at)
{
    x07_bytes made = x07_bytes_raw(1u, at);
    made.ptr[0] = (uint8_t)byte;
    return made;
}

static inline x07_bytes x07_view_to_bytes(x07_bytes_view view, const char *at)
{
    x07_bytes copy = x07_bytes_raw(view.len, at);
    if (view.len != 0u) {
        x07_copy(copy.ptr, view.ptr, view.len);
    }
    return copy;
}

static inline x07_bytes x07_bytes_lit(const char *literal, uint32_t len, const char *at)
{
    return x07_view_to_bytes(x07_text(literal, len), at);
}

/* -- single bytes */

static inline uint32_t x07_view_len(x07_bytes_view view)
{
    return view.len;
}

static inline uint32_t x07_view_get_u8(x07_bytes_view view, uint32_t index, const char *at)
{
    if (X07_UNLIKELY(index >= view.len)) {
        x07_trap("view.get_u8 oob", at);
    }
    return view.ptr[index];
}

static inline x07_bytes x07_bytes_set_u8(x07_bytes bytes, uint32_t index, uint32_t byte,
                                         const char *at)
{
    if (X07_UNLIKELY(index >= bytes.len)) {
        x07_trap("bytes.set_u8 oob", at);
    }
    bytes.ptr[index] = (uint8_t)byte;
    return bytes;
}

/* -- ranges */

static inline uint32_t x07_range_fits(uint32_t start, uint32_t len, uint32_t whole)
{
    return (uint64_t)start + len <= whole;
}

static inline x07_bytes_view x07_view_slice(x07_bytes_view view, uint32_t start, uint32_t len,
                                            const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(start, len, view.len))) {
        x07_trap("view.slice oob", at);
    }
    return (x07_bytes_view){.ptr = view.ptr + start, .len = len};
}

static inline x07_bytes_view x07_bytes_subview(x07_bytes bytes, uint32_t start, uint32_t len,
                                               const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(start, len, bytes.len))) {
        x07_trap("bytes.subview oob", at);
    }
    return (x07_bytes_view){.ptr = bytes.ptr + start, .len = len};
}

static inline x07_bytes x07_bytes_slice(x07_bytes_view view, uint32_t start, uint32_t len,
                                        const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(start, len, view.len))) {
        x07_trap("bytes.slice oob", at);
    }
    return x07_view_to_bytes((x07_bytes_view){.ptr = view.ptr + start, .len = len}, at);
}

/* -- wholes */

/* `source` into the front of `target`; both are consumed, `target` is returned. */
x07_bytes x07_bytes_copy(x07_bytes source, x07_bytes target, const char *at);

/* Both are consumed. */
x07_bytes x07_bytes_concat(x07_bytes left, x07_bytes right, const char *at);

/* -- comparing */

X07_COLD void x07_mismatch_note(x07_bytes_view got, x07_bytes_view expected);

static inline uint32_t x07_view_eq(x07_bytes_view left, x07_bytes_view right)
{
    return left.len == right.len && memcmp(left.ptr, right.ptr, left.len) == 0;
}

/* As x07_view_eq; a difference is remembered for the output of a failed assertion. */
static inline uint32_t x07_bytes_eq(x07_bytes_view got, x07_bytes_view expected)
{
    if (x07_view_eq(got, expected)) {
        x07_state.mismatch.known = 0u;
        return 1u;
    }
    x07_mismatch_note(got, expected);
    return 0u;
}

/* -1, 0 or 1: by the first byte that differs, then by length. */
uint32_t x07_bytes_cmp_range(x07_bytes_view left, uint32_t left_start, uint32_t left_len,
                             x07_bytes_view right, uint32_t right_start, uint32_t right_len,
                             const char *at);
uint32_t x07_view_cmp_range(x07_bytes_view left, uint32_t left_start, uint32_t left_len,
                            x07_bytes_view right, uint32_t right_start, uint32_t right_len,
                            const char *at);

#endif
