#include "stream.h"

static void serve_map(uint32_t operation, uint32_t handle)
{
    uint32_t key, value;
    switch (operation) {
    case 0:
        give_u32(x07_map_u32_new(handle, AT));
        return;
    case 1:
        give_u32(x07_map_u32_len(handle, AT));
        return;
    case 2:
        key = take_u32();
        give_u32(x07_map_u32_get(handle, key, take_u32(), AT));
        return;
    case 3:
        key = take_u32();
        value = take_u32();
        give_u32(x07_map_u32_set(handle, key, value, AT));
        return;
    case 4:
        give_u32(x07_map_u32_contains(handle, take_u32(), AT));
        return;
    case 5:
        give_u32(x07_map_u32_remove(handle, take_u32(), AT));
        return;
    case 6:
        give_bytes(x07_map_u32_dump_kv_u32le_u32le(handle, AT));
        return;
    }
}

static void serve_set(uint32_t operation, uint32_t handle)
{
    switch (operation) {
    case 10:
        give_u32(x07_set_u32_new(handle, AT));
        return;
    case 11:
        give_u32(x07_set_u32_add(handle, take_u32(), AT));
        return;
    case 12:
        give_u32(x07_set_u32_contains(handle, take_u32(), AT));
        return;
    case 13:
        give_u32(x07_set_u32_remove(handle, take_u32(), AT));
        return;
    case 14:
        give_bytes(x07_set_u32_dump_u32le(handle, AT));
        return;
    }
}

void serve(uint32_t operation)
{
    if (operation < 10) {
        serve_map(operation, take_u32());
    } else {
        serve_set(operation, take_u32());
    }
}
