/* All ways to match are followed at once: a state is a byte of the pattern that comes next. So no
 * pattern takes longer than its length times that of the path. */
#include "glob.h"

#include <string.h>

#include "path_spelling.h"

/* A class that starts at `start`, behind its `[`: where it ends, behind its `]`; 0: nowhere. A `]`
 * that comes first stands for itself. */
static uint32_t class_end(x07_bytes_view pattern, uint32_t start)
{
    uint32_t i = start;
    i += i < pattern.len && (pattern.ptr[i] == '!' || pattern.ptr[i] == '^');
    i += i < pattern.len && pattern.ptr[i] == ']';
    while (i < pattern.len && pattern.ptr[i] != ']' && pattern.ptr[i] != '/') {
        i++;
    }
    return i < pattern.len && pattern.ptr[i] == ']' ? i + 1 : 0;
}

int x07_glob_is_good(x07_bytes_view pattern)
{
    if (!x07_path_is_good(pattern) || pattern.ptr[0] == '/' || pattern.len >= X07_GLOB_BYTES) {
        return 0;
    }
    for (uint32_t i = 0; i < pattern.len; i++) {
        if (pattern.ptr[i] == '[') {
            uint32_t end = class_end(pattern, i + 1);
            if (end == 0) {
                return 0;
            }
            i = end - 1;
        }
    }
    return 1;
}

/* -- characters */

static uint32_t character(x07_bytes_view text, uint32_t at, uint32_t *size)
{
    uint32_t first = text.ptr[at];
    *size = x07_utf8_size((x07_bytes_view){text.ptr + at, text.len - at});
    if (*size <= 1) {
        *size = 1;
        return first;
    }
    uint32_t code = first & (0x7Fu >> *size);
    for (uint32_t i = 1; i < *size; i++) {
        code = code << 6 | (text.ptr[at + i] & 0x3F);
    }
    return code;
}

/* `start` and `end` as of class_end. */
static int class_has(x07_bytes_view pattern, uint32_t start, uint32_t end, uint32_t code)
{
    int negated = pattern.ptr[start] == '!' || pattern.ptr[start] == '^';
    uint32_t i = start + (uint32_t)negated, size;
    int has = 0;
    while (i < end - 1) {
        uint32_t low = character(pattern, i, &size), high = low;
        i += size;
        if (i + 1 < end - 1 && pattern.ptr[i] == '-') {
            high = character(pattern, i + 1, &size);
            i += 1 + size;
        }
        has |= low <= code && code <= high;
    }
    return has != negated;
}

/* -- states */

typedef uint8_t states[X07_GLOB_BYTES + 1];

static int is_deep(x07_bytes_view pattern, uint32_t at)
{
    int starts = at == 0 || pattern.ptr[at - 1] == '/';
    int has_two = at + 1 < pattern.len && pattern.ptr[at] == '*' && pattern.ptr[at + 1] == '*';
    return starts && has_two && (at + 2 == pattern.len || pattern.ptr[at + 2] == '/');
}

/* What a state reaches without a byte of the path: a star may be nothing, and two stars no name,
 * where one could start. */
static void skip(x07_bytes_view pattern, states now, int at_start)
{
    for (uint32_t i = 0; i < pattern.len; i++) {
        if (!now[i] || pattern.ptr[i] != '*') {
            continue;
        }
        if (!is_deep(pattern, i)) {
            now[i + 1] = 1;
        } else if (at_start && i + 2 < pattern.len) {
            now[i + 3] = 1;
        }
    }
}

/* One state over one character of the path. */
static void pass(x07_bytes_view pattern, uint32_t at, uint32_t code, states next)
{
    uint32_t size, end;
    uint8_t byte = pattern.ptr[at];
    if (is_deep(pattern, at)) {
        next[at] = 1;
        next[pattern.len] |= at + 2 == pattern.len;
    } else if (byte == '*') {
        next[at] |= code != '/';
    } else if (byte == '?') {
        next[at + 1] |= code != '/';
    } else if (byte == '[') {
        end = class_end(pattern, at + 1);
        next[end] |= code != '/' && class_has(pattern, at + 1, end, code);
    } else if (character(pattern, at, &size) == code) {
        next[at + size] = 1;
    }
}

int x07_glob_matches(x07_bytes_view pattern, x07_bytes_view path)
{
    states now = {1}, next;
    uint32_t size;
    skip(pattern, now, 1);
    for (uint32_t at = 0; at < path.len; at += size) {
        uint32_t code = character(path, at, &size);
        memset(next, 0, pattern.len + 1);
        for (uint32_t i = 0; i < pattern.len; i++) {
            if (now[i]) {
                pass(pattern, i, code, next);
            }
        }
        memcpy(now, next, pattern.len + 1);
        skip(pattern, now, code == '/');
    }
    return now[pattern.len];
}
