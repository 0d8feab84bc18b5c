/* The heads of map_value, one for each type of key and of value. A map of views owns copies, so
 * bytes and views differ in who owns the argument and in what a lookup gives. */
#include "map_value.h"

static x07_map_value *typed(uint32_t handle, x07_suffix key, const char *mismatch, const char *at)
{
    x07_map_value *map = x07_map_value_of(handle, at);
    if (!x07_ty_fits(map->key_ty, key)) {
        x07_trap(mismatch, at);
    }
    return map;
}

static x07_map_value *paired(uint32_t handle, x07_suffix key, x07_suffix value,
                             const char *mismatch, const char *at)
{
    x07_map_value *map = typed(handle, key, mismatch, at);
    if (!x07_ty_fits(map->value_ty, value)) {
        x07_trap(mismatch, at);
    }
    return map;
}

/* What each suffix means, for keys: its key to look for, what the map owns of it, and what is left
 * to drop after a lookup. For values: what the map owns of it, and what a lookup gives. */

static x07_map_key key_i32(uint32_t key)
{
    return x07_map_number_key(key);
}

static x07_map_key key_bytes(x07_bytes key)
{
    return x07_map_text_key(x07_bytes_as_view(key));
}

static x07_map_key key_bytes_view(x07_bytes_view key)
{
    return x07_map_text_key(key);
}

static x07_value own_i32(uint32_t value, const char *at)
{
    (void)at;
    return (x07_value){.number = value};
}

static x07_value own_bytes(x07_bytes value, const char *at)
{
    (void)at;
    return (x07_value){.bytes = value};
}

static x07_value own_bytes_view(x07_bytes_view value, const char *at)
{
    return (x07_value){.bytes = x07_view_to_bytes(value, at)};
}

static void drop_i32(uint32_t key)
{
    (void)key;
}

static void drop_bytes(x07_bytes key)
{
    x07_bytes_drop(key);
}

static void drop_bytes_view(x07_bytes_view key)
{
    (void)key;
}

static uint32_t give_i32(const x07_value *found, uint32_t missing, const char *at)
{
    (void)at;
    return found ? found->number : missing;
}

static x07_bytes give_bytes(const x07_value *found, x07_bytes missing, const char *at)
{
    if (!found) {
        return missing;
    }
    x07_bytes_drop(missing);
    return x07_view_to_bytes(x07_bytes_as_view(found->bytes), at);
}

static x07_bytes_view give_bytes_view(const x07_value *found, x07_bytes_view missing,
                                      const char *at)
{
    (void)at;
    return found ? x07_bytes_as_view(found->bytes) : missing;
}

#define KEY_HEADS(suffix, type, kind)                                                              \
    uint32_t x07_map_value_contains_##suffix##_v1(uint32_t handle, type k, const char *at)         \
    {                                                                                              \
        x07_map_value *map = typed(handle, kind, "map_value.contains ty mismatch", at);            \
        x07_map_key key = key_##suffix(k);                                                         \
        uint32_t found = x07_map_value_find(map, &key) != NULL;                                    \
        drop_##suffix(k);                                                                          \
        return found;                                                                              \
    }                                                                                              \
    uint32_t x07_map_value_remove_##suffix##_v1(uint32_t handle, type k, const char *at)           \
    {                                                                                              \
        x07_map_value *map = typed(handle, kind, "map_value.remove ty mismatch", at);              \
        x07_map_key key = key_##suffix(k);                                                         \
        x07_map_value_take_out(map, &key, at);                                                     \
        drop_##suffix(k);                                                                          \
        return handle;                                                                             \
    }

#define PAIR_HEADS(k_suffix, k_type, k_kind, v_suffix, v_type, v_kind)                             \
    v_type x07_map_value_get_##k_suffix##_##v_suffix##_v1(uint32_t handle, k_type k,               \
                                                          v_type missing, const char *at)          \
    {                                                                                              \
        const x07_map_value *map =                                                                 \
            paired(handle, k_kind, v_kind, "map_value.get ty mismatch", at);                       \
        x07_map_key key = key_##k_suffix(k);                                                       \
        v_type value = give_##v_suffix(x07_map_value_find(map, &key), missing, at);                \
        drop_##k_suffix(k);                                                                        \
        return value;                                                                              \
    }                                                                                              \
    uint32_t x07_map_value_set_##k_suffix##_##v_suffix##_v1(uint32_t handle, k_type k, v_type v,   \
                                                            const char *at)                        \
    {                                                                                              \
        x07_map_value *map = paired(handle, k_kind, v_kind, "map_value.set ty mismatch", at);      \
        x07_map_key key = key_##k_suffix(k);                                                       \
        x07_value owned = own_##k_suffix(k, at);                                                   \
        x07_map_value_put(map, &key, owned, own_##v_suffix(v, at), at);                            \
        return handle;                                                                             \
    }

#define HEADS(suffix, type, kind)                                                                  \
    KEY_HEADS(suffix, type, kind)                                                                  \
    PAIR_HEADS(suffix, type, kind, i32, uint32_t, X07_NUMBERS)                                     \
    PAIR_HEADS(suffix, type, kind, bytes, x07_bytes, X07_BYTES)                                    \
    PAIR_HEADS(suffix, type, kind, bytes_view, x07_bytes_view, X07_VIEWS)

HEADS(i32, uint32_t, X07_NUMBERS)
HEADS(bytes, x07_bytes, X07_BYTES)
HEADS(bytes_view, x07_bytes_view, X07_VIEWS)
