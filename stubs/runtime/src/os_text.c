#include "os_text.h"

#include "x07_bytes.h"

char *x07_os_text(x07_bytes text, const char *at)
{
    if (memchr(text.ptr, 0, text.len)) {
        x07_bytes_drop(text);
        return NULL;
    }
    char *copy = x07_alloc((size_t)text.len + 1, at);
    memcpy(copy, text.ptr, text.len);
    x07_bytes_drop(text);
    return copy;
}
