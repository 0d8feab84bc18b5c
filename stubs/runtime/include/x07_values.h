/* vec_value, map_value and scratch_u8_fixed_v1: containers that programs name by handles.
 *
 * Element types are numbers: 1 i32, 2 u32, 3 bytes, 4 bytes_view. Containers own what they hold;
 * of a view they hold a copy, which lives until the program ends. */
#ifndef X07_VALUES_H
#define X07_VALUES_H

#include "x07_types.h"

uint32_t x07_vec_value_with_capacity_v1(uint32_t ty, uint32_t cap, const char *at);
uint32_t x07_vec_value_len(uint32_t handle, const char *at);
uint32_t x07_vec_value_reserve_exact(uint32_t handle, uint32_t additional, const char *at);
uint32_t x07_vec_value_pop(uint32_t handle, const char *at);
uint32_t x07_vec_value_clear(uint32_t handle, const char *at);

#define X07_VEC_VALUE_HEADS(suffix, type)                                                          \
    uint32_t x07_vec_value_push_##suffix##_v1(uint32_t handle, type value, const char *at);        \
    type x07_vec_value_get_##suffix##_v1(uint32_t handle, uint32_t index, type missing,            \
                                         const char *at);                                          \
    uint32_t x07_vec_value_set_##suffix##_v1(uint32_t handle, uint32_t index, type value,          \
                                             const char *at)

X07_VEC_VALUE_HEADS(i32, uint32_t);
X07_VEC_VALUE_HEADS(bytes, x07_bytes);
X07_VEC_VALUE_HEADS(bytes_view, x07_bytes_view);

uint32_t x07_map_value_new_v1(uint32_t key_ty, uint32_t value_ty, uint32_t cap, const char *at);
uint32_t x07_map_value_len(uint32_t handle, const char *at);
uint32_t x07_map_value_clear(uint32_t handle, const char *at);

#define X07_MAP_VALUE_PAIR(key, key_type, value, value_type)                                       \
    value_type x07_map_value_get_##key##_##value##_v1(uint32_t handle, key_type k,                 \
                                                      value_type missing, const char *at);         \
    uint32_t x07_map_value_set_##key##_##value##_v1(uint32_t handle, key_type k, value_type v,     \
                                                    const char *at)

#define X07_MAP_VALUE_HEADS(key, type)                                                             \
    uint32_t x07_map_value_contains_##key##_v1(uint32_t handle, type k, const char *at);           \
    uint32_t x07_map_value_remove_##key##_v1(uint32_t handle, type k, const char *at);             \
    X07_MAP_VALUE_PAIR(key, type, i32, uint32_t);                                                  \
    X07_MAP_VALUE_PAIR(key, type, bytes, x07_bytes);                                               \
    X07_MAP_VALUE_PAIR(key, type, bytes_view, x07_bytes_view)

X07_MAP_VALUE_HEADS(i32, uint32_t);
X07_MAP_VALUE_HEADS(bytes, x07_bytes);
X07_MAP_VALUE_HEADS(bytes_view, x07_bytes_view);

uint32_t x07_scratch_u8_fixed_v1_new(uint32_t cap, const char *at);
uint32_t x07_scratch_u8_fixed_v1_clear(uint32_t handle, const char *at);
uint32_t x07_scratch_u8_fixed_v1_len(uint32_t handle, const char *at);
uint32_t x07_scratch_u8_fixed_v1_cap(uint32_t handle, const char *at);
uint32_t x07_scratch_u8_fixed_v1_drop(uint32_t handle);
x07_bytes_view x07_scratch_u8_fixed_v1_as_view(uint32_t handle, const char *at);
x07_result_i32 x07_scratch_u8_fixed_v1_try_write(uint32_t handle, x07_bytes_view data,
                                                 const char *at);

#endif
