/* What a C library has, too, or nearly: without one, and the same with one. */
#include "system.h"

#include <errno.h>

size_t x07_length(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

bool x07_equal(const void *one, const void *other, size_t bytes)
{
    const uint8_t *left = one;
    const uint8_t *right = other;
    for (size_t index = 0; index < bytes; index++) {
        if (left[index] != right[index]) {
            return false;
        }
    }
    return true;
}

/* `volatile` keeps compilers from making a call of memcpy, which is this, out of the loop. */
void x07_copy(void *restrict target, const void *restrict source, size_t bytes)
{
    volatile uint8_t *to = target;
    const uint8_t *from = source;
    for (size_t index = 0; index < bytes; index++) {
        to[index] = from[index];
    }
}

bool x07_write(int descriptor, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    while (bytes > 0) {
        const long done = x07_write_some(descriptor, from, bytes);
        if (done <= 0 && done != -EINTR) {
            return false;
        }
        if (done > 0) {
            from += done;
            bytes -= (size_t)done;
        }
    }
    return true;
}
