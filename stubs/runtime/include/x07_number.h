/* Operators that C lacks, numbers as text and as bytes, pseudo-random numbers (language.md §3, §4).
 * Division is unsigned; words in bytes are little-endian. */
#ifndef X07_NUMBER_H
#define X07_NUMBER_H

#include "x07_bytes.h"

static inline uint32_t x07_div(uint32_t left, uint32_t right)
{
    return right != 0u ? left / right : 0u;
}

static inline uint32_t x07_mod(uint32_t left, uint32_t right)
{
    return right != 0u ? left % right : left;
}

static inline uint32_t x07_codec_read_u32_le(x07_bytes_view view, uint32_t offset, const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(offset, 4u, view.len))) {
        x07_trap("codec.read_u32_le oob", at);
    }
    const uint8_t *word = view.ptr + offset;
    return (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16
           | (uint32_t)word[3] << 24;
}

static inline x07_bytes x07_codec_write_u32_le(uint32_t word, const char *at)
{
    x07_bytes written = x07_bytes_raw(4u, at);
    written.ptr[0] = (uint8_t)word;
    written.ptr[1] = (uint8_t)(word >> 8);
    written.ptr[2] = (uint8_t)(word >> 16);
    written.ptr[3] = (uint8_t)(word >> 24);
    return written;
}

static inline uint32_t x07_prng_lcg_next_u32(uint32_t state)
{
    return state * 1103515245u + 12345u;
}

x07_bytes x07_fmt_u32_to_dec(uint32_t number, const char *at);
x07_bytes x07_fmt_s32_to_dec(uint32_t number, const char *at);
uint32_t x07_parse_u32_dec(x07_bytes_view view, const char *at);
uint32_t x07_parse_u32_dec_at(x07_bytes_view view, uint32_t offset, const char *at);

#endif
