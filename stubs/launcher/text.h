/* Texts that point into something larger, and messages for people. */
#ifndef X07_LAUNCHER_TEXT_H
#define X07_LAUNCHER_TEXT_H

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *start;
    size_t length;
} x07_text;

x07_text x07_text_of(const char *text);
bool x07_same(x07_text one, x07_text other);
bool x07_starts(x07_text text, x07_text with);
/* RFC 3629. */
bool x07_is_utf8(x07_text text);
/* What is before the first such letter, or all. */
x07_text x07_until(x07_text text, char letter);
/* Without the first bytes. */
x07_text x07_after(x07_text text, size_t bytes);

/* On stderr: "error: WHAT `PATH`PROBLEM", then the hint. The path without control characters. */
void x07_say(const char *what, x07_text path, const char *problem, const char *hint);

#endif
