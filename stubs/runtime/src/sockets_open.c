/* Descriptors of sockets, and their addresses. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "sockets.h"

#include "guard.h"
#include "x07_limit_hook.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* -- addresses */

x07_sockaddr x07_sockaddr_of(const x07_net_address *address, uint32_t port)
{
    x07_sockaddr made = {.len = 0};
    if (address->version == 4) {
        struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
        memcpy(&v4.sin_addr, address->bytes, 4);
        made.len = sizeof v4;
        memcpy(&made.storage, &v4, sizeof v4);
    } else {
        struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
        memcpy(&v6.sin6_addr, address->bytes, 16);
        made.len = sizeof v6;
        memcpy(&made.storage, &v6, sizeof v6);
    }
    return made;
}

x07_net_target x07_sockaddr_target(const x07_sockaddr *address)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    if (address->storage.ss_family == AF_INET) {
        memcpy(&v4, &address->storage, sizeof v4);
        return x07_net_target_of_address((const uint8_t *)&v4.sin_addr, 4, ntohs(v4.sin_port));
    }
    if (address->storage.ss_family == AF_INET6) {
        memcpy(&v6, &address->storage, sizeof v6);
        return x07_net_target_of_address(v6.sin6_addr.s6_addr, 16, ntohs(v6.sin6_port));
    }
    return (x07_net_target){.port = 0};
}

/* -- descriptors */

static void set_option(int fd, int level, int option)
{
    const int on = 1;
    setsockopt(fd, level, option, &on, sizeof on);
}

#ifdef __linux__

static int open_quiet(int family, int type)
{
    return socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int accept_quiet(int listener, x07_sockaddr *peer)
{
    return accept4(listener, (struct sockaddr *)&peer->storage, &peer->len,
                   SOCK_CLOEXEC | SOCK_NONBLOCK);
}

enum { NO_SIGNAL = MSG_NOSIGNAL };

#else

static int quiet(int fd)
{
    if (fd >= 0) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
        set_option(fd, SOL_SOCKET, SO_NOSIGPIPE);
#endif
    }
    return fd;
}

static int open_quiet(int family, int type)
{
    return quiet(socket(family, type, 0));
}

static int accept_quiet(int listener, x07_sockaddr *peer)
{
    return quiet(accept(listener, (struct sockaddr *)&peer->storage, &peer->len));
}

enum { NO_SIGNAL = 0 };

#endif

/* What one side of a stream says is one message more often than a part of one. */
static int at_once(int fd)
{
    if (fd >= 0) {
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    }
    return fd;
}

int x07_socket_open(uint32_t version, int type)
{
    int fd = open_quiet(version == 4 ? AF_INET : AF_INET6, type);
    if (fd < 0) {
        x07_limit_met(errno);
        return -1;
    }
    if (version == 6) {
        /* An address of IPv6 is not one of IPv4 besides. */
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY);
    }
    return type == SOCK_STREAM ? at_once(fd) : fd;
}

int x07_socket_accept(int listener, x07_sockaddr *peer)
{
    int fd;
    do {
        peer->len = sizeof peer->storage;
        fd = accept_quiet(listener, peer);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return at_once(fd);
}

ssize_t x07_socket_send(int fd, const void *data, size_t len)
{
    return send(fd, data, len, NO_SIGNAL);
}

x07_net_code x07_socket_code(int error)
{
    switch (error) {
    case ETIMEDOUT:
        return X07_NETERR_TIMEOUT;
    case EMSGSIZE:
        return X07_NETERR_TOO_LARGE;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return X07_NETERR_INTERNAL;
    default:
        return X07_NETERR_CONNECT;
    }
}

/* -- binding */

static x07_net_code check_bound(const x07_net_request *request, int fd, x07_net_target *bound)
{
    x07_net_request again = *request;
    x07_sockaddr own = {.len = sizeof own.storage};
    if (getsockname(fd, (struct sockaddr *)&own.storage, &own.len) != 0) {
        return X07_NETERR_INTERNAL;
    }
    *bound = again.target = x07_sockaddr_target(&own);
    if (!x07_guard("net-bound")) {
        return X07_NETERR_OK;
    }
    return x07_net_allowed(&again, x07_verdict_net(x07_policy_current(), again.use, bound));
}

static x07_net_code bind_to(const x07_net_request *request, const x07_net_address *address,
                            x07_net_socket *made, x07_net_target *bound)
{
    x07_sockaddr to = x07_sockaddr_of(address, request->target.port);
    if (made->kind == X07_NET_LISTENER) {
        set_option(made->fd, SOL_SOCKET, SO_REUSEADDR);
    }
    if (bind(made->fd, (const struct sockaddr *)&to.storage, to.len) != 0) {
        return x07_socket_code(errno);
    }
    return check_bound(request, made->fd, bound);
}

x07_net_code x07_socket_bind(const x07_net_request *request, int type, x07_net_socket *made,
                             x07_net_target *bound)
{
    x07_net_addresses found;
    x07_net_code code = x07_net_resolve(request, &found);
    if (code != X07_NETERR_OK) {
        return code;
    }
    made->version = found.items[0].version;
    made->fd = x07_socket_open(made->version, type);
    if (made->fd < 0) {
        return x07_socket_code(errno);
    }
    code = bind_to(request, &found.items[0], made, bound);
    if (code != X07_NETERR_OK) {
        close(made->fd);
    }
    return code;
}
