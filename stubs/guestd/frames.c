#include "guestd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A frame is kept here until the next one is read. */
static uint8_t *payload;
static uint8_t head[FRAME_HEAD_BYTES];
static size_t head_bytes;
static size_t payload_bytes;
static uint32_t wanted_bytes;

void write_all(int descriptor, const void *bytes, size_t length)
{
    const uint8_t *next = bytes;
    while (length > 0) {
        ssize_t written = write(descriptor, next, length);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written < 0) {
            /* The host does not listen any more: it has a plan of its own for us. */
            _exit(NOT_STARTED);
        }
        next += written;
        length -= (size_t)written;
    }
}

void write_frame(uint8_t kind, const void *bytes, size_t length)
{
    uint8_t out[FRAME_HEAD_BYTES] = {kind, 0, 0, 0};
    for (int index = 0; index < 4; index++) {
        out[4 + index] = (uint8_t)(length >> (8 * index));
    }
    write_all(STDOUT_FILENO, out, sizeof out);
    write_all(STDOUT_FILENO, bytes, length);
}

void fail(const char *what, const char *target)
{
    char text[512];
    size_t length = 0;
    const char *parts[] = {what, *target ? ": " : "", target};
    for (size_t part = 0; part < 3; part++) {
        for (const char *next = parts[part]; *next && length < sizeof text; next++) {
            text[length++] = *next;
        }
    }
    write_frame(OUT_FAILED, text, length);
    _exit(NOT_STARTED);
}

/* 1: some came; 0: the input is over; -1: nothing there yet. */
static int read_part(uint8_t *into, size_t *have, size_t want)
{
    while (*have < want) {
        ssize_t got = read(STDIN_FILENO, into + *have, want - *have);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return -1;
        }
        if (got <= 0) {
            return 0;
        }
        *have += (size_t)got;
        if (*have < want) {
            return -1;
        }
    }
    return 1;
}

static void open_frame(void)
{
    wanted_bytes = 0;
    for (int index = 0; index < 4; index++) {
        wanted_bytes |= (uint32_t)head[4 + index] << (8 * index);
    }
    if (wanted_bytes > FRAME_MOST_BYTES || head[1] | head[2] | head[3]) {
        fail("the host sent what is no frame", "");
    }
    if (payload == NULL) {
        payload = malloc(FRAME_MOST_BYTES);
    }
    if (payload == NULL) {
        fail("out of memory", "");
    }
}

int read_some_frame(frame *found)
{
    if (head_bytes < FRAME_HEAD_BYTES) {
        int got = read_part(head, &head_bytes, FRAME_HEAD_BYTES);
        if (got <= 0) {
            return got;
        }
        open_frame();
    }
    int got = read_part(payload, &payload_bytes, wanted_bytes);
    if (got <= 0) {
        return got;
    }
    *found = (frame){head[0], wanted_bytes, payload};
    head_bytes = 0;
    payload_bytes = 0;
    return 1;
}

int read_frame(frame *found)
{
    int got;
    do {
        got = read_some_frame(found);
    } while (got < 0);
    return got;
}
