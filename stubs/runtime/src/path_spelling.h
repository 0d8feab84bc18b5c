/* Paths as text: which of them a program may name, which are hidden, what lies below what. Nothing
 * here looks at a file. */
#ifndef X07_PATH_SPELLING_H
#define X07_PATH_SPELLING_H

#include "x07_types.h"

enum {
    /* With the NUL at the end, as the system takes them. */
    X07_PATH_BYTES = 4096,
    /* A path after the folder that it starts from. */
    X07_ABSOLUTE_BYTES = 2 * X07_PATH_BYTES,
};

/* Paths of the fs v1 heads (policy.md §6.4): UTF-8, no NUL, `\`, `..` or empty segment, not `/`. */
int x07_path_is_good(x07_bytes_view path);

/* Relative paths of the older heads (policy.md §6.1). `.X07_` counts as `.x07_`, which it is where
 * names have no case. */
int x07_path_is_safe(x07_bytes_view path);

/* A segment starts with a dot: also after characters that some file systems leave out of names, and
 * in the other forms of a dot that Unicode has. `.` alone is not hidden. */
int x07_path_is_hidden(x07_bytes_view path);
int x07_segment_is_hidden(x07_bytes_view segment);

/* A segment is `..`. */
int x07_path_has_parent(x07_bytes_view path);

int x07_text_is_utf8(x07_bytes_view text);

/* The bytes of the UTF-8 character that `text`, not empty, starts with; 0 where it is none. */
uint32_t x07_utf8_size(x07_bytes_view text);

/* The first `len` bytes of a path as one of its own. 0 where there is no room: errno is
 * ENAMETOOLONG. */
int x07_path_copy(char to[X07_PATH_BYTES], const void *path, size_t len);

/* The path from the top, without `.` and `..`: "/a/b", and "" for the top. `folder` is where
 * relative paths start. 0 where there is no room. */
int x07_path_absolute(char *to, size_t room, const char *folder, x07_bytes_view path);

/* What is left of `path` below `root`, both as above: "" for the root itself, NULL outside of it. */
const char *x07_path_below(const char *root, const char *path);

/* How much of a path is before the name at its end: "a/b" -> 2. */
uint32_t x07_path_folder_len(x07_bytes_view path);

/* The folder that holds what the path names: "." and "/" at least. */
x07_bytes_view x07_path_folder(x07_bytes_view path);

/* The next segment, 0 after the last; empty ones are left out. */
int x07_path_next(x07_bytes_view *rest, x07_bytes_view *segment);

#endif
