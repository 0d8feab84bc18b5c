#include "map_value.h"

#include <string.h>

static struct {
    x07_map_value *items;
    uint32_t count;
} maps;

x07_map_value *x07_map_value_of(uint32_t handle, const char *at)
{
    if (handle - 1 >= maps.count) {
        x07_trap("map_value invalid handle", at);
    }
    return &maps.items[handle - 1];
}

/* The copy of a view key is never lent out, so it goes at once. */
static void free_key(const x07_map_value *map, x07_value key)
{
    x07_value_free(map->key_ty, key);
}

static void free_maps(void)
{
    for (uint32_t i = 0; i < maps.count; i++) {
        x07_map_value *map = &maps.items[i];
        for (uint32_t slot = 0; slot < map->cap; slot++) {
            if (map->slots[slot].used) {
                free_key(map, map->slots[slot].key);
                x07_value_free(map->value_ty, map->slots[slot].value);
            }
        }
        x07_free(map->slots);
    }
    x07_free(maps.items);
    maps.items = NULL;
    maps.count = 0;
}

static x07_release release_maps = {.run = free_maps};

uint32_t x07_map_value_new_v1(uint32_t key_ty, uint32_t value_ty, uint32_t cap, const char *at)
{
    if (!x07_ty_is_known(key_ty) || !x07_ty_is_known(value_ty)) {
        x07_trap("map_value.new_v1 unknown ty", at);
    }
    if (!cap || cap & (cap - 1)) {
        x07_trap("map_value.new_v1 cap is not a power of two", at);
    }
    if (!maps.count) {
        x07_release_add(&release_maps);
    }
    maps.items = x07_grow(maps.items, maps.count, sizeof *maps.items, at);
    maps.items[maps.count] = (x07_map_value){
        .slots = x07_alloc(cap * sizeof(x07_map_slot), at),
        .cap = cap,
        .key_ty = key_ty,
        .value_ty = value_ty,
    };
    return ++maps.count;
}

uint32_t x07_map_value_len(uint32_t handle, const char *at)
{
    return x07_map_value_of(handle, at)->len;
}

uint32_t x07_map_value_clear(uint32_t handle, const char *at)
{
    x07_map_value *map = x07_map_value_of(handle, at);
    for (uint32_t i = 0; i < map->cap; i++) {
        x07_map_slot *slot = &map->slots[i];
        if (!slot->used) {
            continue;
        }
        free_key(map, slot->key);
        x07_value_drop(map->value_ty, slot->value, at);
        *slot = (x07_map_slot){0};
    }
    map->len = 0;
    return handle;
}

static uint32_t mix32(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(2246822507);
    x = (x ^ x >> 13) * UINT32_C(3266489909);
    return x ^ x >> 16;
}

x07_map_key x07_map_number_key(uint32_t number)
{
    return (x07_map_key){.hash = mix32(number), .number = number};
}

/* FNV-1a, 32 bits. */
x07_map_key x07_map_text_key(x07_bytes_view text)
{
    uint32_t hash = UINT32_C(2166136261);
    for (uint32_t i = 0; i < text.len; i++) {
        hash = (hash ^ text.ptr[i]) * UINT32_C(16777619);
    }
    return (x07_map_key){.hash = mix32(hash), .text = text};
}

static bool is_key(const x07_map_value *map, const x07_map_slot *slot, const x07_map_key *key)
{
    if (slot->hash != key->hash) {
        return false;
    }
    if (map->key_ty < X07_TY_BYTES) {
        return slot->key.number == key->number;
    }
    return slot->key.bytes.len == key->text.len
           && memcmp(slot->key.bytes.ptr, key->text.ptr, key->text.len) == 0;
}

/* The slot of the key, or the free one where it belongs; there always is a free one. */
static x07_map_slot *slot_of(const x07_map_value *map, const x07_map_key *key)
{
    uint32_t i = key->hash & (map->cap - 1);
    while (map->slots[i].used && !is_key(map, &map->slots[i], key)) {
        i = (i + 1) & (map->cap - 1);
    }
    return &map->slots[i];
}

x07_value *x07_map_value_find(const x07_map_value *map, const x07_map_key *key)
{
    x07_map_slot *slot = slot_of(map, key);
    return slot->used ? &slot->value : NULL;
}

static bool is_crowded(uint64_t len, uint64_t cap)
{
    return len * 10 > cap * 7;
}

static void grow(x07_map_value *map, const char *at)
{
    if (map->cap > UINT32_MAX / 2) {
        x07_trap("out of memory", at);
    }
    x07_map_value larger = *map;
    larger.cap = map->cap * 2;
    larger.slots = x07_alloc(larger.cap * sizeof(x07_map_slot), at);
    for (uint32_t from = 0; from < map->cap; from++) {
        if (!map->slots[from].used) {
            continue;
        }
        uint32_t to = map->slots[from].hash & (larger.cap - 1);
        while (larger.slots[to].used) {
            to = (to + 1) & (larger.cap - 1);
        }
        larger.slots[to] = map->slots[from];
    }
    x07_free(map->slots);
    *map = larger;
}

void x07_map_value_put(x07_map_value *map, const x07_map_key *key, x07_value owned, x07_value value,
                       const char *at)
{
    x07_map_slot *slot = slot_of(map, key);
    if (slot->used) {
        free_key(map, owned);
        x07_value_drop(map->value_ty, slot->value, at);
        slot->value = value;
        return;
    }
    while (is_crowded((uint64_t)map->len + 1, map->cap)) {
        grow(map, at);
        slot = slot_of(map, key);
    }
    *slot = (x07_map_slot){.hash = key->hash, .used = 1, .key = owned, .value = value};
    map->len++;
}

/* Later slots of the run of probes move back over the hole. */
void x07_map_value_take_out(x07_map_value *map, const x07_map_key *key, const char *at)
{
    x07_map_slot *hole = slot_of(map, key);
    if (!hole->used) {
        return;
    }
    free_key(map, hole->key);
    x07_value_drop(map->value_ty, hole->value, at);
    uint32_t mask = map->cap - 1;
    uint32_t from = (uint32_t)(hole - map->slots);
    for (uint32_t to = (from + 1) & mask; map->slots[to].used; to = (to + 1) & mask) {
        if (((to - map->slots[to].hash) & mask) >= ((to - from) & mask)) {
            map->slots[from] = map->slots[to];
            from = to;
        }
    }
    map->slots[from] = (x07_map_slot){0};
    map->len--;
}
