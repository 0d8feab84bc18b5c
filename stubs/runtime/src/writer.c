#include "x07_writer.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

static int wait_for(int fd)
{
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    return poll(&waiting, 1, -1) < 0 && errno != EINTR ? -1 : 0;
}

static int may_go_on(int fd)
{
    if (errno == EINTR) {
        return 0;
    }
    return errno == EAGAIN || errno == EWOULDBLOCK ? wait_for(fd) : -1;
}

int x07_write_all(int fd, const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        ssize_t written = write(fd, next, size);
        if (written < 0) {
            if (may_go_on(fd) < 0) {
                return -1;
            }
            continue;
        }
        next += written;
        size -= (size_t)written;
    }
    return 0;
}

void x07_writer_flush(x07_writer *writer)
{
    if (!writer->failed && x07_write_all(writer->fd, writer->text, writer->len) < 0) {
        writer->failed = 1;
    }
    writer->len = 0;
}

void x07_writer_bytes(x07_writer *writer, const void *data, size_t size)
{
    const char *next = data;
    while (size > 0) {
        size_t room = sizeof writer->text - writer->len;
        size_t part = size < room ? size : room;
        memcpy(writer->text + writer->len, next, part);
        writer->len += part;
        next += part;
        size -= part;
        if (writer->len == sizeof writer->text) {
            x07_writer_flush(writer);
        }
    }
}

void x07_writer_text(x07_writer *writer, const char *text)
{
    x07_writer_bytes(writer, text, strlen(text));
}

void x07_writer_u64(x07_writer *writer, uint64_t number)
{
    char digits[20];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0u);
    x07_writer_bytes(writer, digits + first, sizeof digits - first);
}

void x07_writer_i32(x07_writer *writer, uint32_t number)
{
    if (number >> 31) {
        x07_writer_text(writer, "-");
        number = -number;
    }
    x07_writer_u64(writer, number);
}

void x07_writer_hex(x07_writer *writer, const uint8_t *data, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        const char pair[2] = {digits[data[i] >> 4], digits[data[i] & 15]};
        x07_writer_bytes(writer, pair, sizeof pair);
    }
}

static void json_character(x07_writer *writer, uint8_t character)
{
    if (character == '"' || character == '\\') {
        x07_writer_text(writer, "\\");
    } else if (character < 0x20) {
        x07_writer_text(writer, "\\u00");
        x07_writer_hex(writer, &character, 1);
        return;
    }
    x07_writer_bytes(writer, &character, 1);
}

void x07_writer_json_string(x07_writer *writer, const char *text)
{
    x07_writer_text(writer, "\"");
    for (; *text != '\0'; text++) {
        json_character(writer, (uint8_t)*text);
    }
    x07_writer_text(writer, "\"");
}
