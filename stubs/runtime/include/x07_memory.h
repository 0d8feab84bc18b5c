/* The heap of a program: blocks of any size, 16-byte aligned, counted as they were asked for.
 *
 * Every function that takes a site traps `out of memory` when the heap limit or the system's
 * memory is reached. Sizes are at least 1. */
#ifndef X07_MEMORY_H
#define X07_MEMORY_H

#include <string.h>

#include "x07_state.h"
#include "x07_trap.h"
#include "x07_types.h"

/* A block filled with zeros. */
void *x07_alloc(size_t size, const char *at);

/* A block whose content the caller is about to overwrite. */
void *x07_alloc_raw(size_t size, const char *at);

/* The block with a new size, maybe elsewhere; what it gains is filled with zeros. */
void *x07_realloc(void *block, size_t size, const char *at);

void x07_free(void *block);

/* A bulk copy, counted. The ranges do not overlap. */
static inline void x07_copy(void *to, const void *from, size_t size)
{
    x07_state.memory.memcpy_bytes += size;
    memcpy(to, from, size);
}

#endif
