#include "buffer.h"

#include "system.h"

enum { BITS_OF_BYTE = 8 };

void x07_put(x07_buffer *buffer, x07_text text)
{
    if (buffer->is_short || text.length > buffer->most - buffer->length) {
        buffer->is_short = true;
        return;
    }
    x07_copy(buffer->bytes + buffer->length, text.start, text.length);
    buffer->length += text.length;
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
