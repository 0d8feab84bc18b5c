#include "sha256.h"

#include "system.h"

enum { LENGTH_BYTES = 8, SCHEDULE = 64 };

static const uint32_t start[8] = {
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

/* Aligned for the loads of `sha256_processor.c`. */
_Alignas(16) const uint32_t x07_sha256_constants[SCHEDULE] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turned(uint32_t word, unsigned bits)
{
    return word >> bits | word << (32 - bits);
}

static uint32_t big_endian(const uint8_t *data)
{
    return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static void schedule(uint32_t words[SCHEDULE], const uint8_t *data)
{
    for (size_t at = 0; at < 16; at++) {
        words[at] = big_endian(data + 4 * at);
    }
    for (size_t at = 16; at < SCHEDULE; at++) {
        const uint32_t old = words[at - 15];
        const uint32_t late = words[at - 2];
        const uint32_t first = turned(old, 7) ^ turned(old, 18) ^ old >> 3;
        const uint32_t second = turned(late, 17) ^ turned(late, 19) ^ late >> 10;
        words[at] = words[at - 16] + first + words[at - 7] + second;
    }
}

/* One round; what is written becomes `e` and `a` of the next one. */
static inline void round_of(uint32_t a, uint32_t b, uint32_t c, uint32_t *d, uint32_t e, uint32_t f,
                            uint32_t g, uint32_t *h, uint32_t word)
{
    const uint32_t choice = (e & f) ^ (~e & g);
    const uint32_t majority = (a & b) ^ (a & c) ^ (b & c);
    const uint32_t one = *h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + choice + word;
    *d += one;
    *h = one + (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + majority;
}

static inline void eight_rounds(uint32_t s[8], const uint32_t *words, const uint32_t *constants)
{
    round_of(s[0], s[1], s[2], &s[3], s[4], s[5], s[6], &s[7], words[0] + constants[0]);
    round_of(s[7], s[0], s[1], &s[2], s[3], s[4], s[5], &s[6], words[1] + constants[1]);
    round_of(s[6], s[7], s[0], &s[1], s[2], s[3], s[4], &s[5], words[2] + constants[2]);
    round_of(s[5], s[6], s[7], &s[0], s[1], s[2], s[3], &s[4], words[3] + constants[3]);
    round_of(s[4], s[5], s[6], &s[7], s[0], s[1], s[2], &s[3], words[4] + constants[4]);
    round_of(s[3], s[4], s[5], &s[6], s[7], s[0], s[1], &s[2], words[5] + constants[5]);
    round_of(s[2], s[3], s[4], &s[5], s[6], s[7], s[0], &s[1], words[6] + constants[6]);
    round_of(s[1], s[2], s[3], &s[4], s[5], s[6], s[7], &s[0], words[7] + constants[7]);
}

void x07_sha256_plain(uint32_t state[8], const uint8_t *data, size_t blocks)
{
    uint32_t words[SCHEDULE];
    uint32_t now[8];
    for (; blocks > 0; blocks--, data += X07_SHA256_BLOCK_BYTES) {
        schedule(words, data);
        x07_copy(now, state, sizeof now);
        for (size_t at = 0; at < SCHEDULE; at += 8) {
            eight_rounds(now, words + at, x07_sha256_constants + at);
        }
        for (size_t at = 0; at < 8; at++) {
            state[at] += now[at];
        }
    }
}

void x07_sha256_begin(x07_sha256 *digest, x07_sha256_blocks *blocks)
{
    digest->blocks = blocks;
    digest->bytes = 0;
    x07_copy(digest->state, start, sizeof start);
}

void x07_sha256_add(x07_sha256 *digest, const uint8_t *data, size_t bytes)
{
    const size_t kept = digest->bytes % X07_SHA256_BLOCK_BYTES;
    digest->bytes += bytes;
    if (kept > 0) {
        const size_t room = X07_SHA256_BLOCK_BYTES - kept;
        const size_t taken = bytes < room ? bytes : room;
        x07_copy(digest->rest + kept, data, taken);
        data += taken;
        bytes -= taken;
        if (taken < room) {
            return;
        }
        digest->blocks(digest->state, digest->rest, 1);
    }
    const size_t whole = bytes / X07_SHA256_BLOCK_BYTES;
    digest->blocks(digest->state, data, whole);
    x07_copy(digest->rest, data + whole * X07_SHA256_BLOCK_BYTES, bytes % X07_SHA256_BLOCK_BYTES);
}

void x07_sha256_end(x07_sha256 *digest, uint8_t result[X07_SHA256_BYTES])
{
    static const uint8_t padding[X07_SHA256_BLOCK_BYTES] = {0x80};
    const uint64_t bits = digest->bytes * 8;
    const size_t kept = digest->bytes % X07_SHA256_BLOCK_BYTES;
    const size_t room = X07_SHA256_BLOCK_BYTES - LENGTH_BYTES;
    uint8_t length[LENGTH_BYTES];
    x07_sha256_add(digest, padding, (kept < room ? room : room + X07_SHA256_BLOCK_BYTES) - kept);
    for (size_t at = 0; at < LENGTH_BYTES; at++) {
        length[at] = (uint8_t)(bits >> (56 - 8 * at));
    }
    x07_sha256_add(digest, length, LENGTH_BYTES);
    for (size_t at = 0; at < X07_SHA256_BYTES; at++) {
        result[at] = (uint8_t)(digest->state[at / 4] >> (24 - 8 * (at % 4)));
    }
}

void x07_sha256_end_hex(x07_sha256 *digest, char hex[X07_SHA256_DIGITS])
{
    uint8_t result[X07_SHA256_BYTES];
    x07_sha256_end(digest, result);
    for (size_t at = 0; at < X07_SHA256_DIGITS; at++) {
        hex[at] = "0123456789abcdef"[result[at / 2] >> (at % 2 == 0 ? 4 : 0) & 15];
    }
}
