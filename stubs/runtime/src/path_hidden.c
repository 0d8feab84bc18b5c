/* Which names are hidden, in every spelling that a file system may take for one with a dot. */
#include "path_spelling.h"

/* The character at the start of `text` and how many bytes it takes; a stray byte is itself. */
static uint32_t character_at(x07_bytes_view text, uint32_t *size)
{
    uint32_t first = text.ptr[0];
    uint32_t count = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t character = count == 1 ? first : first & (0x7Fu >> count);
    *size = 1;
    if (count > text.len) {
        return first;
    }
    for (uint32_t i = 1; i < count; i++) {
        if ((text.ptr[i] & 0xC0) != 0x80) {
            return first;
        }
        character = character << 6 | (text.ptr[i] & 0x3F);
    }
    *size = count;
    return character;
}

/* What HFS+ leaves out when it compares names, and other characters without a width. */
static int is_left_out(uint32_t character)
{
    return (character >= 0x200B && character <= 0x200F)
           || (character >= 0x202A && character <= 0x202E)
           || (character >= 0x2060 && character <= 0x206F) || character == 0xFEFF
           || character == 0xAD;
}

/* Leaders and full stops whose compatible form starts with a dot. */
static int is_dot(uint32_t character)
{
    return character == '.' || (character >= 0x2024 && character <= 0x2026) || character == 0xFE52
           || character == 0xFF0E;
}

int x07_segment_is_hidden(x07_bytes_view segment)
{
    if (segment.len == 1 && segment.ptr[0] == '.') {
        return 0;
    }
    while (segment.len != 0) {
        uint32_t size;
        uint32_t character = character_at(segment, &size);
        if (!is_left_out(character)) {
            return is_dot(character);
        }
        segment = (x07_bytes_view){segment.ptr + size, segment.len - size};
    }
    return 0;
}

int x07_path_is_hidden(x07_bytes_view path)
{
    x07_bytes_view segment;
    while (x07_path_next(&path, &segment)) {
        if (x07_segment_is_hidden(segment)) {
            return 1;
        }
    }
    return 0;
}

/* -- UTF-8 */

static int is_continued(x07_bytes_view text, uint32_t count)
{
    for (uint32_t i = 1; i <= count; i++) {
        if (i >= text.len || (text.ptr[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return 1;
}

/* Neither a longer form than need be, nor half of a surrogate pair, nor a number past the last. */
uint32_t x07_utf8_size(x07_bytes_view text)
{
    uint8_t first = text.ptr[0];
    uint8_t second = text.len > 1 ? text.ptr[1] : 0;
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xE0) {
        return first >= 0xC2 && is_continued(text, 1) ? 2 : 0;
    }
    if (first < 0xF0) {
        int whole = (first != 0xE0 || second >= 0xA0) && (first != 0xED || second < 0xA0);
        return whole && is_continued(text, 2) ? 3 : 0;
    }
    int whole = (first != 0xF0 || second >= 0x90) && (first != 0xF4 || second < 0x90);
    return whole && first < 0xF5 && is_continued(text, 3) ? 4 : 0;
}

int x07_text_is_utf8(x07_bytes_view text)
{
    while (text.len != 0) {
        uint32_t size = x07_utf8_size(text);
        if (size == 0) {
            return 0;
        }
        text = (x07_bytes_view){text.ptr + size, text.len - size};
    }
    return 1;
}
