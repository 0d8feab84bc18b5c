// CRC-32, one table of 256 words.
#include "kernel.h"

static void table_fill(uint32_t table[256]) {
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t word = n;
        for (int bit = 0; bit < 8; bit++)
            word = word & 1 ? 0xedb88320u ^ word >> 1 : word >> 1;
        table[n] = word;
    }
}

static uint32_t crc32(buffer data, const uint32_t table[256], uint32_t crc) {
    for (uint32_t i = 0; i < data.len; i++)
        crc = table[(crc ^ get(data, i)) & 255] ^ crc >> 8;
    return crc;
}

int main(int argc, char **argv) {
    buffer data = data_new(1048576, 256);
    uint32_t table[256], crc = ~0u;
    table_fill(table);
    for (uint32_t round = number(argc, argv); round; round--)
        crc = crc32(data, table, crc);
    printf("%u\n", ~crc);
    return 0;
}
