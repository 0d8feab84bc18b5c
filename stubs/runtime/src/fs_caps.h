/* FsCapsV1, and what it comes to together with the policy (os-modules.md §4, policy.md §6.4). */
#ifndef X07_FS_CAPS_H
#define X07_FS_CAPS_H

#include "x07_policy.h"

enum {
    X07_FS_ALLOW_SYMLINKS = 1,
    /* Asks for nothing: what is hidden is the policy's to say. */
    X07_FS_ALLOW_HIDDEN = 2,
    X07_FS_CREATE_PARENTS = 4,
    X07_FS_OVERWRITE = 8,
    X07_FS_ATOMIC_WRITE = 16,
};

/* Limits are the smaller ones of caps and policy. */
typedef struct {
    uint32_t max_read_bytes;
    uint32_t max_write_bytes;
    uint32_t max_entries;
    uint32_t max_depth;
    uint32_t flags;
} x07_fs_caps;

/* 0 where the bytes are no caps. */
int x07_fs_caps_read(const x07_policy *policy, x07_bytes_view bytes, x07_fs_caps *caps);

#endif
