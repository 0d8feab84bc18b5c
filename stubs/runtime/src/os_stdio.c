/* Standard streams (os-modules.md §5). Policies do not speak of them (policy.md §6.7). */
#include "os_caps.h"
#include "x07_os.h"
#include "x07_release.h"
#include "x07_vec.h"
#include "x07_writer.h"

#include <errno.h>
#include <unistd.h>

enum {
    ERR_BAD_CAPS = 60104,
    ERR_IO = 60115,
    ERR_TOO_LARGE = 60116,
    ERR_EOF = 60121,
    CAPS_WORDS = 4,
    MAX_BYTES = 16777216,
    BUFFER_BYTES = 8192,
};

/* Input that was read and is not given yet. */
static struct {
    uint32_t next;
    uint32_t end;
    uint8_t bytes[BUFFER_BYTES];
} buffer;

/* 1 where there is something in the buffer, 0 at the end, -1 where it cannot be read. */
static int refill(void)
{
    ssize_t got;
    if (buffer.next != buffer.end) {
        return 1;
    }
    do {
        got = read(STDIN_FILENO, buffer.bytes, sizeof buffer.bytes);
    } while (got < 0 && errno == EINTR);
    buffer.next = 0u;
    buffer.end = got > 0 ? (uint32_t)got : 0u;
    return got > 0 ? 1 : (int)got;
}

/* -- lines */

typedef struct {
    x07_vec_u8 text;
    /* Bytes of the line, kept or not; UINT32_MAX: that many, or more. */
    uint32_t len;
    /* More is not kept: the longest line, and its carriage return. */
    uint32_t keep;
    int has_end;
} line;

static x07_bytes_view buffered(void)
{
    return (x07_bytes_view){.ptr = buffer.bytes + buffer.next, .len = buffer.end - buffer.next};
}

/* Takes a part of the line from the buffer, its end included. */
static void take_part(line *into, const char *at)
{
    x07_bytes_view part = buffered();
    const uint8_t *end = memchr(part.ptr, '\n', part.len);
    part.len = end != NULL ? (uint32_t)(end - part.ptr) : part.len;
    into->has_end = end != NULL;
    buffer.next += part.len + (end != NULL);
    into->len += part.len < UINT32_MAX - into->len ? part.len : UINT32_MAX - into->len;
    uint32_t room = into->keep - into->text.len;
    part.len = part.len < room ? part.len : room;
    into->text = x07_vec_u8_extend_bytes(into->text, part, at);
}

static int read_whole(line *into, const char *at)
{
    int more = refill();
    while (more > 0 && !into->has_end) {
        take_part(into, at);
        more = into->has_end ? 1 : refill();
    }
    return more;
}

static x07_result_bytes failed(line whole, uint32_t code)
{
    x07_vec_u8_drop(whole.text);
    return (x07_result_bytes){.tag = 0u, .err = code};
}

static x07_result_bytes read_line(uint32_t max, const char *at)
{
    line whole = {.text = X07_NO_VEC_U8, .keep = max + 1u};
    int more = read_whole(&whole, at);
    if (more < 0) {
        return failed(whole, ERR_IO);
    }
    if (more == 0 && whole.len == 0u) {
        return failed(whole, ERR_EOF);
    }
    int has_return = whole.has_end && whole.len == whole.text.len && whole.len != 0u
                     && whole.text.data[whole.len - 1u] == '\r';
    if (whole.len - (uint32_t)has_return > max) {
        return failed(whole, ERR_TOO_LARGE);
    }
    whole.text.len -= (uint32_t)has_return;
    return (x07_result_bytes){.tag = 1u, .ok = x07_vec_u8_into_bytes(whole.text)};
}

x07_result_bytes x07_os_stdio_read_line_v1(x07_bytes caps, const char *at)
{
    uint32_t max = 0u;
    int fits = x07_os_caps_fit(caps, CAPS_WORDS);
    if (fits) {
        max = x07_os_caps_limit(x07_os_caps_word(caps, 1u), MAX_BYTES);
    }
    x07_bytes_drop(caps);
    return fits ? read_line(max, at) : (x07_result_bytes){.tag = 0u, .err = ERR_BAD_CAPS};
}

/* -- writing: nothing is kept back, so that there is nothing to flush */

static uint32_t write_error(int fd, x07_bytes data, x07_bytes caps)
{
    if (!x07_os_caps_fit(caps, CAPS_WORDS)) {
        return ERR_BAD_CAPS;
    }
    if (data.len > x07_os_caps_limit(x07_os_caps_word(caps, 2u), MAX_BYTES)) {
        return ERR_TOO_LARGE;
    }
    return x07_write_all(fd, data.ptr, data.len) == 0 ? 0u : ERR_IO;
}

static x07_result_i32 write_to(int fd, x07_bytes data, x07_bytes caps)
{
    uint32_t error = write_error(fd, data, caps);
    x07_bytes_drop(data);
    x07_bytes_drop(caps);
    return error != 0u ? (x07_result_i32){.tag = 0u, .err = error}
                       : (x07_result_i32){.tag = 1u, .ok = data.len};
}

x07_result_i32 x07_os_stdio_write_stdout_v1(x07_bytes data, x07_bytes caps)
{
    return write_to(STDOUT_FILENO, data, caps);
}

x07_result_i32 x07_os_stdio_write_stderr_v1(x07_bytes data, x07_bytes caps)
{
    return write_to(STDERR_FILENO, data, caps);
}

x07_result_i32 x07_os_stdio_flush_stdout_v1(void)
{
    return (x07_result_i32){.tag = 1u, .ok = 0u};
}

x07_result_i32 x07_os_stdio_flush_stderr_v1(void)
{
    return (x07_result_i32){.tag = 1u, .ok = 0u};
}
