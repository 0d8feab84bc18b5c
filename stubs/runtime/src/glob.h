/* Patterns of os.fs.walk_glob_sorted_text_v1. In a name, `*` is any number of bytes, `?` is one
 * character, `[a-z]` and `[!a-z]` one of or none of; a name that is `**` is any number of names. */
#ifndef X07_GLOB_H
#define X07_GLOB_H

#include "x07_types.h"

enum { X07_GLOB_BYTES = 4096 };

/* Whether it is a pattern: UTF-8, relative, without empty names, `..`, `\`, NUL, or an open `[`. */
int x07_glob_is_good(x07_bytes_view pattern);

/* Whether all of `path`, which is relative, is what the pattern says. */
int x07_glob_matches(x07_bytes_view pattern, x07_bytes_view path);

#endif
