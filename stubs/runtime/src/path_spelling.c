#include "path_spelling.h"

#include <errno.h>
#include <string.h>

#include "guard.h"

static int is_text(x07_bytes_view view, const char *text)
{
    size_t len = strlen(text);
    return view.len == len && memcmp(view.ptr, text, len) == 0;
}

static int has_byte(x07_bytes_view view, char byte)
{
    return view.len != 0 && memchr(view.ptr, byte, view.len) != NULL;
}

/* -- segments */

static uint32_t segment_len(x07_bytes_view rest)
{
    const uint8_t *slash = rest.len ? memchr(rest.ptr, '/', rest.len) : NULL;
    return slash ? (uint32_t)(slash - rest.ptr) : rest.len;
}

int x07_path_next(x07_bytes_view *rest, x07_bytes_view *segment)
{
    while (rest->len != 0 && rest->ptr[0] == '/') {
        *rest = (x07_bytes_view){rest->ptr + 1, rest->len - 1};
    }
    segment->ptr = rest->ptr;
    segment->len = segment_len(*rest);
    *rest = (x07_bytes_view){rest->ptr + segment->len, rest->len - segment->len};
    return segment->len != 0;
}

static int has_empty_segment(x07_bytes_view path)
{
    for (uint32_t i = 1; i < path.len; i++) {
        if (path.ptr[i] == '/' && path.ptr[i - 1] == '/') {
            return 1;
        }
    }
    return path.len == 0 || path.ptr[path.len - 1] == '/';
}

static int has_segment(x07_bytes_view path, int (*is)(x07_bytes_view))
{
    x07_bytes_view segment;
    while (x07_path_next(&path, &segment)) {
        if (is(segment)) {
            return 1;
        }
    }
    return 0;
}

static int is_parent(x07_bytes_view segment)
{
    return is_text(segment, "..");
}

static int is_here(x07_bytes_view segment)
{
    return is_text(segment, ".");
}

static int is_reserved(x07_bytes_view segment)
{
    const uint8_t *name = segment.ptr;
    return segment.len >= 5 && name[0] == '.' && (name[1] | 32) == 'x' && name[2] == '0'
           && name[3] == '7' && name[4] == '_';
}

int x07_path_has_parent(x07_bytes_view path)
{
    return has_segment(path, is_parent);
}

/* -- which paths a program may name */

static int is_plain(x07_bytes_view path)
{
    return !has_empty_segment(path) && !has_byte(path, '\0') && !has_byte(path, '\\')
           && (path.len < X07_PATH_BYTES || !x07_guard("long")) && !x07_path_has_parent(path);
}

int x07_path_is_good(x07_bytes_view path)
{
    return is_plain(path) && x07_text_is_utf8(path);
}

int x07_path_is_safe(x07_bytes_view path)
{
    return is_plain(path) && path.ptr[0] != '/' && !has_segment(path, is_here)
           && !has_segment(path, is_reserved);
}

int x07_path_copy(char to[X07_PATH_BYTES], const void *path, size_t len)
{
    if (len >= X07_PATH_BYTES) {
        errno = ENAMETOOLONG;
        return 0;
    }
    memcpy(to, path, len);
    to[len] = '\0';
    return 1;
}

/* -- from the top */

static size_t without_last(const char *path, size_t len)
{
    while (len != 0 && path[len - 1] != '/') {
        len--;
    }
    return len != 0 ? len - 1 : 0;
}

/* The new length, or `room` where there is none. */
static size_t put_segments(char *to, size_t len, size_t room, x07_bytes_view path)
{
    x07_bytes_view segment;
    while (x07_path_next(&path, &segment)) {
        if (is_parent(segment)) {
            len = without_last(to, len);
        } else if (!is_here(segment)) {
            if (room - len < (size_t)segment.len + 2) {
                return room;
            }
            to[len++] = '/';
            memcpy(to + len, segment.ptr, segment.len);
            len += segment.len;
        }
    }
    return len;
}

int x07_path_absolute(char *to, size_t room, const char *folder, x07_bytes_view path)
{
    size_t len = 0;
    if (path.len == 0 || path.ptr[0] != '/') {
        x07_bytes_view start = {(const uint8_t *)folder, (uint32_t)strlen(folder)};
        len = put_segments(to, len, room, start);
    }
    len = len < room ? put_segments(to, len, room, path) : room;
    to[len < room ? len : 0] = '\0';
    return len < room;
}

const char *x07_path_below(const char *root, const char *path)
{
    size_t len = strlen(root);
    if (strncmp(root, path, len) != 0 || (path[len] != '/' && path[len] != '\0')) {
        return NULL;
    }
    return path[len] == '/' ? path + len + 1 : path + len;
}

uint32_t x07_path_folder_len(x07_bytes_view path)
{
    uint32_t len = path.len;
    while (len != 0 && path.ptr[len - 1] != '/') {
        len--;
    }
    return len;
}

x07_bytes_view x07_path_folder(x07_bytes_view path)
{
    uint32_t len = x07_path_folder_len(path);
    if (len == 0) {
        return (x07_bytes_view){(const uint8_t *)".", 1};
    }
    return (x07_bytes_view){path.ptr, len > 1 ? len - 1 : 1};
}
