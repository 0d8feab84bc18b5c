/* Streams: reading, writing, waiting, ending. */
#include "sockets.h"

#include "x07_pkg.h"

#include <errno.h>
#include <unistd.h>

/* The most that one call reads: more is there to be asked for again. */
enum { SOME_BYTES = 1 << 16 };

/* -- TCP without anything on it */

static int64_t pause_or_failure(uint32_t events, x07_net_pause *pause)
{
    int is_pause = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    *pause = (x07_net_pause){is_pause ? events : 0, x07_socket_code(errno)};
    return -1;
}

static int64_t plain_read(x07_net_socket *socket, uint8_t *into, uint32_t cap,
                          x07_net_pause *pause)
{
    ssize_t len = recv(socket->fd, into, cap, 0);
    return len >= 0 ? len : pause_or_failure(X07_NET_READABLE, pause);
}

static int64_t plain_write(x07_net_socket *socket, const uint8_t *from, uint32_t len,
                           x07_net_pause *pause)
{
    ssize_t sent = x07_socket_send(socket->fd, from, len);
    return sent >= 0 ? sent : pause_or_failure(X07_NET_WRITABLE, pause);
}

const x07_net_transport x07_net_plain = {.read = plain_read, .write = plain_write};

/* -- until a deadline */

static x07_net_code wait_for(const x07_net_socket *socket, const x07_net_pause *pause,
                             x07_net_deadline deadline)
{
    return pause->wants != 0 ? x07_net_wait(socket->fd, pause->wants, deadline, NULL) : pause->code;
}

x07_net_code x07_net_stream_read(x07_net_socket *socket, uint8_t *into, uint32_t cap,
                                 x07_net_deadline deadline, uint32_t *len)
{
    for (;;) {
        x07_net_pause pause;
        int64_t got = socket->transport->read(socket, into, cap, &pause);
        if (got >= 0) {
            *len = (uint32_t)got;
            return X07_NETERR_OK;
        }
        x07_net_code code = wait_for(socket, &pause, deadline);
        if (code != X07_NETERR_OK) {
            return code;
        }
    }
}

/* As much as the other side takes until the deadline, and some of it at least. */
static x07_net_code write_some(x07_net_socket *socket, x07_bytes_view data,
                               x07_net_deadline deadline, uint32_t *sent)
{
    for (*sent = 0; *sent < data.len;) {
        x07_net_pause pause;
        int64_t count =
            socket->transport->write(socket, data.ptr + *sent, data.len - *sent, &pause);
        if (count >= 0) {
            *sent += (uint32_t)count;
            continue;
        }
        x07_net_code code = wait_for(socket, &pause, deadline);
        if (code != X07_NETERR_OK) {
            return *sent != 0 ? X07_NETERR_OK : code;
        }
    }
    return X07_NETERR_OK;
}

/* -- heads */

static uint32_t smallest(uint32_t asked, uint32_t limit)
{
    uint32_t most = asked != 0 && asked < limit ? asked : limit;
    return most < SOME_BYTES ? most : SOME_BYTES;
}

static x07_bytes payload_document(x07_bytes_view payload, const char *at)
{
    x07_bytes document = x07_bytes_raw(X07_NET_PREFIX_BYTES + 4 + payload.len, at);
    uint8_t *next = x07_net_put_u32(x07_net_put_prefix(document.ptr), payload.len);
    x07_copy(next, payload.ptr, payload.len);
    return document;
}

x07_bytes x07_net_stream_read_v1(uint32_t stream, uint32_t max_bytes, x07_bytes_view caps,
                                 const char *at)
{
    uint8_t some[SOME_BYTES];
    uint32_t len = 0;
    x07_net_caps limits;
    x07_net_socket *socket = x07_net_socket_with(stream, X07_NET_STREAM, caps, &limits);
    if (socket == NULL) {
        return x07_net_error_document(X07_NETERR_INVALID, at);
    }
    x07_net_code code =
        x07_net_stream_read(socket, some, smallest(max_bytes, limits.max_read_bytes),
                            x07_net_deadline_in(limits.io_ms), &len);
    return code == X07_NETERR_OK ? payload_document((x07_bytes_view){some, len}, at)
                                 : x07_net_error_document(code, at);
}

x07_bytes x07_net_stream_write_v1(uint32_t stream, x07_bytes_view data, x07_bytes_view caps,
                                  const char *at)
{
    uint32_t sent = 0;
    x07_net_caps limits;
    x07_net_socket *socket = x07_net_socket_with(stream, X07_NET_STREAM, caps, &limits);
    if (socket == NULL) {
        return x07_net_error_document(X07_NETERR_INVALID, at);
    }
    if (data.len > limits.max_write_bytes) {
        return x07_net_error_document(X07_NETERR_TOO_LARGE, at);
    }
    x07_net_code code = write_some(socket, data, x07_net_deadline_in(limits.io_ms), &sent);
    return code == X07_NETERR_OK ? x07_net_word_document(sent, at)
                                 : x07_net_error_document(code, at);
}

static x07_net_code wait_stream(x07_net_socket *socket, uint32_t events, uint32_t timeout_ms,
                                uint32_t *ready)
{
    if (events & X07_NET_READABLE && socket->transport->pending != NULL
        && socket->transport->pending(socket) != 0) {
        *ready = X07_NET_READABLE;
        return X07_NETERR_OK;
    }
    return x07_net_wait(socket->fd, events, x07_net_deadline_in(timeout_ms), ready);
}

x07_bytes x07_net_stream_wait_v1(uint32_t stream, uint32_t events, uint32_t timeout_ms,
                                 const char *at)
{
    const uint32_t known = X07_NET_READABLE | X07_NET_WRITABLE | X07_NET_HANGUP;
    uint32_t ready = 0;
    x07_net_socket *socket = x07_net_socket_of(stream, X07_NET_STREAM);
    if (socket == NULL || events == 0 || events & ~known || timeout_ms > X07_NET_CAPS_MAX_MS) {
        return x07_net_error_document(X07_NETERR_INVALID, at);
    }
    x07_net_code code = wait_stream(socket, events, timeout_ms, &ready);
    return code == X07_NETERR_OK ? x07_net_word_document(ready, at)
                                 : x07_net_error_document(code, at);
}

uint32_t x07_net_stream_shutdown_v1(uint32_t stream, uint32_t how)
{
    static const int ways[] = {SHUT_RD, SHUT_WR, SHUT_RDWR};
    x07_net_socket *socket = x07_net_socket_of(stream, X07_NET_STREAM);
    if (socket == NULL || how >= sizeof ways / sizeof ways[0]) {
        return 0;
    }
    if (how != 0 && socket->transport->finish != NULL) {
        socket->transport->finish(socket);
    }
    shutdown(socket->fd, ways[how]);
    return 1;
}

/* -- readers */

static int64_t read_stream(uint32_t handle, uint8_t *into, uint32_t cap)
{
    uint32_t len = 0;
    x07_net_socket *socket = x07_net_socket_of(handle, X07_NET_STREAM);
    if (socket == NULL) {
        return -1;
    }
    const x07_net_caps *limits = &socket->reader_caps;
    uint32_t most = cap < limits->max_read_bytes ? cap : limits->max_read_bytes;
    x07_net_code code = x07_net_stream_read(socket, into, most,
                                            x07_net_deadline_in(limits->io_ms), &len);
    return code == X07_NETERR_OK ? (int64_t)len : -1;
}

uint32_t x07_net_stream_reader_v1(uint32_t stream, x07_bytes_view caps)
{
    static const x07_io_reader_vtable_v1 vtable = {.read = read_stream};
    x07_net_socket *socket = x07_net_socket_of(stream, X07_NET_STREAM);
    if (socket == NULL || x07_net_caps_read(caps, &socket->reader_caps) != X07_NETERR_OK) {
        return 0;
    }
    return x07_rt_register_io_reader_vtable_v1(&vtable);
}
