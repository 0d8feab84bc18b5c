#include "x07_vec.h"

static x07_vec_u8 with_cap(x07_vec_u8 vec, uint32_t cap, const char *at)
{
    vec.data = vec.cap != 0u ? x07_realloc(vec.data, cap, at) : x07_alloc(cap, at);
    vec.cap = cap;
    return vec;
}

/* `len + additional`, which has to fit in 32 bits. */
static uint32_t needed(x07_vec_u8 vec, uint32_t additional, const char *message, const char *at)
{
    if (additional > UINT32_MAX - vec.len) {
        x07_trap(message, at);
    }
    return vec.len + additional;
}

x07_vec_u8 x07_vec_u8_grow(x07_vec_u8 vec, uint32_t additional, const char *message,
                           const char *at)
{
    uint64_t least = needed(vec, additional, message, at);
    uint64_t cap = vec.cap != 0u ? vec.cap : 1u;
    while (cap < least) {
        cap *= 2u;
    }
    return with_cap(vec, cap < UINT32_MAX ? (uint32_t)cap : UINT32_MAX, at);
}

x07_vec_u8 x07_vec_u8_reserve_exact(x07_vec_u8 vec, uint32_t additional, const char *at)
{
    uint32_t cap = needed(vec, additional, "vec_u8.reserve_exact overflow", at);
    return cap > vec.cap ? with_cap(vec, cap, at) : vec;
}

x07_vec_u8 x07_vec_u8_extend_zeroes(x07_vec_u8 vec, uint32_t count, const char *at)
{
    if (vec.cap - vec.len < count) {
        vec = x07_vec_u8_grow(vec, count, "vec_u8.extend_zeroes overflow", at);
    }
    if (count != 0u) {
        memset(vec.data + vec.len, 0, count);
    }
    vec.len += count;
    return vec;
}
