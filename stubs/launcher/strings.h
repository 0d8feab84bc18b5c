/* Texts that are put together. What they take is never given back. */
#ifndef X07_LAUNCHER_STRINGS_H
#define X07_LAUNCHER_STRINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

enum { X07_NUMBER_CHARS = 21 };

/* Grows at its end; NUL follows what it holds. `is_full`: something did not fit, and was left out. */
typedef struct {
    char *bytes;
    size_t length;
    size_t size;
    bool is_full;
} x07_string;

/* Empty; full from the start where there is no memory. */
x07_string x07_string_of(size_t bytes);
void x07_add(x07_string *to, x07_text text);
void x07_add_word(x07_string *to, const char *word);
void x07_add_number(x07_string *to, uint64_t number);
/* With its NUL, for what follows to be a text of its own. */
void x07_add_end(x07_string *to);
x07_text x07_held(const x07_string *buffer);

#endif
