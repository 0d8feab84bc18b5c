/* Bytes that are put one after the other into a place of limited size. */
#ifndef X07_LAUNCHER_BUFFER_H
#define X07_LAUNCHER_BUFFER_H

#include <stdint.h>

#include "text.h"

/* `is_short`: something did not fit and was left out, so that the rest is worth nothing. */
typedef struct {
    char *bytes;
    size_t most;
    size_t length;
    bool is_short;
} x07_buffer;

/* Of memory that is never given back, with a NUL behind whatever it holds. Short from the start where
 * there is none. */
x07_buffer x07_buffer_of(size_t most);

void x07_put(x07_buffer *buffer, x07_text text);
void x07_put_word(x07_buffer *buffer, const char *word);
/* A NUL, for what follows to be a text of its own. */
void x07_put_end(x07_buffer *buffer);
void x07_put_decimal(x07_buffer *buffer, uint64_t number);
void x07_put_byte(x07_buffer *buffer, uint8_t byte);
/* The most significant byte first, in so many bytes. */
void x07_put_number(x07_buffer *buffer, uint32_t number, unsigned bytes);
x07_text x07_content(const x07_buffer *buffer);

#endif
