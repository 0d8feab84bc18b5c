/* Raw pointers and bulk memory (language.md §4, unsafe). Nothing is checked. A step counts elements:
 * words for i32, bytes for u8 and void. Words may stand at any address. */
#ifndef X07_POINTER_H
#define X07_POINTER_H

#include "x07_vec.h"

static inline void *x07_ptr_null(void)
{
    return NULL;
}

static inline const uint8_t *x07_bytes_as_ptr(x07_bytes bytes)
{
    return bytes.ptr;
}

static inline uint8_t *x07_bytes_as_mut_ptr(x07_bytes bytes)
{
    return bytes.ptr;
}

static inline const uint8_t *x07_view_as_ptr(x07_bytes_view view)
{
    return view.ptr;
}

static inline const uint8_t *x07_vec_u8_as_ptr(x07_vec_u8 vec)
{
    return vec.data;
}

static inline uint8_t *x07_vec_u8_as_mut_ptr(x07_vec_u8 vec)
{
    return vec.data;
}

/* add, sub (unsigned counts) and offset (signed), through integers: what leaves its object is the
 * program's business until it is read. */
static inline uintptr_t x07_ptr_moved(const void *from, int64_t count, int64_t size)
{
    return (uintptr_t)from + (uintptr_t)(count * size);
}

#define X07_POINTER_STEPS(name, type, size)                                                        \
    static inline type x07_ptr_add_##name(type from, uint32_t count)                               \
    {                                                                                              \
        return (type)x07_ptr_moved(from, (int64_t)count, size);                                    \
    }                                                                                              \
    static inline type x07_ptr_sub_##name(type from, uint32_t count)                               \
    {                                                                                              \
        return (type)x07_ptr_moved(from, -(int64_t)count, size);                                   \
    }                                                                                              \
    static inline type x07_ptr_offset_##name(type from, uint32_t count)                            \
    {                                                                                              \
        return (type)x07_ptr_moved(from, (int32_t)count, size);                                    \
    }

X07_POINTER_STEPS(const_u8, const uint8_t *, 1)
X07_POINTER_STEPS(mut_u8, uint8_t *, 1)
X07_POINTER_STEPS(const_void, const void *, 1)
X07_POINTER_STEPS(mut_void, void *, 1)
X07_POINTER_STEPS(const_i32, const uint32_t *, 4)
X07_POINTER_STEPS(mut_i32, uint32_t *, 4)

static inline uint32_t x07_ptr_read_u8(const uint8_t *from)
{
    return *from;
}

static inline uint32_t x07_ptr_write_u8(uint8_t *to, uint32_t byte)
{
    *to = (uint8_t)byte;
    return 0u;
}

static inline uint32_t x07_ptr_read_i32(const uint32_t *from)
{
    uint32_t word;
    memcpy(&word, (const void *)from, sizeof word);
    return word;
}

static inline uint32_t x07_ptr_write_i32(uint32_t *to, uint32_t word)
{
    memcpy((void *)to, &word, sizeof word);
    return 0u;
}

static inline uint32_t x07_memcpy(void *to, const void *from, uint32_t size)
{
    if (size != 0u) {
        x07_copy(to, from, size);
    }
    return 0u;
}

static inline uint32_t x07_memmove(void *to, const void *from, uint32_t size)
{
    if (size != 0u) {
        memmove(to, from, size);
    }
    return 0u;
}

static inline uint32_t x07_memset(void *to, uint32_t byte, uint32_t size)
{
    if (size != 0u) {
        memset(to, (int)(byte & 255u), size);
    }
    return 0u;
}

#endif
