/* Sizes of blocks: every 16 bytes up to 128, then four per doubling, up to 32 MiB. */
#ifndef X07_SIZE_CLASS_H
#define X07_SIZE_CLASS_H

#include <stddef.h>
#include <stdint.h>

enum { X07_SIZE_CLASSES = 80, X07_LARGEST_CLASS_BYTES = 32 << 20 };

/* Of a word that is not 0. */
static inline uint32_t x07_highest_bit(uint32_t word)
{
#ifdef __GNUC__
    return 31u - (uint32_t)__builtin_clz(word);
#else
    uint32_t bit = 0;
    for (uint32_t step = 16; step != 0u; step >>= 1) {
        if (word >> step != 0u) {
            word >>= step;
            bit += step;
        }
    }
    return bit;
#endif
}

/* The smallest class that holds `bytes`: 1 to X07_LARGEST_CLASS_BYTES. */
static inline uint32_t x07_size_class(size_t bytes)
{
    uint32_t last = (uint32_t)bytes - 1u;
    if (last < 128u) {
        return last / 16u;
    }
    uint32_t bit = x07_highest_bit(last);
    return 8u + (bit - 7u) * 4u + (last >> (bit - 2u) & 3u);
}

static inline size_t x07_size_class_bytes(uint32_t size_class)
{
    if (size_class < 8u) {
        return (size_class + 1u) * 16u;
    }
    uint32_t step = size_class - 8u;
    return (size_t)(5u + step % 4u) << (5u + step / 4u);
}

#endif
