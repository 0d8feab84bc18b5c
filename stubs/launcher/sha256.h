/* SHA-256 (FIPS 180-4), with the processor's own instructions where it has them. */
#ifndef X07_LAUNCHER_SHA256_H
#define X07_LAUNCHER_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { X07_SHA256_BYTES = 32, X07_SHA256_BLOCK_BYTES = 64, X07_SHA256_DIGITS = 64 };

typedef void x07_sha256_blocks(uint32_t state[8], const uint8_t *data, size_t blocks);

typedef struct {
    x07_sha256_blocks *blocks;
    uint32_t state[8];
    uint64_t bytes;
    uint8_t rest[X07_SHA256_BLOCK_BYTES];
} x07_sha256;

extern const uint32_t x07_sha256_constants[64];

/* The fastest of this processor. `hardware`: AT_HWCAP, for arm64. */
x07_sha256_blocks *x07_sha256_choose(unsigned long hardware);
x07_sha256_blocks x07_sha256_plain;

void x07_sha256_begin(x07_sha256 *digest, x07_sha256_blocks *blocks);
void x07_sha256_add(x07_sha256 *digest, const uint8_t *data, size_t bytes);
void x07_sha256_end(x07_sha256 *digest, uint8_t result[X07_SHA256_BYTES]);
/* As small hexadecimal digits. */
void x07_sha256_end_hex(x07_sha256 *digest, char hex[X07_SHA256_DIGITS]);

#endif
