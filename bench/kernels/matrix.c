// The product of two n by n matrices of bytes, modulo 256.
#include "kernel.h"

#include <string.h>

static void product(buffer a, buffer b, buffer out, uint32_t n) {
    for (uint32_t row = 0; row < n; row++) {
        for (uint32_t column = 0; column < n; column++) {
            uint32_t sum = 0;
            for (uint32_t k = 0; k < n; k++)
                sum += (uint32_t)get(a, row * n + k) * get(b, k * n + column);
            set(out, row * n + column, sum);
        }
    }
}

int main(int argc, char **argv) {
    uint32_t n = 160;
    buffer a = data_new(n * n, 256), out = data_new(n * n, 255), b = buffer_new(n * n);
    for (uint32_t round = number(argc, argv); round; round--) {
        memcpy(b.data, out.data, n * n);
        product(a, b, out, n);
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i < out.len; i++)
        sum = sum * 31 + get(out, i);
    printf("%u\n", sum);
    return 0;
}
