/* Patterns of process.allow_args_regex_lite (policy.md §2). */
#ifndef X07_REGEX_LITE_H
#define X07_REGEX_LITE_H

#include "x07_types.h"

enum { X07_REGEX_LITE_TOKENS = 256 };

/* 1 where all of `text` matches: `.` is any byte, `\c` is c, a `*` after either, or after a byte
 * that stands for itself, means any number of it. 0 where it does not, or where `pattern` is none
 * (a `*` that follows nothing or another one, a `\` at the end). -1 where it has too many tokens. */
int x07_regex_lite_matches(x07_bytes_view pattern, x07_bytes_view text);

#endif
