#include "denial.h"
#include "path_spelling.h"

#include <string.h>

static int put(x07_words *words, const void *text, size_t len)
{
    if (words->len + len >= words->room) {
        return 0;
    }
    memcpy(words->text + words->len, text, len);
    words->len += len;
    words->text[words->len] = '\0';
    return 1;
}

void x07_words_text(x07_words *words, const char *text)
{
    size_t len = strlen(text);
    size_t left = words->room - words->len;
    put(words, text, len < left ? len : left - 1);
}

void x07_words_number(x07_words *words, uint64_t number)
{
    char digits[21];
    size_t first = sizeof digits - 1;
    digits[first] = '\0';
    do {
        digits[--first] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    x07_words_text(words, digits + first);
}

/* -- what others wrote */

static int is_control(x07_bytes_view text, uint32_t size)
{
    return (size == 1 && (text.ptr[0] < 0x20 || text.ptr[0] == 0x7F))
           || (size == 2 && text.ptr[0] == 0xC2 && text.ptr[1] < 0xA0);
}

static int put_byte(x07_words *words, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    const char shown[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    return put(words, shown, sizeof shown);
}

void x07_words_shown(x07_words *words, x07_bytes_view text)
{
    int fits = 1;
    while (text.len != 0 && fits) {
        uint32_t size = x07_utf8_size(text);
        if (size == 0 || is_control(text, size)) {
            size = 1;
            fits = put_byte(words, text.ptr[0]);
        } else {
            fits = put(words, text.ptr, size);
        }
        text = (x07_bytes_view){text.ptr + size, text.len - size};
    }
}
