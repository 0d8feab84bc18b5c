/* Which root of a policy a path lies under. */
#ifndef X07_POLICY_ROOTS_H
#define X07_POLICY_ROOTS_H

#include "path_spelling.h"
#include "x07_policy.h"

/* `index` counts the list's items from 0. `rest` is what is left of the path below the root, in
 * `path`: "" for the root itself. */
typedef struct {
    uint32_t index;
    x07_bytes_view root;
    const char *rest;
    char path[X07_ABSOLUTE_BYTES];
} x07_root_match;

/* The longest root at or above the path; `strictly`: above it. 0 where there is none. */
int x07_policy_root(const x07_policy *policy, x07_policy_list roots, x07_bytes_view path,
                    int strictly, x07_root_match *match);

#endif
