#include "handles.h"

void *x07_grow(void *items, uint32_t count, size_t item_bytes, const char *at)
{
    if (count == 0) {
        return x07_alloc(item_bytes, at);
    }
    if (count & (count - 1)) {
        return items;
    }
    return x07_realloc(items, 2 * (size_t)count * item_bytes, at);
}
