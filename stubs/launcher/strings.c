#include "strings.h"

#include "system.h"

x07_string x07_string_of(size_t bytes)
{
    char *memory = x07_memory(bytes);
    return (x07_string){.bytes = memory, .size = bytes, .is_full = memory == NULL};
}

void x07_add(x07_string *to, x07_text text)
{
    to->is_full = to->is_full || text.length >= to->size - to->length;
    if (!to->is_full) {
        x07_copy(to->bytes + to->length, text.start, text.length);
        to->length += text.length;
        to->bytes[to->length] = '\0';
    }
}

void x07_add_word(x07_string *to, const char *word)
{
    x07_add(to, x07_text_of(word));
}

void x07_add_number(x07_string *to, uint64_t number)
{
    char digits[X07_NUMBER_CHARS];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    x07_add(to, (x07_text){digits + at, sizeof digits - at});
}

void x07_add_end(x07_string *to)
{
    x07_add(to, (x07_text){"", 1});
}

x07_text x07_held(const x07_string *buffer)
{
    return (x07_text){buffer->bytes, buffer->length};
}
