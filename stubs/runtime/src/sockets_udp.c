/* Messages of UDP. */
#include "sockets.h"

#include "x07_pkg.h"

#include <errno.h>
#include <unistd.h>

enum { MESSAGE_BYTES = 1 << 16 };

/* -- binding */

x07_bytes x07_net_udp_bind_v1(x07_bytes_view address, x07_bytes_view caps, const char *at)
{
    x07_net_request request = {.operation = "std.net.udp.bind_v1", .use = X07_NET_BIND};
    x07_net_socket made = {.kind = X07_NET_DATAGRAMS};
    x07_net_target bound;
    uint32_t handle = 0;
    x07_net_code code = x07_net_request_begin(&request, address, caps);
    if (code == X07_NETERR_OK) {
        code = x07_socket_bind(&request, SOCK_DGRAM, &made, &bound);
    }
    if (code == X07_NETERR_OK) {
        code = x07_net_keep(made, &handle);
    }
    return code == X07_NETERR_OK ? x07_net_address_document(handle, &bound, at)
                                 : x07_net_error_document(code, at);
}

/* -- sending */

static x07_net_code send_to(const x07_net_socket *socket, const x07_sockaddr *to,
                            x07_bytes_view payload, x07_net_deadline deadline)
{
    const struct sockaddr *address = (const struct sockaddr *)&to->storage;
    for (;;) {
        if (sendto(socket->fd, payload.ptr, payload.len, 0, address, to->len) >= 0) {
            return X07_NETERR_OK;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return x07_socket_code(errno);
        }
        x07_net_code code = x07_net_wait(socket->fd, X07_NET_WRITABLE, deadline, NULL);
        if (code != X07_NETERR_OK) {
            return code;
        }
    }
}

/* To the first address of the kind that the socket is of. */
static x07_net_code send_any(const x07_net_socket *socket, const x07_net_request *request,
                             x07_bytes_view payload)
{
    x07_net_addresses found;
    x07_net_code code = x07_net_resolve(request, &found);
    if (code != X07_NETERR_OK) {
        return code;
    }
    for (uint32_t i = 0; i < found.count; i++) {
        if (found.items[i].version == socket->version) {
            x07_sockaddr to = x07_sockaddr_of(&found.items[i], request->target.port);
            return send_to(socket, &to, payload, request->deadline);
        }
    }
    return X07_NETERR_INVALID;
}

x07_bytes x07_net_udp_sendto_v1(uint32_t socket, x07_bytes_view address, x07_bytes_view payload,
                                x07_bytes_view caps, const char *at)
{
    x07_net_request request = {.operation = "std.net.udp.sendto_v1", .use = X07_NET_SEND};
    x07_net_caps limits;
    const x07_net_socket *from = x07_net_socket_of(socket, X07_NET_DATAGRAMS);
    x07_net_code code = x07_net_caps_read(caps, &limits);
    request.deadline = x07_net_deadline_in(limits.io_ms);
    if (code == X07_NETERR_OK) {
        code = from != NULL ? x07_net_request_read(&request, address) : X07_NETERR_INVALID;
    }
    if (code == X07_NETERR_OK && payload.len > limits.max_write_bytes) {
        code = X07_NETERR_TOO_LARGE;
    }
    if (code == X07_NETERR_OK) {
        code = send_any(from, &request, payload);
    }
    return code == X07_NETERR_OK ? x07_net_word_document(payload.len, at)
                                 : x07_net_error_document(code, at);
}

/* -- receiving */

static x07_net_code receive(int fd, uint8_t *into, x07_net_deadline deadline, x07_sockaddr *from,
                            uint32_t *len)
{
    for (;;) {
        from->len = sizeof from->storage;
        ssize_t got = recvfrom(fd, into, MESSAGE_BYTES, 0, (struct sockaddr *)&from->storage,
                               &from->len);
        if (got >= 0) {
            *len = (uint32_t)got;
            return X07_NETERR_OK;
        }
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return x07_socket_code(errno);
        }
        x07_net_code code = x07_net_wait(fd, X07_NET_READABLE, deadline, NULL);
        if (code != X07_NETERR_OK) {
            return code;
        }
    }
}

static x07_bytes message_document(const x07_net_target *from, x07_bytes_view payload,
                                  const char *at)
{
    uint32_t size = x07_net_address_size(from);
    x07_bytes document = x07_bytes_raw(X07_NET_PREFIX_BYTES + size + 4 + payload.len, at);
    uint8_t *next = x07_net_put_address(x07_net_put_prefix(document.ptr), from);
    next = x07_net_put_u32(next, payload.len);
    x07_copy(next, payload.ptr, payload.len);
    return document;
}

/* A message that is too long is taken as a whole, too: the next call has the next one. */
static x07_bytes receive_document(const x07_net_socket *socket, uint32_t max_bytes,
                                  const x07_net_caps *limits, const char *at)
{
    uint8_t message[MESSAGE_BYTES];
    uint32_t len = 0;
    x07_sockaddr peer;
    uint32_t most = max_bytes != 0 && max_bytes < limits->max_read_bytes ? max_bytes
                                                                         : limits->max_read_bytes;
    x07_net_code code =
        receive(socket->fd, message, x07_net_deadline_in(limits->io_ms), &peer, &len);
    if (code == X07_NETERR_OK && len > most) {
        code = X07_NETERR_TOO_LARGE;
    }
    if (code != X07_NETERR_OK) {
        return x07_net_error_document(code, at);
    }
    x07_net_target from = x07_sockaddr_target(&peer);
    return message_document(&from, (x07_bytes_view){message, len}, at);
}

x07_bytes x07_net_udp_recvfrom_v1(uint32_t socket, uint32_t max_bytes, x07_bytes_view caps,
                                  const char *at)
{
    x07_net_caps limits;
    const x07_net_socket *on = x07_net_socket_with(socket, X07_NET_DATAGRAMS, caps, &limits);
    if (on == NULL) {
        return x07_net_error_document(X07_NETERR_INVALID, at);
    }
    return receive_document(on, max_bytes, &limits, at);
}

/* -- readers: documents, in as many pieces as they are asked for */

typedef struct {
    x07_bytes document;
    uint32_t given;
    int is_last;
} pieces;

static void drop_pieces(x07_net_socket *socket)
{
    pieces *held = socket->session;
    x07_bytes_drop(held->document);
    x07_free(held);
}

static const x07_net_transport with_pieces = {.close = drop_pieces};

static int64_t read_documents(uint32_t handle, uint8_t *into, uint32_t cap)
{
    x07_net_socket *socket = x07_net_socket_of(handle, X07_NET_DATAGRAMS);
    if (socket == NULL || socket->session == NULL) {
        return -1;
    }
    pieces *held = socket->session;
    if (held->given == held->document.len && !held->is_last) {
        x07_bytes_drop(held->document);
        held->document = receive_document(socket, 0, &socket->reader_caps, NULL);
        held->given = 0;
        held->is_last = held->document.ptr[0] == 0;
    }
    uint32_t left = held->document.len - held->given, len = left < cap ? left : cap;
    x07_copy(into, held->document.ptr + held->given, len);
    held->given += len;
    return len;
}

uint32_t x07_net_udp_reader_v1(uint32_t socket, x07_bytes_view caps)
{
    static const x07_io_reader_vtable_v1 vtable = {.read = read_documents};
    x07_net_socket *on = x07_net_socket_of(socket, X07_NET_DATAGRAMS);
    if (on == NULL || x07_net_caps_read(caps, &on->reader_caps) != X07_NETERR_OK) {
        return 0;
    }
    if (on->session == NULL) {
        on->session = x07_alloc(sizeof(pieces), NULL);
        *(pieces *)on->session = (pieces){.document = X07_NO_BYTES};
        on->transport = &with_pieces;
    }
    return x07_rt_register_io_reader_vtable_v1(&vtable);
}
