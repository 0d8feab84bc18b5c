#include "denial.h"
#include "path_spelling.h"

#include <string.h>

/* As much of a text as is shown. */
enum { SHOWN_BYTES = 900 };

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

/* What a terminal obeys: control characters, and those that turn the direction of text. */
static int is_control(x07_bytes_view text, uint32_t size)
{
    const uint8_t *at = text.ptr;
    switch (size) {
    case 1:
        return at[0] < 0x20 || at[0] == 0x7F;
    case 2:
        return at[0] == 0xC2 && at[1] < 0xA0;
    case 3:
        return at[0] == 0xE2
               && ((at[1] == 0x80 && at[2] >= 0xAA && at[2] <= 0xAE)
                   || (at[1] == 0x81 && at[2] >= 0xA6 && at[2] <= 0xA9));
    default:
        return 0;
    }
}

static const char digits[] = "0123456789abcdef";

static int put_byte(x07_words *words, uint8_t byte)
{
    const char shown[4] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    return put(words, shown, sizeof shown);
}

/* The bytes of what was put, 0 where there was no room. */
static uint32_t put_next(x07_words *words, x07_bytes_view text)
{
    uint32_t size = x07_utf8_size(text);
    if (size != 0 && !is_control(text, size)) {
        return put(words, text.ptr, size) ? size : 0;
    }
    size = size != 0 ? size : 1;
    for (uint32_t i = 0; i < size; i++) {
        if (!put_byte(words, text.ptr[i])) {
            return 0;
        }
    }
    return size;
}

static void put_all(x07_words *words, x07_bytes_view text,
                    uint32_t (*next)(x07_words *words, x07_bytes_view text))
{
    uint32_t at = 0, size = 1;
    while (at < text.len && at < SHOWN_BYTES && size != 0) {
        size = next(words, (x07_bytes_view){text.ptr + at, text.len - at});
        at += size;
    }
    if (at < text.len) {
        x07_words_text(words, "...");
    }
}

void x07_words_shown(x07_words *words, x07_bytes_view text)
{
    put_all(words, text, put_next);
}

/* -- as JSON */

static int put_code(x07_words *words, uint32_t code)
{
    const char shown[6] = {'\\', 'u', digits[code >> 12 & 15], digits[code >> 8 & 15],
                           digits[code >> 4 & 15], digits[code & 15]};
    return put(words, shown, sizeof shown);
}

/* Of a character that is a control: at most three bytes. */
static uint32_t code_of(x07_bytes_view text, uint32_t size)
{
    const uint8_t *at = text.ptr;
    if (size == 1) {
        return at[0];
    }
    return size == 2 ? (at[0] & 0x1Fu) << 6 | (at[1] & 0x3Fu)
                     : (at[0] & 0x0Fu) << 12 | (at[1] & 0x3Fu) << 6 | (at[2] & 0x3Fu);
}

static uint32_t put_next_json(x07_words *words, x07_bytes_view text)
{
    uint32_t size = x07_utf8_size(text);
    if (size == 0) {
        return put_code(words, 0xFFFD) ? 1 : 0;
    }
    if (is_control(text, size)) {
        return put_code(words, code_of(text, size)) ? size : 0;
    }
    if (*text.ptr == '"' || *text.ptr == '\\') {
        const char shown[2] = {'\\', (char)*text.ptr};
        return put(words, shown, sizeof shown) ? size : 0;
    }
    return put(words, text.ptr, size) ? size : 0;
}

void x07_words_quoted(x07_words *words, x07_bytes_view text)
{
    x07_words_text(words, "\"");
    put_all(words, text, put_next_json);
    x07_words_text(words, "\"");
}
