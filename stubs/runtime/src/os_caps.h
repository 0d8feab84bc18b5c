/* Capabilities of the heads of the operating system: words, little-endian, the first a version. */
#ifndef X07_OS_CAPS_H
#define X07_OS_CAPS_H

#include "x07_types.h"

static inline uint32_t x07_os_caps_word(x07_bytes caps, uint32_t index)
{
    const uint8_t *word = caps.ptr + 4u * index;
    return (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16
           | (uint32_t)word[3] << 24;
}

/* Of so many words, of version 1, with no flags in the last one. */
static inline int x07_os_caps_fit(x07_bytes caps, uint32_t words)
{
    return caps.len == 4u * words && x07_os_caps_word(caps, 0u) == 1u
           && x07_os_caps_word(caps, words - 1u) == 0u;
}

/* A limit of the caller under a fixed one; 0 stands for the fixed one. */
static inline uint32_t x07_os_caps_limit(uint32_t asked, uint32_t fixed)
{
    return asked != 0u && asked < fixed ? asked : fixed;
}

#endif
