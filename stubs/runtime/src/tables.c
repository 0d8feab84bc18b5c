#include "x07_tables.h"

#include "handles.h"
#include "words.h"
#include "x07_bytes.h"
#include "x07_release.h"

#include <string.h>

x07_map_table x07_maps;
x07_set_table x07_sets;

static void free_maps(void)
{
    for (uint32_t i = 0; i < x07_maps.count; i++) {
        x07_free(x07_maps.items[i].slots);
    }
    x07_free(x07_maps.items);
    x07_maps = (x07_map_table){0};
}

static x07_release release_maps = {.run = free_maps};

static void free_sets(void)
{
    for (uint32_t i = 0; i < x07_sets.count; i++) {
        x07_free(x07_sets.items[i].slots);
    }
    x07_free(x07_sets.items);
    x07_sets = (x07_set_table){0};
}

static x07_release release_sets = {.run = free_sets};

static int is_power_of_two(uint32_t cap)
{
    return cap && !(cap & (cap - 1));
}

static uint32_t shift_of(uint32_t cap)
{
    uint32_t shift = 32;
    for (; cap > 1; cap >>= 1) {
        shift--;
    }
    return shift;
}

/* All ones, so that every key is the free one. */
static void *new_slots(uint32_t cap, size_t slot_bytes, const char *at)
{
    void *slots = x07_alloc_raw(cap * slot_bytes, at);
    memset(slots, 0xff, cap * slot_bytes);
    return slots;
}

uint32_t x07_map_u32_new(uint32_t cap, const char *at)
{
    if (!is_power_of_two(cap)) {
        x07_trap("map_u32.new cap is not a power of two", at);
    }
    if (!x07_maps.count) {
        x07_release_add(&release_maps);
    }
    x07_maps.items = x07_grow(x07_maps.items, x07_maps.count, sizeof *x07_maps.items, at);
    x07_maps.items[x07_maps.count] = (x07_map_u32){
        .slots = new_slots(cap, sizeof(x07_map_entry), at),
        .mask = cap - 1,
        .shift = shift_of(cap),
    };
    return ++x07_maps.count;
}

uint32_t x07_set_u32_new(uint32_t cap, const char *at)
{
    if (!is_power_of_two(cap)) {
        x07_trap("set_u32.new cap is not a power of two", at);
    }
    if (!x07_sets.count) {
        x07_release_add(&release_sets);
    }
    x07_sets.items = x07_grow(x07_sets.items, x07_sets.count, sizeof *x07_sets.items, at);
    x07_sets.items[x07_sets.count] = (x07_set_u32){
        .slots = new_slots(cap, sizeof(uint32_t), at),
        .mask = cap - 1,
        .shift = shift_of(cap),
    };
    return ++x07_sets.count;
}

/* Whether what is in `slot` may move back to `hole` without leaving its run of probes. */
static int reaches(uint32_t key, uint32_t shift, uint32_t mask, uint32_t hole, uint32_t slot)
{
    uint32_t home = x07_home_slot(key, shift);
    return ((slot - home) & mask) >= ((slot - hole) & mask);
}

/* Later entries of the run move back over the hole, so there are no tombstones. The run ends at a
 * free slot or, in a full table, at the hole. */
uint32_t x07_map_u32_remove(uint32_t handle, uint32_t key, const char *at)
{
    x07_map_u32 *map = x07_map_of(handle, at);
    x07_map_check_key(key, at);
    x07_map_entry *entry = x07_map_find(map, key);
    if (!entry || entry->key != key) {
        return 0;
    }
    uint32_t hole = (uint32_t)(entry - map->slots);
    uint32_t slot = (hole + 1) & map->mask;
    for (; slot != hole && map->slots[slot].key != X07_FREE_KEY; slot = (slot + 1) & map->mask) {
        if (reaches(map->slots[slot].key, map->shift, map->mask, hole, slot)) {
            map->slots[hole] = map->slots[slot];
            hole = slot;
        }
    }
    map->slots[hole].key = X07_FREE_KEY;
    map->len--;
    return 1;
}

uint32_t x07_set_u32_remove(uint32_t handle, uint32_t key, const char *at)
{
    x07_set_u32 *set = x07_set_of(handle, at);
    x07_set_check_key(key, at);
    uint32_t *entry = x07_set_find(set, key);
    if (!entry || *entry != key) {
        return 0;
    }
    uint32_t hole = (uint32_t)(entry - set->slots);
    uint32_t slot = (hole + 1) & set->mask;
    for (; slot != hole && set->slots[slot] != X07_FREE_KEY; slot = (slot + 1) & set->mask) {
        if (reaches(set->slots[slot], set->shift, set->mask, hole, slot)) {
            set->slots[hole] = set->slots[slot];
            hole = slot;
        }
    }
    set->slots[hole] = X07_FREE_KEY;
    set->len--;
    return 1;
}

x07_bytes x07_map_u32_dump_kv_u32le_u32le(uint32_t handle, const char *at)
{
    const x07_map_u32 *map = x07_map_of(handle, at);
    if (map->len > UINT32_MAX / 8) {
        x07_trap("out of memory", at);
    }
    x07_bytes dump = x07_bytes_raw(8 * map->len, at);
    uint8_t *to = dump.ptr;
    for (uint64_t slot = 0; slot <= map->mask; slot++) {
        if (map->slots[slot].key != X07_FREE_KEY) {
            to = x07_put_u32(x07_put_u32(to, map->slots[slot].key), map->slots[slot].value);
        }
    }
    return dump;
}

x07_bytes x07_set_u32_dump_u32le(uint32_t handle, const char *at)
{
    const x07_set_u32 *set = x07_set_of(handle, at);
    if (set->len > UINT32_MAX / 4) {
        x07_trap("out of memory", at);
    }
    x07_bytes dump = x07_bytes_raw(4 * set->len, at);
    uint8_t *to = dump.ptr;
    for (uint64_t slot = 0; slot <= set->mask; slot++) {
        if (set->slots[slot] != X07_FREE_KEY) {
            to = x07_put_u32(to, set->slots[slot]);
        }
    }
    return dump;
}
