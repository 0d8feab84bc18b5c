#include "values.h"

typedef struct {
    union {
        uint32_t *numbers;
        x07_bytes *bytes;
        void *items;
    };
    uint32_t len, cap, ty;
} vec_value;

static struct {
    vec_value *items;
    uint32_t count;
} vectors;

static vec_value *vector_of(uint32_t handle, const char *at)
{
    if (handle - 1 >= vectors.count) {
        x07_trap("vec_value invalid handle", at);
    }
    return &vectors.items[handle - 1];
}

static vec_value *typed(uint32_t handle, x07_suffix suffix, const char *mismatch, const char *at)
{
    vec_value *vector = vector_of(handle, at);
    if (!x07_ty_fits(vector->ty, suffix)) {
        x07_trap(mismatch, at);
    }
    return vector;
}

static size_t item_bytes(const vec_value *vector)
{
    return vector->ty < X07_TY_BYTES ? sizeof(uint32_t) : sizeof(x07_bytes);
}

static x07_value item(const vec_value *vector, uint32_t index)
{
    if (vector->ty < X07_TY_BYTES) {
        return (x07_value){.number = vector->numbers[index]};
    }
    return (x07_value){.bytes = vector->bytes[index]};
}

static void free_vectors(void)
{
    for (uint32_t i = 0; i < vectors.count; i++) {
        vec_value *vector = &vectors.items[i];
        for (uint32_t k = 0; k < vector->len; k++) {
            x07_value_free(vector->ty, item(vector, k));
        }
        if (vector->cap) {
            x07_free(vector->items);
        }
    }
    x07_free(vectors.items);
    vectors.items = NULL;
    vectors.count = 0;
}

static x07_release release_vectors = {.run = free_vectors};

static void set_capacity(vec_value *vector, uint64_t cap, const char *at)
{
    if (cap > UINT32_MAX) {
        x07_trap("out of memory", at);
    }
    size_t size = cap * item_bytes(vector);
    vector->items = vector->cap ? x07_realloc(vector->items, size, at) : x07_alloc(size, at);
    vector->cap = (uint32_t)cap;
}

uint32_t x07_vec_value_with_capacity_v1(uint32_t ty, uint32_t cap, const char *at)
{
    if (!x07_ty_is_known(ty)) {
        x07_trap("vec_value.with_capacity_v1 unknown ty", at);
    }
    if (!vectors.count) {
        x07_release_add(&release_vectors);
    }
    vectors.items = x07_grow(vectors.items, vectors.count, sizeof *vectors.items, at);
    vec_value *vector = &vectors.items[vectors.count++];
    *vector = (vec_value){.ty = ty};
    if (cap) {
        set_capacity(vector, cap, at);
    }
    return vectors.count;
}

uint32_t x07_vec_value_len(uint32_t handle, const char *at)
{
    return vector_of(handle, at)->len;
}

uint32_t x07_vec_value_reserve_exact(uint32_t handle, uint32_t additional, const char *at)
{
    vec_value *vector = vector_of(handle, at);
    uint64_t needed = (uint64_t)vector->len + additional;
    if (needed > vector->cap) {
        set_capacity(vector, needed, at);
    }
    return handle;
}

/* The last value goes, if there is one. */
uint32_t x07_vec_value_pop(uint32_t handle, const char *at)
{
    vec_value *vector = vector_of(handle, at);
    if (vector->len) {
        vector->len--;
        x07_value_drop(vector->ty, item(vector, vector->len), at);
    }
    return handle;
}

uint32_t x07_vec_value_clear(uint32_t handle, const char *at)
{
    vec_value *vector = vector_of(handle, at);
    while (vector->len) {
        vector->len--;
        x07_value_drop(vector->ty, item(vector, vector->len), at);
    }
    return handle;
}

/* The place of a new last value. */
static uint32_t push(uint32_t handle, x07_suffix suffix, vec_value **vector, const char *at)
{
    *vector = typed(handle, suffix, "vec_value.push ty mismatch", at);
    if ((*vector)->len == (*vector)->cap) {
        set_capacity(*vector, (*vector)->cap ? 2 * (uint64_t)(*vector)->cap : 1, at);
    }
    return (*vector)->len++;
}

static const vec_value *get(uint32_t handle, x07_suffix suffix, const char *at)
{
    return typed(handle, suffix, "vec_value.get ty mismatch", at);
}

static vec_value *set(uint32_t handle, x07_suffix suffix, uint32_t index, const char *at)
{
    vec_value *vector = typed(handle, suffix, "vec_value.set ty mismatch", at);
    if (index >= vector->len) {
        x07_trap("vec_value.set oob", at);
    }
    x07_value_drop(vector->ty, item(vector, index), at);
    return vector;
}

uint32_t x07_vec_value_push_i32_v1(uint32_t handle, uint32_t value, const char *at)
{
    vec_value *vector;
    uint32_t index = push(handle, X07_NUMBERS, &vector, at);
    vector->numbers[index] = value;
    return handle;
}

uint32_t x07_vec_value_push_bytes_v1(uint32_t handle, x07_bytes value, const char *at)
{
    vec_value *vector;
    uint32_t index = push(handle, X07_BYTES, &vector, at);
    vector->bytes[index] = value;
    return handle;
}

uint32_t x07_vec_value_push_bytes_view_v1(uint32_t handle, x07_bytes_view value, const char *at)
{
    vec_value *vector;
    uint32_t index = push(handle, X07_VIEWS, &vector, at);
    vector->bytes[index] = x07_view_to_bytes(value, at);
    return handle;
}

uint32_t x07_vec_value_get_i32_v1(uint32_t handle, uint32_t index, uint32_t missing, const char *at)
{
    const vec_value *vector = get(handle, X07_NUMBERS, at);
    return index < vector->len ? vector->numbers[index] : missing;
}

x07_bytes x07_vec_value_get_bytes_v1(uint32_t handle, uint32_t index, x07_bytes missing,
                                     const char *at)
{
    const vec_value *vector = get(handle, X07_BYTES, at);
    if (index >= vector->len) {
        return missing;
    }
    x07_bytes_drop(missing);
    return x07_view_to_bytes(x07_bytes_as_view(vector->bytes[index]), at);
}

x07_bytes_view x07_vec_value_get_bytes_view_v1(uint32_t handle, uint32_t index,
                                               x07_bytes_view missing, const char *at)
{
    const vec_value *vector = get(handle, X07_VIEWS, at);
    return index < vector->len ? x07_bytes_as_view(vector->bytes[index]) : missing;
}

uint32_t x07_vec_value_set_i32_v1(uint32_t handle, uint32_t index, uint32_t value, const char *at)
{
    set(handle, X07_NUMBERS, index, at)->numbers[index] = value;
    return handle;
}

uint32_t x07_vec_value_set_bytes_v1(uint32_t handle, uint32_t index, x07_bytes value,
                                    const char *at)
{
    set(handle, X07_BYTES, index, at)->bytes[index] = value;
    return handle;
}

uint32_t x07_vec_value_set_bytes_view_v1(uint32_t handle, uint32_t index, x07_bytes_view value,
                                         const char *at)
{
    x07_bytes copy = x07_view_to_bytes(value, at);
    set(handle, X07_VIEWS, index, at)->bytes[index] = copy;
    return handle;
}
