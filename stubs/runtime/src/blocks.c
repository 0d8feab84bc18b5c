#include "blocks.h"

#include "size_class.h"
#include "x07_pages.h"
#include "x07_pkg.h"

enum {
    FIRST_CHUNK_BYTES = 64 << 10,
    SMALLEST_CHUNK_BYTES = 1 << 20,
    LARGEST_CHUNK_BYTES = 16 << 20,
    /* Larger blocks get pages of their own. */
    CHUNKED_BYTES = 256 << 10,
    /* Block sizes are multiples of this; pages of their own are multiples of PAGE_BYTES. */
    ALIGNMENT = 16,
    PAGE_BYTES = 4096,
    HEADER = sizeof(x07_block),
    /* Classes of blocks that no free list takes. */
    UNCLASSED = X07_SIZE_CLASSES,
    FOREIGN,
};

static struct {
    uint8_t *next;
    uint8_t *end;
    size_t chunk_bytes;
    int is_arena;
    x07_block *free[X07_SIZE_CLASSES];
} heap;

/* Costs nothing until it is touched, and spares small programs the system call. */
static _Alignas(ALIGNMENT) uint8_t first_chunk[FIRST_CHUNK_BYTES];

static size_t rounded(size_t bytes, size_t unit)
{
    return (bytes + unit - 1u) / unit * unit;
}

void x07_blocks_use(uint8_t *arena, size_t arena_bytes)
{
    if (arena == NULL && !heap.is_arena) {
        return;
    }
    for (uint32_t i = 0; i < X07_SIZE_CLASSES; i++) {
        heap.free[i] = NULL;
    }
    heap.is_arena = arena != NULL;
    heap.next = heap.end = NULL;
    heap.chunk_bytes = SMALLEST_CHUNK_BYTES;
    size_t skipped = (ALIGNMENT - (uintptr_t)arena % ALIGNMENT) % ALIGNMENT;
    if (arena != NULL && arena_bytes > skipped) {
        heap.next = arena + skipped;
        heap.end = arena + arena_bytes;
    }
}

/* -- chunks */

static int next_chunk(void)
{
    if (heap.chunk_bytes == 0u) {
        heap.chunk_bytes = SMALLEST_CHUNK_BYTES;
        heap.next = first_chunk;
        heap.end = first_chunk + sizeof first_chunk;
        return 0;
    }
    uint8_t *chunk = heap.is_arena ? NULL : x07_pages_map(heap.chunk_bytes);
    if (chunk == NULL) {
        return -1;
    }
    heap.next = chunk;
    heap.end = chunk + heap.chunk_bytes;
    if (heap.chunk_bytes < LARGEST_CHUNK_BYTES) {
        heap.chunk_bytes *= 2u;
    }
    return 0;
}

static x07_block *from_chunk(size_t bytes)
{
    while ((size_t)(heap.end - heap.next) < bytes) {
        if (next_chunk() < 0) {
            return NULL;
        }
    }
    x07_block *block = (x07_block *)(void *)heap.next;
    heap.next += bytes;
    return block;
}

/* -- blocks by class */

static x07_block *unclassed(size_t bytes, int *is_zero)
{
    *is_zero = !heap.is_arena;
    size_t whole = rounded(bytes, heap.is_arena ? ALIGNMENT : PAGE_BYTES);
    x07_block *block = heap.is_arena ? from_chunk(whole) : x07_pages_map(whole);
    if (block != NULL) {
        block->size_class = UNCLASSED;
    }
    return block;
}

static x07_block *fresh(uint32_t size_class)
{
    size_t bytes = x07_size_class_bytes(size_class);
    if (bytes > CHUNKED_BYTES && !heap.is_arena) {
        return x07_pages_map(rounded(bytes, PAGE_BYTES));
    }
    return from_chunk(bytes);
}

static x07_block *classed(uint32_t size_class, int *is_zero)
{
    x07_block *block = heap.free[size_class];
    if (block != NULL) {
        heap.free[size_class] = block->next;
        *is_zero = 0;
    } else {
        block = fresh(size_class);
        *is_zero = !heap.is_arena;
    }
    if (block != NULL) {
        block->size_class = size_class;
    }
    return block;
}

/* -- the allocator of an embedding program */

/* Asked once. */
static const allocator_v1_t *foreign_allocator(void)
{
    static int is_known;
    static allocator_v1_t allocator;
    if (!is_known) {
        allocator = x07_custom_allocator();
        is_known = 1;
    }
    return allocator.alloc != NULL && allocator.free != NULL ? &allocator : NULL;
}

static x07_block *foreign(const allocator_v1_t *allocator, size_t bytes, int *is_zero)
{
    if (bytes > UINT32_MAX) {
        return NULL;
    }
    *is_zero = 1;
    x07_block *block = allocator->alloc(allocator->ctx, (uint32_t)bytes, ALIGNMENT);
    if (block != NULL) {
        block->size_class = FOREIGN;
    }
    return block;
}

/* -- taking and giving */

static x07_block *take(size_t bytes, int *is_zero)
{
    const allocator_v1_t *allocator = foreign_allocator();
    if (allocator != NULL) {
        return foreign(allocator, bytes, is_zero);
    }
    if (bytes > X07_LARGEST_CLASS_BYTES) {
        return unclassed(bytes, is_zero);
    }
    return classed(x07_size_class(bytes), is_zero);
}

x07_block *x07_block_take(size_t size, int *is_zero)
{
    if (size > SIZE_MAX / 2u) {
        return NULL;
    }
    x07_block *block = take(size + HEADER, is_zero);
    if (block != NULL) {
        block->size = size;
    }
    return block;
}

void x07_block_give(x07_block *block)
{
    size_t bytes = block->size + HEADER;
    if (block->size_class < X07_SIZE_CLASSES) {
        uint32_t size_class = (uint32_t)block->size_class;
        block->next = heap.free[size_class];
        heap.free[size_class] = block;
    } else if (block->size_class == FOREIGN) {
        const allocator_v1_t *allocator = foreign_allocator();
        allocator->free(allocator->ctx, block, (uint32_t)bytes, ALIGNMENT);
    } else if (!heap.is_arena) {
        x07_pages_unmap(block, rounded(bytes, PAGE_BYTES));
    }
}

size_t x07_block_room(const x07_block *block)
{
    if (block->size_class < X07_SIZE_CLASSES) {
        return x07_size_class_bytes((uint32_t)block->size_class) - HEADER;
    }
    return block->size;
}
