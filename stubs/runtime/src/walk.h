/* x07_resolve where the kernel has no openat2. */
#ifndef X07_WALK_H
#define X07_WALK_H

#include "resolve.h"

int x07_walk(x07_base base, const char *path, int flags, mode_t mode);

#endif
