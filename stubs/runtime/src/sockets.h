/* Parts that the sockets of a program share (x07_sockets.h). */
#ifndef X07_SOCKETS_PARTS_H
#define X07_SOCKETS_PARTS_H

#include "x07_bytes.h"
#include "x07_sockets.h"

#include <sys/socket.h>

/* -- sockets_table.c: at most 4096 at a time */

/* Takes the descriptor over, which is closed where there is no room. */
x07_net_code x07_net_keep(x07_net_socket made, uint32_t *handle);

/* A socket of that kind, and the capabilities of a call on it; NULL where either is none. */
x07_net_socket *x07_net_socket_with(uint32_t handle, x07_net_kind kind, x07_bytes_view caps,
                                    x07_net_caps *limits);

/* -- sockets_open.c */

typedef struct {
    struct sockaddr_storage storage;
    socklen_t len;
} x07_sockaddr;

x07_sockaddr x07_sockaddr_of(const x07_net_address *address, uint32_t port);

/* The target that a socket address is; of neither family: port 0. */
x07_net_target x07_sockaddr_target(const x07_sockaddr *address);

/* A descriptor that does not block, is closed in children and raises no SIGPIPE; -1. `type` is
 * SOCK_STREAM or SOCK_DGRAM. */
int x07_socket_open(uint32_t version, int type);
int x07_socket_accept(int listener, x07_sockaddr *peer);

/* The descriptor stays open where it fails. */
x07_net_code x07_socket_connect(int fd, const x07_sockaddr *to, x07_net_deadline deadline);

/* What a system call's error is to a program. */
x07_net_code x07_socket_code(int error);

/* Bound to the first address that the request may use; its own address is asked for again. */
x07_net_code x07_socket_bind(const x07_net_request *request, int type, x07_net_socket *made,
                             x07_net_target *bound);

/* Sends what the system can take now, without SIGPIPE. */
ssize_t x07_socket_send(int fd, const void *data, size_t len);

/* -- sockets_stream.c */

extern const x07_net_transport x07_net_plain;

/* At least one byte, 0 at the end. */
x07_net_code x07_net_stream_read(x07_net_socket *socket, uint8_t *into, uint32_t cap,
                                 x07_net_deadline deadline, uint32_t *len);

/* -- sockets_documents.c */

enum { X07_NET_PREFIX_BYTES = 4 };

uint8_t *x07_net_put_u32(uint8_t *to, uint32_t word);
uint32_t x07_net_get_u32(const uint8_t *from);

/* The ok prefix; what is behind it. */
uint8_t *x07_net_put_prefix(uint8_t *to);

/* NetAddrV1 of an address, as a str: its length before it. */
uint8_t *x07_net_put_address(uint8_t *to, const x07_net_target *target);
uint32_t x07_net_address_size(const x07_net_target *target);

/* What connects or binds: its address, and its deadline of the capabilities. */
x07_net_code x07_net_request_begin(x07_net_request *request, x07_bytes_view address,
                                   x07_bytes_view caps);

/* Prefix, a word, and the address. */
x07_bytes x07_net_address_document(uint32_t word, const x07_net_target *target, const char *at);

/* -- sockets_policy.c */

/* X07_NETERR_DENIED, and the denial is told, where the verdict is not a grant. */
x07_net_code x07_net_allowed(const x07_net_request *request, x07_verdict verdict);

#endif
