// How often each byte value occurs.
#include "kernel.h"

static void count(buffer data, uint32_t counts[256]) {
    for (uint32_t i = 0; i < data.len; i++)
        counts[get(data, i)]++;
}

int main(int argc, char **argv) {
    buffer data = data_new(1048576, 256);
    uint32_t counts[256] = {0};
    for (uint32_t round = number(argc, argv); round; round--)
        count(data, counts);
    uint32_t sum = 0;
    for (uint32_t k = 0; k < 256; k++)
        sum = sum * 31 + counts[k];
    printf("%u\n", sum);
    return 0;
}
