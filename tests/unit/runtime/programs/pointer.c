#include "stream.h"

static uint32_t read_through(const uint8_t *from)
{
    return x07_ptr_read_u8(from);
}

/* Steps of every kind of pointer in one block of bytes, which is given at the end. */
static void walk(void)
{
    x07_bytes bytes = x07_bytes_alloc(32u, AT);
    uint8_t *start = x07_bytes_as_mut_ptr(bytes);
    uint32_t *words = (uint32_t *)(void *)start;
    x07_ptr_write_u8(x07_ptr_add_mut_u8(start, 3u), 0x1ffu);
    x07_ptr_write_i32(x07_ptr_add_mut_i32(words, 2u), 0x01020304u);
    x07_ptr_write_i32(x07_ptr_offset_mut_i32(x07_ptr_add_mut_i32(words, 4u), 0xffffffffu), 5u);
    x07_memset(x07_ptr_add_mut_void(start, 16u), 0x107u, 2u);
    x07_memcpy(x07_ptr_add_mut_void(start, 20u), x07_ptr_add_const_void(start, 8u), 4u);
    x07_memmove(x07_ptr_add_mut_void(start, 21u), x07_ptr_sub_mut_void(start + 21, 1u), 4u);
    x07_memcpy(start, NULL, 0u);
    give_u32(read_through(x07_ptr_sub_const_u8(x07_bytes_as_ptr(bytes) + 9, 1u)));
    give_u32(x07_ptr_read_i32(x07_ptr_sub_const_i32(words + 3, 1u)));
    give_u32(x07_ptr_read_i32((const uint32_t *)(uintptr_t)x07_ptr_offset_const_u8(start, 9u)));
    give_u32(x07_view_as_ptr(x07_bytes_as_view(bytes)) == start);
    give_u32(x07_ptr_null() == NULL);
    give_bytes(bytes);
}

void serve(uint32_t operation)
{
    (void)operation;
    walk();
}
