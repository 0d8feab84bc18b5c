/* map_u32 and set_u32: open addressing in a table of fixed size, with linear probing.
 *
 * Lookups are inline, since programs spend their time there. A handle is the place in the table of
 * tables, plus one; tables live until the program ends. */
#ifndef X07_TABLES_H
#define X07_TABLES_H

#include "x07_trap.h"
#include "x07_types.h"

#define X07_FREE_KEY UINT32_C(0xffffffff)

typedef struct {
    uint32_t key, value;
} x07_map_entry;

/* There are mask + 1 slots, and 32 - shift bits in the number of one. */
typedef struct {
    x07_map_entry *slots;
    uint32_t mask, shift, len;
} x07_map_u32;

typedef struct {
    uint32_t *slots;
    uint32_t mask, shift, len;
} x07_set_u32;

typedef struct {
    x07_map_u32 *items;
    uint32_t count;
} x07_map_table;

typedef struct {
    x07_set_u32 *items;
    uint32_t count;
} x07_set_table;

extern x07_map_table x07_maps;
extern x07_set_table x07_sets;

uint32_t x07_map_u32_new(uint32_t cap, const char *at);
uint32_t x07_map_u32_remove(uint32_t handle, uint32_t key, const char *at);
x07_bytes x07_map_u32_dump_kv_u32le_u32le(uint32_t handle, const char *at);

uint32_t x07_set_u32_new(uint32_t cap, const char *at);
uint32_t x07_set_u32_remove(uint32_t handle, uint32_t key, const char *at);
x07_bytes x07_set_u32_dump_u32le(uint32_t handle, const char *at);

static inline x07_map_u32 *x07_map_of(uint32_t handle, const char *at)
{
    if (handle - 1u >= x07_maps.count) {
        x07_trap("map_u32 invalid handle", at);
    }
    return &x07_maps.items[handle - 1u];
}

static inline x07_set_u32 *x07_set_of(uint32_t handle, const char *at)
{
    if (handle - 1u >= x07_sets.count) {
        x07_trap("set_u32 invalid handle", at);
    }
    return &x07_sets.items[handle - 1u];
}

static inline void x07_map_check_key(uint32_t key, const char *at)
{
    if (key == X07_FREE_KEY) {
        x07_trap("map_u32 key -1 is reserved", at);
    }
}

static inline void x07_set_check_key(uint32_t key, const char *at)
{
    if (key == X07_FREE_KEY) {
        x07_trap("set_u32 key -1 is reserved", at);
    }
}

/* The top bits of a product with the golden ratio: neighbours land far apart. The upper half of
 * the key is folded in first, so that keys which differ there only do not meet. */
static inline uint32_t x07_home_slot(uint32_t key, uint32_t shift)
{
    return (uint32_t)((uint64_t)((key ^ key >> 16) * UINT32_C(0x9e3779b1)) >> shift);
}

/* The slot of the key, or the free one where it belongs; NULL where the table is full of others. */
static inline x07_map_entry *x07_map_find(const x07_map_u32 *map, uint32_t key)
{
    uint32_t home = x07_home_slot(key, map->shift);
    uint32_t slot = home;
    do {
        x07_map_entry *entry = &map->slots[slot];
        if (entry->key == key || entry->key == X07_FREE_KEY) {
            return entry;
        }
        slot = (slot + 1u) & map->mask;
    } while (slot != home);
    return NULL;
}

static inline uint32_t *x07_set_find(const x07_set_u32 *set, uint32_t key)
{
    uint32_t home = x07_home_slot(key, set->shift);
    uint32_t slot = home;
    do {
        uint32_t *entry = &set->slots[slot];
        if (*entry == key || *entry == X07_FREE_KEY) {
            return entry;
        }
        slot = (slot + 1u) & set->mask;
    } while (slot != home);
    return NULL;
}

static inline uint32_t x07_map_u32_len(uint32_t handle, const char *at)
{
    return x07_map_of(handle, at)->len;
}

static inline uint32_t x07_map_u32_get(uint32_t handle, uint32_t key, uint32_t missing,
                                       const char *at)
{
    const x07_map_u32 *map = x07_map_of(handle, at);
    x07_map_check_key(key, at);
    const x07_map_entry *entry = x07_map_find(map, key);
    return entry && entry->key == key ? entry->value : missing;
}

static inline uint32_t x07_map_u32_contains(uint32_t handle, uint32_t key, const char *at)
{
    const x07_map_u32 *map = x07_map_of(handle, at);
    x07_map_check_key(key, at);
    const x07_map_entry *entry = x07_map_find(map, key);
    return entry && entry->key == key;
}

static inline uint32_t x07_map_u32_set(uint32_t handle, uint32_t key, uint32_t value,
                                       const char *at)
{
    x07_map_u32 *map = x07_map_of(handle, at);
    x07_map_check_key(key, at);
    x07_map_entry *entry = x07_map_find(map, key);
    if (!entry) {
        x07_trap_plain("map_u32 full", at);
    }
    entry->value = value;
    if (entry->key == key) {
        return 0;
    }
    entry->key = key;
    map->len++;
    return 1;
}

static inline uint32_t x07_set_u32_contains(uint32_t handle, uint32_t key, const char *at)
{
    const x07_set_u32 *set = x07_set_of(handle, at);
    x07_set_check_key(key, at);
    const uint32_t *entry = x07_set_find(set, key);
    return entry && *entry == key;
}

static inline uint32_t x07_set_u32_add(uint32_t handle, uint32_t key, const char *at)
{
    x07_set_u32 *set = x07_set_of(handle, at);
    x07_set_check_key(key, at);
    uint32_t *entry = x07_set_find(set, key);
    if (!entry) {
        x07_trap("set_u32 full", at);
    }
    if (*entry == key) {
        return 0;
    }
    *entry = key;
    set->len++;
    return 1;
}

#endif
