/* Words in bytes, little-endian. */
#ifndef X07_WORDS_H
#define X07_WORDS_H

#include <stdint.h>

/* The place after the word. */
static inline uint8_t *x07_put_u32(uint8_t *to, uint32_t word)
{
    to[0] = (uint8_t)word;
    to[1] = (uint8_t)(word >> 8);
    to[2] = (uint8_t)(word >> 16);
    to[3] = (uint8_t)(word >> 24);
    return to + 4;
}

#endif
