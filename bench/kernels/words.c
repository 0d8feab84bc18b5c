// Words (runs of bytes above the space) and lines, as one checksum.
#include "kernel.h"

static uint32_t count(buffer data) {
    uint32_t words = 0, lines = 0, inside = 0;
    for (uint32_t i = 0; i < data.len; i++) {
        uint32_t byte = get(data, i);
        if (byte == '\n')
            lines++;
        if (byte > ' ') {
            if (!inside)
                words++;
            inside = 1;
        } else {
            inside = 0;
        }
    }
    return words + lines * 65536;
}

int main(int argc, char **argv) {
    buffer data = data_new(1048576, 96);
    uint32_t sum = 0;
    for (uint32_t round = number(argc, argv); round; round--)
        sum = sum * 31 + count(data);
    printf("%u\n", sum);
    return 0;
}
