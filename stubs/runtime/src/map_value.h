/* The hash table under the map_value heads. */
#ifndef X07_MAP_VALUE_H
#define X07_MAP_VALUE_H

#include "values.h"

/* A key to look for; of a map of numbers or of one of texts. */
typedef struct {
    uint32_t hash, number;
    x07_bytes_view text;
} x07_map_key;

typedef struct {
    uint32_t hash, used;
    x07_value key, value;
} x07_map_slot;

typedef struct {
    x07_map_slot *slots;
    uint32_t cap, len;
    uint32_t key_ty, value_ty;
} x07_map_value;

x07_map_value *x07_map_value_of(uint32_t handle, const char *at);

x07_map_key x07_map_number_key(uint32_t number);
x07_map_key x07_map_text_key(x07_bytes_view text);

/* NULL where there is none. */
x07_value *x07_map_value_find(const x07_map_value *map, const x07_map_key *key);

/* Takes the value, and `owned` as the key if it is a new one; else `owned` is dropped. */
void x07_map_value_put(x07_map_value *map, const x07_map_key *key, x07_value owned, x07_value value,
                       const char *at);

void x07_map_value_take_out(x07_map_value *map, const x07_map_key *key, const char *at);

#endif
