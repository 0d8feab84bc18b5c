#include "fs_names.h"

#include <stdlib.h>
#include <string.h>

static const char TOO_LONG[] = "os.fs list overflow";

void x07_names_add(x07_names *names, const char *name, const char *at)
{
    x07_bytes_view text = {(const uint8_t *)name, (uint32_t)strlen(name) + 1};
    if (names->text.cap - names->text.len < text.len) {
        names->text = x07_vec_u8_grow(names->text, text.len, TOO_LONG, at);
    }
    names->text = x07_vec_u8_extend_bytes(names->text, text, at);
    names->count++;
}

static int compare(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* In lines as long as the names with their NULs. */
static void put_lines(uint8_t *to, const char *const *sorted, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t len = strlen(sorted[i]);
        memcpy(to, sorted[i], len);
        to[len] = '\n';
        to += len + 1;
    }
}

x07_bytes x07_names_lines(x07_names *names, const char *at)
{
    if (names->count == 0) {
        return x07_bytes1('\n', at);
    }
    const char **sorted = x07_alloc(names->count * sizeof *sorted, at);
    const char *next = (const char *)names->text.data;
    for (uint32_t i = 0; i < names->count; i++) {
        sorted[i] = next;
        next += strlen(next) + 1;
    }
    qsort(sorted, names->count, sizeof *sorted, compare);
    x07_bytes lines = x07_bytes_raw(names->text.len, at);
    put_lines(lines.ptr, sorted, names->count);
    x07_free(sorted);
    x07_names_drop(names);
    return lines;
}
