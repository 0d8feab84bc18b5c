/* result_i32, result_bytes, result_bytes_view, result_result_bytes (language.md §4). */
#ifndef X07_RESULT_H
#define X07_RESULT_H

#include "x07_bytes.h"

static inline x07_result_i32 x07_result_i32_ok(uint32_t value)
{
    return (x07_result_i32){.tag = 1u, .ok = value};
}

static inline x07_result_i32 x07_result_i32_err(uint32_t code)
{
    return (x07_result_i32){.tag = 0u, .err = code};
}

static inline uint32_t x07_result_i32_is_ok(x07_result_i32 result)
{
    return result.tag;
}

static inline uint32_t x07_result_i32_err_code(x07_result_i32 result)
{
    return result.tag != 0u ? 0u : result.err;
}

static inline uint32_t x07_result_i32_unwrap_or(x07_result_i32 result, uint32_t fallback)
{
    return result.tag != 0u ? result.ok : fallback;
}

static inline void x07_result_bytes_drop(x07_result_bytes result)
{
    if (result.tag != 0u) {
        x07_bytes_drop(result.ok);
    }
}

static inline x07_result_bytes x07_result_bytes_ok(x07_bytes value)
{
    return (x07_result_bytes){.tag = 1u, .ok = value};
}

static inline x07_result_bytes x07_result_bytes_err(uint32_t code)
{
    return (x07_result_bytes){.tag = 0u, .err = code};
}

static inline uint32_t x07_result_bytes_is_ok(x07_result_bytes result)
{
    return result.tag;
}

static inline uint32_t x07_result_bytes_err_code(x07_result_bytes result)
{
    return result.tag != 0u ? 0u : result.err;
}

/* Both are consumed. */
static inline x07_bytes x07_result_bytes_unwrap_or(x07_result_bytes result, x07_bytes fallback)
{
    if (result.tag == 0u) {
        return fallback;
    }
    x07_bytes_drop(fallback);
    return result.ok;
}

static inline x07_result_bytes_view x07_result_bytes_view_ok(x07_bytes_view value)
{
    return (x07_result_bytes_view){.tag = 1u, .ok = value};
}

static inline x07_result_bytes_view x07_result_bytes_view_err(uint32_t code)
{
    return (x07_result_bytes_view){.tag = 0u, .err = code};
}

static inline uint32_t x07_result_bytes_view_is_ok(x07_result_bytes_view result)
{
    return result.tag;
}

static inline uint32_t x07_result_bytes_view_err_code(x07_result_bytes_view result)
{
    return result.tag != 0u ? 0u : result.err;
}

static inline x07_bytes_view x07_result_bytes_view_unwrap_or(x07_result_bytes_view result,
                                                             x07_bytes_view fallback)
{
    return result.tag != 0u ? result.ok : fallback;
}

static inline void x07_result_result_bytes_drop(x07_result_result_bytes result)
{
    if (result.tag != 0u) {
        x07_result_bytes_drop(result.ok);
    }
}

static inline uint32_t x07_result_result_bytes_is_ok(x07_result_result_bytes result)
{
    return result.tag;
}

static inline uint32_t x07_result_result_bytes_err_code(x07_result_result_bytes result)
{
    return result.tag != 0u ? 0u : result.err;
}

/* Both are consumed. */
static inline x07_result_bytes x07_result_result_bytes_unwrap_or(x07_result_result_bytes result,
                                                                 x07_result_bytes fallback)
{
    if (result.tag == 0u) {
        return fallback;
    }
    x07_result_bytes_drop(fallback);
    return result.ok;
}

#endif
