/* Arrays of the things that programs name by a handle. */
#ifndef X07_HANDLES_H
#define X07_HANDLES_H

#include "x07_memory.h"

/* Room for one item more in an array of `count` items, whose capacity is the next power of two. */
void *x07_grow(void *items, uint32_t count, size_t item_bytes, const char *at);

#endif
