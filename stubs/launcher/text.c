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

x07_text x07_after(x07_text text, size_t bytes)
{
    return (x07_text){text.start + bytes, text.length - bytes};
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
