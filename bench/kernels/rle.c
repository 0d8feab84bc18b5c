// Run-length encoding: pairs of run length (1 to 255) and byte.
#include "kernel.h"

typedef struct {
    uint8_t *data;
    uint32_t len, cap;
} vector;

static inline void push(vector *v, uint32_t byte) {
    if (v->len == v->cap) {
        v->cap = v->cap ? v->cap * 2 : 1;
        v->data = realloc(v->data, v->cap);
        if (!v->data)
            out_of_range("memory");
    }
    v->data[v->len++] = (uint8_t)byte;
}

static void encode(buffer data, vector *out) {
    uint32_t i = 0;
    while (i < data.len) {
        uint32_t byte = get(data, i), run = 1;
        while (i + run < data.len && run < 255 && byte == get(data, i + run))
            run++;
        push(out, run);
        push(out, byte);
        i += run;
    }
}

int main(int argc, char **argv) {
    buffer data = data_new(1048576, 2);
    vector out = {0};
    for (uint32_t round = number(argc, argv); round; round--) {
        out.len = 0;
        encode(data, &out);
    }
    uint32_t sum = 0;
    for (uint32_t k = 0; k < out.len; k++)
        sum = sum * 31 + out.data[k];
    printf("%u\n", sum);
    return 0;
}
