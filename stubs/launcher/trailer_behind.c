/* The trailer of an executable of Linux is behind its last byte. */
#include "system.h"
#include "trailer.h"

#define MARK "X07.TAIL"

enum {
    MARK_BYTES = 8,
    LENGTH_DIGITS = 8,
    FOOT_BYTES = LENGTH_DIGITS + MARK_BYTES,
    MOST_BYTES = 1 << 20,
};

static bool read_whole(int program, char *data, size_t bytes, uint64_t offset)
{
    while (bytes > 0) {
        const long got = x07_read_at(program, data, bytes, offset);
        if (got <= 0) {
            return false;
        }
        data += got;
        bytes -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

/* The length that the foot of the file states; 0 where there is none. */
static size_t stated_length(int program, uint64_t size)
{
    char foot[FOOT_BYTES];
    size_t length = 0;
    const bool is_there = size >= FOOT_BYTES &&
                          read_whole(program, foot, FOOT_BYTES, size - FOOT_BYTES) &&
                          x07_equal(foot + LENGTH_DIGITS, MARK, MARK_BYTES) &&
                          x07_is_hex((x07_text){foot, LENGTH_DIGITS});
    for (size_t at = 0; is_there && at < LENGTH_DIGITS; at++) {
        length = length * 16 + (size_t)x07_hex_digit(foot[at]);
    }
    return length <= MOST_BYTES && length + FOOT_BYTES <= size ? length : 0;
}

bool x07_trailer_read(int program, x07_trailer *trailer)
{
    const int64_t size = x07_size(program);
    const size_t length = size < 0 ? 0 : stated_length(program, (uint64_t)size);
    char *data = length > 0 ? x07_memory(length) : NULL;
    if (data == NULL) {
        return false;
    }
    trailer->program_bytes = (uint64_t)size - FOOT_BYTES - length;
    return read_whole(program, data, length, trailer->program_bytes) &&
           x07_trailer_parse((x07_text){data, length}, trailer);
}

bool x07_is_program_right(int program, const x07_trailer *trailer, x07_sha256_blocks *blocks)
{
    const size_t bytes = (size_t)trailer->program_bytes;
    char hex[X07_SHA256_DIGITS];
    x07_sha256 digest;
    char *data = x07_memory(bytes);
    if (data == NULL || !read_whole(program, data, bytes, 0)) {
        return false;
    }
    x07_sha256_begin(&digest, blocks);
    x07_sha256_add(&digest, (const uint8_t *)data, bytes);
    x07_sha256_end_hex(&digest, hex);
    return x07_same(trailer->program, (x07_text){hex, sizeof hex});
}
