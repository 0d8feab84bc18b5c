/* What the externs of ext.sockets.net reach: the runtime's sockets, with pointers and lengths for
 * views. A document is kept here until the program has made room for it. */
#include "x07_bytes.h"
#include "x07_sockets.h"

static x07_bytes made;

static x07_bytes_view view_of(const uint8_t *ptr, uint32_t len)
{
    return (x07_bytes_view){ptr, len};
}

static uint32_t keep(x07_bytes document)
{
    x07_bytes_drop(made);
    made = document;
    return made.len;
}

/* For the other files of this package. */
uint32_t ext_sockets_keep(x07_bytes document);

uint32_t ext_sockets_keep(x07_bytes document)
{
    return keep(document);
}

/* Copies the document that the last call made, which had `len` bytes. */
void ext_sockets_take(uint8_t *to, uint32_t len)
{
    if (len == made.len) {
        x07_copy(to, made.ptr, len);
    }
    x07_bytes_drop(made);
    made = X07_NO_BYTES;
}

uint32_t ext_sockets_dns_lookup(const uint8_t *name, uint32_t name_len, uint32_t port,
                                const uint8_t *caps, uint32_t caps_len)
{
    return keep(x07_net_dns_lookup_v1(view_of(name, name_len), port, view_of(caps, caps_len), NULL));
}

/* -- TCP */

uint32_t ext_sockets_tcp_connect(const uint8_t *address, uint32_t address_len, const uint8_t *caps,
                                 uint32_t caps_len)
{
    return keep(
        x07_net_tcp_connect_v1(view_of(address, address_len), view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_tcp_listen(const uint8_t *address, uint32_t address_len, const uint8_t *caps,
                                uint32_t caps_len)
{
    return keep(
        x07_net_tcp_listen_v1(view_of(address, address_len), view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_tcp_accept(uint32_t listener, const uint8_t *caps, uint32_t caps_len)
{
    return keep(x07_net_tcp_accept_v1(listener, view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_listener_close(uint32_t listener)
{
    return x07_net_close(listener, X07_NET_LISTENER);
}

uint32_t ext_sockets_listener_drop(uint32_t listener)
{
    return x07_net_drop(listener, X07_NET_LISTENER);
}

/* -- streams */

uint32_t ext_sockets_stream_read(uint32_t stream, uint32_t max_bytes, const uint8_t *caps,
                                 uint32_t caps_len)
{
    return keep(x07_net_stream_read_v1(stream, max_bytes, view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_stream_write(uint32_t stream, const uint8_t *data, uint32_t data_len,
                                  const uint8_t *caps, uint32_t caps_len)
{
    return keep(x07_net_stream_write_v1(stream, view_of(data, data_len), view_of(caps, caps_len),
                                        NULL));
}

uint32_t ext_sockets_stream_wait(uint32_t stream, uint32_t events, uint32_t timeout_ms)
{
    return keep(x07_net_stream_wait_v1(stream, events, timeout_ms, NULL));
}

uint32_t ext_sockets_stream_shutdown(uint32_t stream, uint32_t how)
{
    return x07_net_stream_shutdown_v1(stream, how);
}

uint32_t ext_sockets_stream_close(uint32_t stream)
{
    return x07_net_close(stream, X07_NET_STREAM);
}

uint32_t ext_sockets_stream_drop(uint32_t stream)
{
    return x07_net_drop(stream, X07_NET_STREAM);
}

uint32_t ext_sockets_stream_reader(uint32_t stream, const uint8_t *caps, uint32_t caps_len)
{
    return x07_net_stream_reader_v1(stream, view_of(caps, caps_len));
}

/* -- UDP */

uint32_t ext_sockets_udp_bind(const uint8_t *address, uint32_t address_len, const uint8_t *caps,
                              uint32_t caps_len)
{
    return keep(x07_net_udp_bind_v1(view_of(address, address_len), view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_udp_sendto(uint32_t socket, const uint8_t *address, uint32_t address_len,
                                const uint8_t *payload, uint32_t payload_len, const uint8_t *caps,
                                uint32_t caps_len)
{
    return keep(x07_net_udp_sendto_v1(socket, view_of(address, address_len),
                                      view_of(payload, payload_len), view_of(caps, caps_len),
                                      NULL));
}

uint32_t ext_sockets_udp_recvfrom(uint32_t socket, uint32_t max_bytes, const uint8_t *caps,
                                  uint32_t caps_len)
{
    return keep(x07_net_udp_recvfrom_v1(socket, max_bytes, view_of(caps, caps_len), NULL));
}

uint32_t ext_sockets_udp_close(uint32_t socket)
{
    return x07_net_close(socket, X07_NET_DATAGRAMS);
}

uint32_t ext_sockets_udp_drop(uint32_t socket)
{
    return x07_net_drop(socket, X07_NET_DATAGRAMS);
}

uint32_t ext_sockets_udp_reader(uint32_t socket, const uint8_t *caps, uint32_t caps_len)
{
    return x07_net_udp_reader_v1(socket, view_of(caps, caps_len));
}
