/* The allocator of a program that brings none: its own heap. Under a sanitizer that watches memory
 * it is malloc's, so that every block is watched. */
#include <stdlib.h>

#include "x07_compiler.h"
#include "x07_pkg.h"

#if defined(__SANITIZE_ADDRESS__)
#define X07_WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define X07_WATCHED 1
#endif
#endif

#ifdef X07_WATCHED

static void *watched_alloc(void *ctx, uint32_t size, uint32_t align)
{
    (void)ctx;
    (void)align;
    return calloc(1, size);
}

static void watched_free(void *ctx, void *block, uint32_t size, uint32_t align)
{
    (void)ctx;
    (void)size;
    (void)align;
    free(block);
}

X07_WEAK allocator_v1_t x07_custom_allocator(void)
{
    return (allocator_v1_t){.alloc = watched_alloc, .free = watched_free};
}

#else

X07_WEAK allocator_v1_t x07_custom_allocator(void)
{
    return (allocator_v1_t){.ctx = NULL};
}

#endif
