// What the kernels written by hand share: the same data, and the same checks as the X07 programs.
// An index out of range stops the program with a message, as a trap does.
#ifndef KERNEL_H
#define KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct {
    uint8_t *data;
    uint32_t len;
} buffer;

static _Noreturn __attribute__((cold, noinline, unused)) void out_of_range(const char *where) {
    fprintf(stderr, "%s out of range\n", where);
    exit(132);
}

static inline uint8_t get(buffer b, uint32_t i) {
    if (i >= b.len)
        out_of_range("get");
    return b.data[i];
}

static inline void set(buffer b, uint32_t i, uint32_t value) {
    if (i >= b.len)
        out_of_range("set");
    b.data[i] = (uint8_t)value;
}

static inline buffer buffer_new(uint32_t len) {
    buffer b = {calloc(len, 1), len};
    if (!b.data)
        out_of_range("memory");
    return b;
}

static inline buffer data_new(uint32_t len, uint32_t below) {
    buffer b = buffer_new(len);
    uint32_t state = 1;
    for (uint32_t i = 0; i < len; i++) {
        state = state * 1103515245u + 12345u;
        set(b, i, (state >> 16) % below);
    }
    return b;
}

static inline uint32_t number(int argc, char **argv) {
    if (argc < 2)
        out_of_range("argv");
    return (uint32_t)strtoul(argv[1], NULL, 10);
}

#endif
