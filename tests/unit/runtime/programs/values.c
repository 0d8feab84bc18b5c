#include "stream.h"

/* Suffixes: 0 i32, 1 bytes, 2 bytes_view. */

static void serve_vec(uint32_t operation, uint32_t suffix, uint32_t handle)
{
    uint32_t index;
    x07_bytes_view view = X07_NO_BYTES_VIEW;
    switch (operation * 3 + suffix) {
    case 0:
        give_u32(x07_vec_value_push_i32_v1(handle, take_u32(), AT));
        return;
    case 1:
        give_u32(x07_vec_value_push_bytes_v1(handle, take_bytes(), AT));
        return;
    case 2:
        view = take_view();
        give_u32(x07_vec_value_push_bytes_view_v1(handle, view, AT));
        forget(view);
        return;
    case 3:
        index = take_u32();
        give_u32(x07_vec_value_get_i32_v1(handle, index, take_u32(), AT));
        return;
    case 4:
        index = take_u32();
        give_bytes(x07_vec_value_get_bytes_v1(handle, index, take_bytes(), AT));
        return;
    case 5:
        index = take_u32();
        view = take_view();
        give_view(x07_vec_value_get_bytes_view_v1(handle, index, view, AT));
        forget(view);
        return;
    case 6:
        index = take_u32();
        give_u32(x07_vec_value_set_i32_v1(handle, index, take_u32(), AT));
        return;
    case 7:
        index = take_u32();
        give_u32(x07_vec_value_set_bytes_v1(handle, index, take_bytes(), AT));
        return;
    case 8:
        index = take_u32();
        view = take_view();
        give_u32(x07_vec_value_set_bytes_view_v1(handle, index, view, AT));
        forget(view);
        return;
    }
}

/* One value of each kind; which one is meant, the suffix says. */
typedef struct {
    uint32_t i32;
    x07_bytes bytes;
    x07_bytes_view bytes_view;
} any;

static any take_any(uint32_t suffix)
{
    any value = {0};
    if (suffix == 0) {
        value.i32 = take_u32();
    } else if (suffix == 1) {
        value.bytes = take_bytes();
    } else {
        value.bytes_view = take_view();
    }
    return value;
}

static void forget_any(uint32_t suffix, any value)
{
    if (suffix == 2) {
        forget(value.bytes_view);
    }
}

static void serve_map_key(uint32_t operation, uint32_t suffix, uint32_t handle)
{
    any key = take_any(suffix);
    switch (operation * 3 + suffix) {
    case 0:
        give_u32(x07_map_value_contains_i32_v1(handle, key.i32, AT));
        break;
    case 1:
        give_u32(x07_map_value_contains_bytes_v1(handle, key.bytes, AT));
        break;
    case 2:
        give_u32(x07_map_value_contains_bytes_view_v1(handle, key.bytes_view, AT));
        break;
    case 3:
        give_u32(x07_map_value_remove_i32_v1(handle, key.i32, AT));
        break;
    case 4:
        give_u32(x07_map_value_remove_bytes_v1(handle, key.bytes, AT));
        break;
    case 5:
        give_u32(x07_map_value_remove_bytes_view_v1(handle, key.bytes_view, AT));
        break;
    }
    forget_any(suffix, key);
}

#define GET(number, k, v, give)                                                                    \
    case number:                                                                                   \
        give(x07_map_value_get_##k##_##v##_v1(handle, key.k, value.v, AT));                        \
        break;

static void map_get(uint32_t pair, uint32_t handle, any key, any value)
{
    switch (pair) {
        GET(0, i32, i32, give_u32)
        GET(1, i32, bytes, give_bytes)
        GET(2, i32, bytes_view, give_view)
        GET(3, bytes, i32, give_u32)
        GET(4, bytes, bytes, give_bytes)
        GET(5, bytes, bytes_view, give_view)
        GET(6, bytes_view, i32, give_u32)
        GET(7, bytes_view, bytes, give_bytes)
        GET(8, bytes_view, bytes_view, give_view)
    }
}

#define SET(number, k, v)                                                                          \
    case number:                                                                                   \
        give_u32(x07_map_value_set_##k##_##v##_v1(handle, key.k, value.v, AT));                    \
        break;

static void map_set(uint32_t pair, uint32_t handle, any key, any value)
{
    switch (pair) {
        SET(0, i32, i32)
        SET(1, i32, bytes)
        SET(2, i32, bytes_view)
        SET(3, bytes, i32)
        SET(4, bytes, bytes)
        SET(5, bytes, bytes_view)
        SET(6, bytes_view, i32)
        SET(7, bytes_view, bytes)
        SET(8, bytes_view, bytes_view)
    }
}

static void serve_map_pair(uint32_t operation, uint32_t k, uint32_t v, uint32_t handle)
{
    any key = take_any(k);
    any value = take_any(v);
    if (operation == 20) {
        map_get(k * 3 + v, handle, key, value);
    } else {
        map_set(k * 3 + v, handle, key, value);
    }
    forget_any(k, key);
    forget_any(v, value);
}

static void serve_scratch(uint32_t operation, uint32_t handle)
{
    x07_bytes_view view;
    switch (operation) {
    case 30:
        give_u32(x07_scratch_u8_fixed_v1_new(handle, AT));
        return;
    case 31:
        give_u32(x07_scratch_u8_fixed_v1_clear(handle, AT));
        return;
    case 32:
        give_u32(x07_scratch_u8_fixed_v1_len(handle, AT));
        return;
    case 33:
        give_u32(x07_scratch_u8_fixed_v1_cap(handle, AT));
        return;
    case 34:
        give_u32(x07_scratch_u8_fixed_v1_drop(handle));
        return;
    case 35:
        give_view(x07_scratch_u8_fixed_v1_as_view(handle, AT));
        return;
    case 36:
        view = take_view();
        give_result_i32(x07_scratch_u8_fixed_v1_try_write(handle, view, AT));
        forget(view);
        return;
    }
}

static void serve_whole(uint32_t operation, uint32_t handle)
{
    uint32_t ty;
    switch (operation) {
    case 5:
        give_u32(x07_vec_value_with_capacity_v1(handle, take_u32(), AT));
        return;
    case 6:
        give_u32(x07_vec_value_len(handle, AT));
        return;
    case 7:
        give_u32(x07_vec_value_reserve_exact(handle, take_u32(), AT));
        return;
    case 8:
        give_u32(x07_vec_value_pop(handle, AT));
        return;
    case 9:
        give_u32(x07_vec_value_clear(handle, AT));
        return;
    case 15:
        ty = take_u32();
        give_u32(x07_map_value_new_v1(handle, ty, take_u32(), AT));
        return;
    case 16:
        give_u32(x07_map_value_len(handle, AT));
        return;
    case 17:
        give_u32(x07_map_value_clear(handle, AT));
        return;
    }
}

void serve(uint32_t operation)
{
    uint32_t handle = take_u32();
    uint32_t suffix = 0;
    if (operation >= 30) {
        serve_scratch(operation, handle);
    } else if (operation >= 20) {
        suffix = take_u32();
        serve_map_pair(operation, suffix, take_u32(), handle);
    } else if (operation >= 10 && operation < 12) {
        suffix = take_u32();
        serve_map_key(operation - 10, suffix, handle);
    } else if (operation < 3) {
        suffix = take_u32();
        serve_vec(operation, suffix, handle);
    } else {
        serve_whole(operation, handle);
    }
}
