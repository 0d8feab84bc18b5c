/* The digest of stdin, as stubs/launcher makes it: `plain`, or by the processor. */
#include <stdio.h>
#include <string.h>

#include "sha256.h"
#include "system.h"

void x07_copy(void *restrict target, const void *restrict source, size_t bytes)
{
    memcpy(target, source, bytes);
}

int main(int count, char **arguments)
{
    static uint8_t data[1 << 16];
    uint8_t result[X07_SHA256_BYTES];
    x07_sha256 digest;
    x07_sha256_blocks *blocks = count > 1 && strcmp(arguments[1], "plain") == 0
                                    ? x07_sha256_plain
                                    : x07_sha256_choose(~0ul);
    x07_sha256_begin(&digest, blocks);
    for (size_t got, want = 1; (got = fread(data, 1, want, stdin)) > 0;) {
        x07_sha256_add(&digest, data, got);
        want = want * 3 % sizeof data + 1;
    }
    x07_sha256_end(&digest, result);
    for (size_t at = 0; at < X07_SHA256_BYTES; at++) {
        printf("%02x", result[at]);
    }
    return 0;
}
