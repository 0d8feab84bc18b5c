// Counting pairs of neighbouring bytes in an open-addressing table of fixed size.
#include "kernel.h"

enum { FREE_KEY = -1 };

typedef struct {
    uint32_t *keys, *values;
    uint32_t cap, len;
} table;

static table table_new(uint32_t cap) {
    table t = {malloc(4 * (size_t)cap), calloc(cap, 4), cap, 0};
    if (!t.keys || !t.values)
        out_of_range("memory");
    for (uint32_t i = 0; i < cap; i++)
        t.keys[i] = (uint32_t)FREE_KEY;
    return t;
}

static inline uint32_t mix(uint32_t x) {
    x = (x ^ x >> 16) * 2246822507u;
    x = (x ^ x >> 13) * 3266489909u;
    return x ^ x >> 16;
}

// The slot of the key, or the free one where it belongs.
static inline uint32_t slot(const table *t, uint32_t key) {
    uint32_t at = mix(key) & (t->cap - 1);
    for (uint32_t probes = 0; probes < t->cap; probes++) {
        if (t->keys[at] == key || t->keys[at] == (uint32_t)FREE_KEY)
            return at;
        at = (at + 1) & (t->cap - 1);
    }
    out_of_range("table");
}

static uint32_t table_get(const table *t, uint32_t key, uint32_t missing) {
    uint32_t at = slot(t, key);
    return t->keys[at] == key ? t->values[at] : missing;
}

static void table_set(table *t, uint32_t key, uint32_t value) {
    uint32_t at = slot(t, key);
    t->len += t->keys[at] != key;
    t->keys[at] = key;
    t->values[at] = value;
}

static uint32_t count(buffer data, table *counts) {
    for (uint32_t i = 1; i < data.len; i++) {
        uint32_t key = get(data, i) + 256u * get(data, i - 1);
        table_set(counts, key, 1 + table_get(counts, key, 0));
    }
    return counts->len;
}

int main(int argc, char **argv) {
    buffer data = data_new(1048576, 100);
    table counts = table_new(16384);
    uint32_t sum = 0;
    for (uint32_t round = number(argc, argv); round; round--)
        sum = sum * 31 + count(data, &counts);
    printf("%u\n", sum + table_get(&counts, 4660, 0));
    return 0;
}
