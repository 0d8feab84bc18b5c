/* Where a system call fails for want of something that a policy limits, the sandbox is told, and
 * says which limit it was. Programs without one have a pointer that stays NULL. */
#ifndef X07_LIMIT_HOOK_H
#define X07_LIMIT_HOOK_H

#include "x07_compiler.h"

/* `error`: ENOMEM of memory, EMFILE of descriptors, EAGAIN of processes, EFBIG of a file, ETIME of a
 * process that ran as long as any may. Keeps errno. */
extern void (*x07_limit_hook)(int error);

static inline void x07_limit_met(int error)
{
    if (X07_UNLIKELY(x07_limit_hook != 0)) {
        x07_limit_hook(error);
    }
}

#endif
