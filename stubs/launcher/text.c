#include "text.h"

#include "system.h"

enum { STDERR = 2, MESSAGE_BYTES = 8192 };

typedef struct {
    char bytes[MESSAGE_BYTES];
    size_t length;
} message;

x07_text x07_text_of(const char *text)
{
    return (x07_text){text, x07_length(text)};
}

bool x07_same(x07_text one, x07_text other)
{
    return one.length == other.length && x07_equal(one.start, other.start, one.length);
}

bool x07_starts(x07_text text, x07_text with)
{
    return text.length >= with.length && x07_equal(text.start, with.start, with.length);
}

x07_text x07_until(x07_text text, char letter)
{
    size_t length = 0;
    while (length < text.length && text.start[length] != letter) {
        length++;
    }
    return (x07_text){text.start, length};
}

x07_text x07_after(x07_text text, size_t bytes)
{
    return (x07_text){text.start + bytes, text.length - bytes};
}

/* Whether a byte may be the second one of a letter. Some first ones narrow it: no letter is longer
 * than it has to be, a surrogate, or above U+10FFFF. */
static bool is_second(unsigned char first, unsigned char byte)
{
    const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    return byte >= least && byte <= most;
}

static size_t stated_length(unsigned char first)
{
    if (first < 0x80) {
        return 1;
    }
    if (first < 0xc2 || first > 0xf4) {
        return 0;
    }
    return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Of the letter that `text` begins with, in bytes; 0 where it begins with none. */
static size_t letter_length(x07_text text)
{
    const unsigned char *bytes = (const unsigned char *)text.start;
    const size_t length = stated_length(bytes[0]);
    if (length > text.length || (length > 1 && !is_second(bytes[0], bytes[1]))) {
        return 0;
    }
    for (size_t at = 2; at < length; at++) {
        if (bytes[at] < 0x80 || bytes[at] > 0xbf) {
            return 0;
        }
    }
    return length;
}

bool x07_is_utf8(x07_text text)
{
    while (text.length > 0) {
        const size_t length = letter_length(text);
        if (length == 0) {
            return false;
        }
        text = x07_after(text, length);
    }
    return true;
}

static void put(message *to, x07_text text)
{
    for (size_t at = 0; at < text.length && to->length < MESSAGE_BYTES; at++) {
        const unsigned char letter = (unsigned char)text.start[at];
        const bool is_shown = (letter >= ' ' && letter != 0x7f) || letter == '\n';
        to->bytes[to->length++] = is_shown ? (char)letter : '?';
    }
}

static void put_path(message *to, x07_text path)
{
    for (size_t at = 0; at < path.length; at++) {
        put(to, path.start[at] == '\n' ? x07_text_of("?") : (x07_text){path.start + at, 1});
    }
}

void x07_say(const char *what, x07_text path, const char *problem, const char *hint)
{
    static message said;
    said.length = 0;
    put(&said, x07_text_of("error: "));
    put(&said, x07_text_of(what));
    put(&said, x07_text_of(" `"));
    put_path(&said, path);
    put(&said, x07_text_of("`"));
    put(&said, x07_text_of(problem));
    put(&said, x07_text_of("\nhint: "));
    put(&said, x07_text_of(hint));
    put(&said, x07_text_of("\n"));
    x07_write(STDERR, said.bytes, said.length);
}
