// Counting pairs of neighbouring bytes in an open-addressing table of fixed size.
#include "kernel.h"

#define FREE_KEY UINT32_MAX

typedef struct {
    uint32_t key, value;
} entry;

typedef struct {
    entry *slots;
    uint32_t mask, shift, len;
} table;

// `bits`: the number of slots is two to the power of it.
static table table_new(uint32_t bits) {
    uint32_t cap = 1u << bits;
    table t = {malloc(cap * sizeof(entry)), cap - 1, 32 - bits, 0};
    if (!t.slots)
        out_of_range("memory");
    for (uint32_t i = 0; i < cap; i++)
        t.slots[i] = (entry){FREE_KEY, 0};
    return t;
}

// The entry of the key, or the free one where it belongs.
static inline entry *find(const table *t, uint32_t key) {
    if (key == FREE_KEY)
        out_of_range("key");
    uint32_t home = (key ^ key >> 16) * 0x9e3779b1u >> t->shift, slot = home;
    do {
        entry *e = &t->slots[slot];
        if (e->key == key || e->key == FREE_KEY)
            return e;
        slot = (slot + 1) & t->mask;
    } while (slot != home);
    return NULL;
}

static uint32_t table_get(const table *t, uint32_t key, uint32_t missing) {
    const entry *e = find(t, key);
    return e && e->key == key ? e->value : missing;
}

static void table_set(table *t, uint32_t key, uint32_t value) {
    entry *e = find(t, key);
    if (!e)
        out_of_range("table");
    t->len += e->key != key;
    *e = (entry){key, value};
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
    table counts = table_new(14);
    uint32_t sum = 0;
    for (uint32_t round = number(argc, argv); round; round--)
        sum = sum * 31 + count(data, &counts);
    printf("%u\n", sum + table_get(&counts, 4660, 0));
    return 0;
}
