/* A start that was decided before, as `x07bundle/launcher/start_record.py` left it in the folder of
 * jobs: fields `WORD VALUE`, each with a NUL behind it, from a first line to the field `end`. */
#ifndef X07_LAUNCHER_RECORD_H
#define X07_LAUNCHER_RECORD_H

#include "buffer.h"
#include "text.h"

enum { X07_RECORD_BYTES = 1 << 18 };

/* `value` has a NUL behind it. */
typedef struct {
    x07_text word;
    x07_text value;
} x07_field;

/* `fields`: all behind the first line. False: it is none, or not whole. */
bool x07_record_read(x07_text data, x07_text *fields);
/* Takes the first field off; false at the end. */
bool x07_next_field(x07_text *fields, x07_field *field);
/* The next field of one word. */
bool x07_next_of(x07_text *fields, const char *word, x07_field *field);
/* The only value of a word, or the first one; no text where it has none. */
x07_text x07_value_of(x07_text fields, const char *word);

/* Takes what is before the first \1, or all, off a value. */
x07_text x07_next_part(x07_text *value);
/* Of a part's digits. */
uint64_t x07_number_of(x07_text digits, unsigned base);

/* What the holes of a record are filled with: the id of this run, and its times. */
typedef struct {
    x07_text run_id;
    uint64_t created_ms;
    uint64_t deadline_ms;
} x07_holes;

void x07_put_filled(x07_buffer *to, x07_text value, const x07_holes *holes);

#endif
