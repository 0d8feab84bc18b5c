// UTF-8 validation: the number of code points, or -1.
#include "kernel.h"

static buffer text_new(uint32_t n) {
    buffer b = buffer_new(n + 4);
    uint32_t state = 1, len = 0;
    while (len < n) {
        state = state * 1103515245u + 12345u;
        uint32_t kind = state >> 16 & 7, low = 128 | (state >> 20 & 63);
        if (kind < 5) {
            set(b, len++, low - 96);
            continue;
        }
        if (kind == 5)
            set(b, len++, 195);
        if (kind == 6) {
            set(b, len++, 226);
            set(b, len++, low);
        }
        if (kind == 7) {
            set(b, len++, 240);
            set(b, len++, 159);
            set(b, len++, low);
        }
        set(b, len++, low);
    }
    b.len = len;
    return b;
}

static uint32_t tail(buffer data, uint32_t i, uint32_t low, uint32_t high) {
    if (i >= data.len)
        return 0;
    uint32_t byte = get(data, i);
    return byte >= low && byte <= high;
}

static uint32_t width(buffer data, uint32_t i) {
    uint32_t first = get(data, i);
    if (first < 128)
        return 1;
    if (first < 194)
        return 0;
    if (first < 224)
        return tail(data, i + 1, 128, 191) ? 2 : 0;
    if (first < 240)
        return tail(data, i + 1, first == 224 ? 160 : 128, first == 237 ? 159 : 191) &&
                       tail(data, i + 2, 128, 191)
                   ? 3
                   : 0;
    if (first > 244)
        return 0;
    return tail(data, i + 1, first == 240 ? 144 : 128, first == 244 ? 143 : 191) &&
                   tail(data, i + 2, 128, 191) && tail(data, i + 3, 128, 191)
               ? 4
               : 0;
}

static uint32_t valid(buffer data) {
    uint32_t count = 0, i = 0;
    while (i < data.len) {
        uint32_t bytes = width(data, i);
        if (!bytes)
            return ~0u;
        count++;
        i += bytes;
    }
    return count;
}

int main(int argc, char **argv) {
    buffer data = text_new(1048576);
    uint32_t sum = 0;
    for (uint32_t round = number(argc, argv); round; round--)
        sum = sum * 31 + valid(data);
    printf("%u\n", sum);
    return 0;
}
