/* Operators that C lacks, numbers as text and as bytes, pseudo-random numbers (language.md §3, §4).
 * Division is unsigned; words in bytes are little-endian. */
#ifndef X07_NUMBER_H
#define X07_NUMBER_H

#include "x07_vec.h"

static inline uint32_t x07_div(uint32_t left, uint32_t right)
{
    return right != 0u ? left / right : 0u;
}

static inline uint32_t x07_mod(uint32_t left, uint32_t right)
{
    return right != 0u ? left % right : left;
}

/* The word of a little-endian machine, or the other way round. */
static inline uint32_t x07_little_endian(uint32_t word)
{
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return word >> 24 | (word >> 8 & 0xff00u) | (word & 0xff00u) << 8 | word << 24;
#else
    return word;
#endif
}

static inline uint32_t x07_get_u32_le(const uint8_t *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return x07_little_endian(word);
}

static inline void x07_put_u32_le(uint8_t *to, uint32_t word)
{
    word = x07_little_endian(word);
    memcpy(to, &word, sizeof word);
}

static inline uint32_t x07_codec_read_u32_le(x07_bytes_view view, uint32_t offset, const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(offset, 4u, view.len))) {
        x07_trap("codec.read_u32_le oob", at);
    }
    return x07_get_u32_le(view.ptr + offset);
}

static inline x07_bytes x07_codec_write_u32_le(uint32_t word, const char *at)
{
    x07_bytes written = x07_bytes_raw(4u, at);
    x07_put_u32_le(written.ptr, word);
    return written;
}

/* For std.u32: four `set_u8` in one, with their trap. */
static inline x07_bytes x07_bytes_write_u32_le(x07_bytes bytes, uint32_t offset, uint32_t word,
                                               const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(offset, 4u, bytes.len))) {
        x07_trap("bytes.set_u8 oob", at);
    }
    x07_put_u32_le(bytes.ptr + offset, word);
    return bytes;
}

static inline x07_vec_u8 x07_vec_u8_write_u32_le(x07_vec_u8 vec, uint32_t offset, uint32_t word,
                                                 const char *at)
{
    if (X07_UNLIKELY(!x07_range_fits(offset, 4u, vec.len))) {
        x07_trap("vec_u8.set oob", at);
    }
    x07_put_u32_le(vec.data + offset, word);
    return vec;
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
