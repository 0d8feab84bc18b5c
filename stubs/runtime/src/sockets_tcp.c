/* Streams of TCP and listeners: how they come to be. */
#include "sockets.h"

#include "x07_limit_hook.h"

#include <errno.h>
#include <unistd.h>

/* -- connecting */

/* Whether a connection was made, once the descriptor says that the attempt is over. */
static x07_net_code outcome(int fd)
{
    int error = 0;
    socklen_t size = sizeof error;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
        return X07_NETERR_INTERNAL;
    }
    return error == 0 ? X07_NETERR_OK : x07_socket_code(error);
}

x07_net_code x07_socket_connect(int fd, const x07_sockaddr *to, x07_net_deadline deadline)
{
    if (connect(fd, (const struct sockaddr *)&to->storage, to->len) == 0) {
        return X07_NETERR_OK;
    }
    if (errno != EINPROGRESS && errno != EINTR) {
        return x07_socket_code(errno);
    }
    x07_net_code code = x07_net_wait(fd, X07_NET_WRITABLE, deadline, NULL);
    return code == X07_NETERR_OK ? outcome(fd) : code;
}

static x07_net_code connect_to(const x07_net_address *address, uint32_t port,
                               x07_net_deadline deadline, int *fd)
{
    x07_sockaddr to = x07_sockaddr_of(address, port);
    *fd = x07_socket_open(address->version, SOCK_STREAM);
    if (*fd < 0) {
        return x07_socket_code(errno);
    }
    x07_net_code code = x07_socket_connect(*fd, &to, deadline);
    if (code != X07_NETERR_OK) {
        close(*fd);
    }
    return code;
}

/* One after the other; one that does not answer leaves time for the others. */
static x07_net_code connect_any(const x07_net_request *request, const x07_net_addresses *found,
                                x07_net_socket *made)
{
    x07_net_code code = X07_NETERR_CONNECT;
    for (uint32_t i = 0; i < found->count && code != X07_NETERR_OK; i++) {
        uint32_t left_ms = x07_net_deadline_left(request->deadline);
        x07_net_deadline part = x07_net_deadline_in(left_ms / (found->count - i));
        if (left_ms == 0) {
            return X07_NETERR_TIMEOUT;
        }
        code = connect_to(&found->items[i], request->target.port, part, &made->fd);
        made->version = found->items[i].version;
    }
    return code;
}

x07_net_code x07_net_stream_open(const x07_net_request *request, uint32_t *handle)
{
    x07_net_addresses found;
    x07_net_socket made = {.kind = X07_NET_STREAM, .transport = &x07_net_plain};
    x07_net_code code = x07_net_resolve(request, &found);
    if (code == X07_NETERR_OK) {
        code = connect_any(request, &found, &made);
    }
    return code == X07_NETERR_OK ? x07_net_keep(made, handle) : code;
}

x07_bytes x07_net_tcp_connect_v1(x07_bytes_view address, x07_bytes_view caps, const char *at)
{
    x07_net_request request = {.operation = "std.net.tcp.connect_v1", .use = X07_NET_CONNECT};
    uint32_t handle = 0;
    x07_net_code code = x07_net_request_begin(&request, address, caps);
    if (code == X07_NETERR_OK) {
        code = x07_net_stream_open(&request, &handle);
    }
    return code == X07_NETERR_OK ? x07_net_word_document(handle, at)
                                 : x07_net_error_document(code, at);
}

/* -- listening */

enum { BACKLOG = 128 };

static x07_net_code open_listener(const x07_net_request *request, uint32_t *handle,
                                  x07_net_target *bound)
{
    x07_net_socket made = {.kind = X07_NET_LISTENER};
    x07_net_code code = x07_socket_bind(request, SOCK_STREAM, &made, bound);
    if (code != X07_NETERR_OK) {
        return code;
    }
    if (listen(made.fd, BACKLOG) != 0) {
        code = x07_socket_code(errno);
        close(made.fd);
        return code;
    }
    return x07_net_keep(made, handle);
}

x07_bytes x07_net_tcp_listen_v1(x07_bytes_view address, x07_bytes_view caps, const char *at)
{
    x07_net_request request = {.operation = "std.net.tcp.listen_v1", .use = X07_NET_LISTEN};
    x07_net_target bound;
    uint32_t handle = 0;
    x07_net_code code = x07_net_request_begin(&request, address, caps);
    if (code == X07_NETERR_OK) {
        code = open_listener(&request, &handle, &bound);
    }
    return code == X07_NETERR_OK ? x07_net_address_document(handle, &bound, at)
                                 : x07_net_error_document(code, at);
}

/* -- accepting */

static int is_pause(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

static x07_net_code accept_until(int listener, x07_net_deadline deadline, x07_sockaddr *peer,
                                 int *fd)
{
    for (;;) {
        *fd = x07_socket_accept(listener, peer);
        if (*fd >= 0) {
            return X07_NETERR_OK;
        }
        if (!is_pause(errno)) {
            x07_limit_met(errno);
            return x07_socket_code(errno);
        }
        x07_net_code code = x07_net_wait(listener, X07_NET_READABLE, deadline, NULL);
        if (code != X07_NETERR_OK) {
            return code;
        }
    }
}

static x07_net_code accept_stream(const x07_net_socket *listener, uint32_t io_ms, uint32_t *handle,
                                  x07_net_target *from)
{
    x07_sockaddr peer;
    x07_net_socket made = {
        .kind = X07_NET_STREAM, .transport = &x07_net_plain, .version = listener->version};
    x07_net_code code =
        accept_until(listener->fd, x07_net_deadline_in(io_ms), &peer, &made.fd);
    if (code != X07_NETERR_OK) {
        return code;
    }
    *from = x07_sockaddr_target(&peer);
    return x07_net_keep(made, handle);
}

x07_bytes x07_net_tcp_accept_v1(uint32_t listener, x07_bytes_view caps, const char *at)
{
    x07_net_caps limits;
    x07_net_target from;
    uint32_t handle = 0;
    const x07_net_socket *socket =
        x07_net_socket_with(listener, X07_NET_LISTENER, caps, &limits);
    if (socket == NULL) {
        return x07_net_error_document(X07_NETERR_INVALID, at);
    }
    x07_net_code code = accept_stream(socket, limits.io_ms, &handle, &from);
    return code == X07_NETERR_OK ? x07_net_address_document(handle, &from, at)
                                 : x07_net_error_document(code, at);
}
