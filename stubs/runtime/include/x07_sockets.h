/* Sockets of a program: streams of TCP (with a session of TLS on them, where an extension brings
 * one), listeners, UDP, and look-ups of names. Layouts and codes: os-modules.md §7.
 *
 * Nothing is connected, bound, sent or looked up that the policy does not grant: every way out of a
 * program goes through x07_net_resolve, which asks for the target and then for each address. */
#ifndef X07_SOCKETS_H
#define X07_SOCKETS_H

#include "x07_policy_net.h"

typedef enum {
    X07_NETERR_OK,
    X07_NETERR_DENIED,
    X07_NETERR_INVALID,
    X07_NETERR_TIMEOUT,
    X07_NETERR_TOO_LARGE,
    X07_NETERR_DNS,
    X07_NETERR_CONNECT,
    X07_NETERR_TLS,
    X07_NETERR_INTERNAL,
} x07_net_code;

/* -- capabilities: NetCapsV1, with what a 0 in it stands for */

typedef struct {
    uint32_t connect_ms;
    uint32_t io_ms;
    uint32_t max_read_bytes;
    uint32_t max_write_bytes;
} x07_net_caps;

enum { X07_NET_CAPS_MAX_MS = 600000, X07_NET_CAPS_MAX_BYTES = 1 << 26 };

x07_net_code x07_net_caps_read(x07_bytes_view document, x07_net_caps *caps);

/* -- time: milliseconds of the monotonic clock */

typedef uint64_t x07_net_deadline;

x07_net_deadline x07_net_deadline_in(uint32_t ms);

/* 0: it has passed. */
uint32_t x07_net_deadline_left(x07_net_deadline deadline);

enum { X07_NET_READABLE = 1, X07_NET_WRITABLE = 2, X07_NET_HANGUP = 4 };

/* Waits for some of `events` on a descriptor; `ready` may be NULL, and always has X07_NET_HANGUP
 * where it is so. X07_NETERR_TIMEOUT at the deadline. */
x07_net_code x07_net_wait(int fd, uint32_t events, x07_net_deadline deadline, uint32_t *ready);

/* -- targets and their addresses */

/* What a program asks for. `operation` is what a denial calls it. */
typedef struct {
    const char *operation;
    x07_net_use use;
    x07_net_deadline deadline;
    x07_net_target target;
} x07_net_request;

enum { X07_NET_ADDRESSES = 64 };

typedef struct {
    uint32_t count;
    x07_net_address items[X07_NET_ADDRESSES];
} x07_net_addresses;

/* NetAddrV1 into the target of a request. In a sandbox a host that cannot be one is a denial. */
x07_net_code x07_net_request_read(x07_net_request *request, x07_bytes_view address);
x07_net_code x07_net_request_host(x07_net_request *request, x07_bytes_view host, uint32_t port);

/* The addresses that the request may use in place of its target, at least one: the target itself,
 * or what its name resolves to, in the order to try them. */
x07_net_code x07_net_resolve(const x07_net_request *request, x07_net_addresses *found);

/* -- streams, for extensions that put a protocol on them */

typedef struct x07_net_socket x07_net_socket;

/* How the bytes of a stream pass. `read` and `write`: how many bytes, 0 at the end; or -1 with
 * `wants`, the events to wait for, 0 where it failed with `code`. */
typedef struct {
    uint32_t wants;
    x07_net_code code;
} x07_net_pause;

typedef struct {
    int64_t (*read)(x07_net_socket *socket, uint8_t *into, uint32_t cap, x07_net_pause *pause);
    int64_t (*write)(x07_net_socket *socket, const uint8_t *from, uint32_t len,
                     x07_net_pause *pause);
    /* Bytes that are here, and that no wait on the descriptor tells of. */
    uint32_t (*pending)(x07_net_socket *socket);
    /* Tells the other side that nothing more is written. */
    void (*finish)(x07_net_socket *socket);
    /* Before the descriptor is closed. */
    void (*close)(x07_net_socket *socket);
} x07_net_transport;

typedef enum { X07_NET_NO_SOCKET, X07_NET_STREAM, X07_NET_LISTENER, X07_NET_DATAGRAMS } x07_net_kind;

struct x07_net_socket {
    x07_net_kind kind;
    int fd;
    /* Of the handle, which tells the sockets of one place apart. */
    uint32_t generation;
    /* 4 or 6. */
    uint32_t version;
    const x07_net_transport *transport;
    void *session;
    /* What readers (x07_net_stream_reader_v1) go by. */
    x07_net_caps reader_caps;
};

/* A connected stream; X07_NETERR_OK with its handle. */
x07_net_code x07_net_stream_open(const x07_net_request *request, uint32_t *handle);

/* NULL where the handle is none, or none of this kind. */
x07_net_socket *x07_net_socket_of(uint32_t handle, x07_net_kind kind);

/* 1; 0 where there is no such socket, or, of close, none any more. */
uint32_t x07_net_close(uint32_t handle, x07_net_kind kind);
uint32_t x07_net_drop(uint32_t handle, x07_net_kind kind);

/* -- documents */

x07_bytes x07_net_error_document(x07_net_code code, const char *at);

/* The ok prefix and a word: a handle, a count. */
x07_bytes x07_net_word_document(uint32_t word, const char *at);

/* -- what the externs of ext.sockets.net reach; documents, or 1 and 0 */

x07_bytes x07_net_dns_lookup_v1(x07_bytes_view name, uint32_t port, x07_bytes_view caps,
                                const char *at);

x07_bytes x07_net_tcp_connect_v1(x07_bytes_view address, x07_bytes_view caps, const char *at);
x07_bytes x07_net_tcp_listen_v1(x07_bytes_view address, x07_bytes_view caps, const char *at);
x07_bytes x07_net_tcp_accept_v1(uint32_t listener, x07_bytes_view caps, const char *at);

x07_bytes x07_net_stream_read_v1(uint32_t stream, uint32_t max_bytes, x07_bytes_view caps,
                                 const char *at);
x07_bytes x07_net_stream_write_v1(uint32_t stream, x07_bytes_view data, x07_bytes_view caps,
                                  const char *at);
x07_bytes x07_net_stream_wait_v1(uint32_t stream, uint32_t events, uint32_t timeout_ms,
                                 const char *at);
uint32_t x07_net_stream_shutdown_v1(uint32_t stream, uint32_t how);

/* The vtable of a reader, whose data is the handle. 0 where there is no such stream. */
uint32_t x07_net_stream_reader_v1(uint32_t stream, x07_bytes_view caps);

x07_bytes x07_net_udp_bind_v1(x07_bytes_view address, x07_bytes_view caps, const char *at);
x07_bytes x07_net_udp_sendto_v1(uint32_t socket, x07_bytes_view address, x07_bytes_view payload,
                                x07_bytes_view caps, const char *at);
x07_bytes x07_net_udp_recvfrom_v1(uint32_t socket, uint32_t max_bytes, x07_bytes_view caps,
                                  const char *at);

/* A reader of recvfrom documents, one after another; it ends behind the first error document. */
uint32_t x07_net_udp_reader_v1(uint32_t socket, x07_bytes_view caps);

#endif
