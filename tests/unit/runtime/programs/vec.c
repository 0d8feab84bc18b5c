#include "stream.h"

/* One vector, which operations change; each answers its capacity and its content. */
static x07_vec_u8 vec = {.data = x07_nothing, .len = 0u, .cap = 0u};

static x07_vec_u8 from_view(uint32_t operation)
{
    x07_bytes_view view = take_view();
    uint32_t start = operation == 6 ? take_u32() : 0u;
    vec = operation == 6 ? x07_vec_u8_extend_bytes_range(vec, view, start, take_u32(), AT)
                         : x07_vec_u8_extend_bytes(vec, view, AT);
    forget(view);
    return vec;
}

static x07_vec_u8 changed(uint32_t operation)
{
    uint32_t number = operation != 3 && operation != 5 && operation != 6 ? take_u32() : 0u;
    switch (operation) {
    case 0:
        x07_vec_u8_drop(vec);
        return x07_vec_u8_with_capacity(number, AT);
    case 1:
        return x07_vec_u8_push(vec, number, AT);
    case 2:
        return x07_vec_u8_set(vec, number, take_u32(), AT);
    case 3:
        return x07_vec_u8_clear(vec);
    case 4:
        return x07_vec_u8_extend_zeroes(vec, number, AT);
    case 7:
        return x07_vec_u8_reserve_exact(vec, number, AT);
    default:
        return from_view(operation);
    }
}

void serve(uint32_t operation)
{
    if (operation < 10) {
        vec = changed(operation);
        give_u32(x07_vec_u8_cap(vec));
        give_view(x07_vec_u8_as_view(vec));
    } else if (operation == 10) {
        give_u32(x07_vec_u8_get(vec, take_u32(), AT));
    } else {
        give_u32(x07_vec_u8_len(vec));
        give_bytes(x07_vec_u8_into_bytes(vec));
        vec = X07_NO_VEC_U8;
    }
}
