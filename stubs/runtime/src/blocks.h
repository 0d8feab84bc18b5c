/* Blocks of memory: where they come from and where they go. Nothing is counted here.
 *
 * A block comes from the arena or the allocator of the program that embeds this one; else from
 * chunks of the system's memory, by classes of size. A block that is given back waits for the next
 * of its class; the largest ones go back to the system. */
#ifndef X07_BLOCKS_H
#define X07_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

/* Stands before the payload and keeps it aligned to 16 bytes. */
typedef struct x07_block {
    uint64_t size;
    union {
        uint64_t size_class;
        struct x07_block *next;
    };
} x07_block;

_Static_assert(sizeof(x07_block) == 16, "payloads are aligned to 16 bytes");

/* From here on, blocks come from this memory alone, or, if it is NULL, from the system. What was
 * taken before is forgotten when one of both is an arena. */
void x07_blocks_use(uint8_t *arena, size_t arena_bytes);

/* A block with room for `size` bytes, its `size` set; NULL: no memory. `*is_zero` tells whether
 * its payload is filled with zeros. */
x07_block *x07_block_take(size_t size, int *is_zero);

void x07_block_give(x07_block *block);

/* How many bytes the payload of a block has room for. */
size_t x07_block_room(const x07_block *block);

#endif
