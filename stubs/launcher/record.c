#include "record.h"

#include "system.h"

#define FIRST_LINE "x07.launcher.start@0.1.0"
#define LAST_WORD "end"

enum { PART = '\1', RUN_ID = 'R', CREATED = 'C', DEADLINE = 'D' };

/* A field without a space is a word alone. */
bool x07_next_field(x07_text *fields, x07_field *field)
{
    const x07_text whole = x07_until(*fields, '\0');
    if (whole.length == fields->length) {
        return false;
    }
    const size_t word = x07_until(whole, ' ').length;
    field->word = (x07_text){whole.start, word};
    field->value = x07_after(whole, word < whole.length ? word + 1 : word);
    *fields = x07_after(*fields, whole.length + 1);
    return true;
}

bool x07_record_read(x07_text data, x07_text *fields)
{
    x07_field field = {.word = {NULL, 0}};
    *fields = data;
    if (data.start == NULL || !x07_next_field(fields, &field) ||
        !x07_same(field.word, x07_text_of(FIRST_LINE))) {
        return false;
    }
    x07_text rest = *fields;
    while (x07_next_field(&rest, &field)) {
    }
    return rest.length == 0 && x07_same(field.word, x07_text_of(LAST_WORD));
}

bool x07_next_of(x07_text *fields, const char *word, x07_field *field)
{
    while (x07_next_field(fields, field)) {
        if (x07_same(field->word, x07_text_of(word))) {
            return true;
        }
    }
    return false;
}

x07_text x07_value_of(x07_text fields, const char *word)
{
    x07_field field;
    return x07_next_of(&fields, word, &field) ? field.value : (x07_text){NULL, 0};
}

x07_text x07_next_part(x07_text *value)
{
    const x07_text part = x07_until(*value, PART);
    *value = x07_after(*value, part.length < value->length ? part.length + 1 : part.length);
    return part;
}

uint64_t x07_number_of(x07_text digits, unsigned base)
{
    uint64_t number = 0;
    for (size_t at = 0; at < digits.length; at++) {
        number = number * base + (uint64_t)(digits.start[at] - '0');
    }
    return number;
}

static void put_hole(x07_buffer *to, char letter, const x07_holes *holes)
{
    if (letter == RUN_ID) {
        x07_put(to, holes->run_id);
    } else if (letter == CREATED) {
        x07_put_decimal(to, holes->created_ms);
    } else if (letter == DEADLINE) {
        x07_put_decimal(to, holes->deadline_ms);
    } else {
        to->is_short = true;
    }
}

void x07_put_filled(x07_buffer *to, x07_text value, const x07_holes *holes)
{
    while (value.length > 0) {
        const bool has_hole = x07_until(value, PART).length < value.length;
        x07_put(to, x07_next_part(&value));
        if (has_hole) {
            put_hole(to, value.length > 0 ? value.start[0] : '\0', holes);
            value = x07_after(value, value.length > 0 ? 1 : 0);
        }
    }
}
