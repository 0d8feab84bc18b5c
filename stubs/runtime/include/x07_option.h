/* option_i32, option_bytes, option_bytes_view (language.md §4). */
#ifndef X07_OPTION_H
#define X07_OPTION_H

#include "x07_bytes.h"

static inline x07_option_i32 x07_option_i32_none(void)
{
    return (x07_option_i32){.tag = 0u, .value = 0u};
}

static inline x07_option_i32 x07_option_i32_some(uint32_t value)
{
    return (x07_option_i32){.tag = 1u, .value = value};
}

static inline uint32_t x07_option_i32_is_some(x07_option_i32 option)
{
    return option.tag;
}

static inline uint32_t x07_option_i32_unwrap_or(x07_option_i32 option, uint32_t fallback)
{
    return option.tag != 0u ? option.value : fallback;
}

static inline void x07_option_bytes_drop(x07_option_bytes option)
{
    if (option.tag != 0u) {
        x07_bytes_drop(option.value);
    }
}

static inline x07_option_bytes x07_option_bytes_none(void)
{
    return X07_NO_OPTION_BYTES;
}

static inline x07_option_bytes x07_option_bytes_some(x07_bytes value)
{
    return (x07_option_bytes){.tag = 1u, .value = value};
}

static inline uint32_t x07_option_bytes_is_some(x07_option_bytes option)
{
    return option.tag;
}

/* Both are consumed. */
static inline x07_bytes x07_option_bytes_unwrap_or(x07_option_bytes option, x07_bytes fallback)
{
    if (option.tag == 0u) {
        return fallback;
    }
    x07_bytes_drop(fallback);
    return option.value;
}

static inline x07_option_bytes_view x07_option_bytes_view_none(void)
{
    return (x07_option_bytes_view){.tag = 0u, .value = {x07_nothing, 0u}};
}

static inline x07_option_bytes_view x07_option_bytes_view_some(x07_bytes_view value)
{
    return (x07_option_bytes_view){.tag = 1u, .value = value};
}

static inline uint32_t x07_option_bytes_view_is_some(x07_option_bytes_view option)
{
    return option.tag;
}

static inline x07_bytes_view x07_option_bytes_view_unwrap_or(x07_option_bytes_view option,
                                                             x07_bytes_view fallback)
{
    return option.tag != 0u ? option.value : fallback;
}

#endif
