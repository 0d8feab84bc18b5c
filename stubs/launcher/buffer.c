#include "buffer.h"

#include "system.h"

enum { BITS_OF_BYTE = 8, MOST_DIGITS = 20, DECIMAL = 10 };

/* Memory of the system's is zero, and nothing is taken away again. */
x07_buffer x07_buffer_of(size_t most)
{
    char *bytes = x07_memory(most + 1);
    return (x07_buffer){.bytes = bytes, .most = most, .is_short = bytes == NULL};
}

void x07_put(x07_buffer *buffer, x07_text text)
{
    if (buffer->is_short || text.length > buffer->most - buffer->length) {
        buffer->is_short = true;
        return;
    }
    x07_copy(buffer->bytes + buffer->length, text.start, text.length);
    buffer->length += text.length;
}

void x07_put_word(x07_buffer *buffer, const char *word)
{
    x07_put(buffer, x07_text_of(word));
}

void x07_put_end(x07_buffer *buffer)
{
    x07_put(buffer, (x07_text){"", 1});
}

void x07_put_decimal(x07_buffer *buffer, uint64_t number)
{
    char digits[MOST_DIGITS];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % DECIMAL);
        number /= DECIMAL;
    } while (number > 0);
    x07_put(buffer, (x07_text){digits + at, sizeof digits - at});
}

void x07_put_byte(x07_buffer *buffer, uint8_t byte)
{
    const char letter = (char)byte;
    x07_put(buffer, (x07_text){&letter, 1});
}

void x07_put_number(x07_buffer *buffer, uint32_t number, unsigned bytes)
{
    while (bytes > 0) {
        bytes--;
        x07_put_byte(buffer, (uint8_t)(number >> bytes * BITS_OF_BYTE));
    }
}

x07_text x07_content(const x07_buffer *buffer)
{
    return (x07_text){buffer->bytes, buffer->length};
}
