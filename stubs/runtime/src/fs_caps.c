#include "fs_caps.h"

enum { CAPS_BYTES = 24, VERSION = 1 };

static uint32_t word(x07_bytes_view bytes, uint32_t index)
{
    const uint8_t *at = bytes.ptr + 4u * index;
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static uint32_t smaller(uint32_t asked, uint32_t limit)
{
    return asked != 0 && asked < limit ? asked : limit;
}

int x07_fs_caps_read(const x07_policy *policy, x07_bytes_view bytes, x07_fs_caps *caps)
{
    if (bytes.len != CAPS_BYTES || word(bytes, 0) != VERSION) {
        return 0;
    }
    caps->max_read_bytes = smaller(word(bytes, 1), policy->fs.max_read_bytes);
    caps->max_write_bytes = smaller(word(bytes, 2), policy->fs.max_write_bytes);
    caps->max_entries = smaller(word(bytes, 3), policy->fs.max_entries);
    caps->max_depth = smaller(word(bytes, 4), policy->fs.max_depth);
    caps->flags = word(bytes, 5);
    return 1;
}
