/* What headers of C libraries hide behind it: flags of sockets. */
#define _GNU_SOURCE

#include "sockets.h"

#include "system.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>

enum { NS_OF_MS = 1000000, NS_OF_S = 1000000000 };

static int64_t now_ns(void)
{
    struct timespec now = {0};
    x07_call(SYS_clock_gettime, CLOCK_MONOTONIC, (long)&now, 0, 0);
    return (int64_t)now.tv_sec * NS_OF_S + now.tv_nsec;
}

/* Signals do not make it longer: what is left is looked up each time. */
static bool await(const x07_peer *peer, short event)
{
    long ready = -EINTR;
    while (ready == -EINTR) {
        const int64_t left_ns = peer->deadline_ns - now_ns();
        if (left_ns <= 0) {
            return false;
        }
        struct timespec left = {.tv_sec = left_ns / NS_OF_S, .tv_nsec = left_ns % NS_OF_S};
        struct pollfd asked = {.fd = peer->descriptor, .events = event};
        ready = x07_call(SYS_ppoll, (long)&asked, 1, (long)&left, 0);
    }
    return ready > 0;
}

/* An empty path would be a name that is no file. */
static bool fill(struct sockaddr_un *place, const char *path)
{
    const size_t length = x07_length(path);
    const bool is_fit = length > 0 && length < sizeof place->sun_path;
    if (is_fit) {
        x07_copy(place->sun_path, path, length);
    }
    return is_fit;
}

/* A Unix socket takes a connection at once. Where too many wait already there is nothing to poll
 * for (EAGAIN of connect(2)), and we give up. */
bool x07_connect(const char *path, int64_t wait_ms, x07_peer *peer)
{
    const long kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    peer->deadline_ns = now_ns() + wait_ms * NS_OF_MS;
    if (!fill(&place, path)) {
        return false;
    }
    peer->descriptor = (int)x07_call(SYS_socket, AF_UNIX, kind, 0, 0);
    if (peer->descriptor < 0) {
        return false;
    }
    if (x07_call(SYS_connect, peer->descriptor, (long)&place, sizeof place, 0) != 0) {
        x07_disconnect(peer);
        return false;
    }
    return true;
}

void x07_disconnect(const x07_peer *peer)
{
    x07_close(peer->descriptor);
}

/* A peer that is gone must not end us with a signal. */
bool x07_tell(const x07_peer *peer, const void *data, size_t bytes)
{
    const uint8_t *from = data;
    while (bytes > 0) {
        if (!await(peer, POLLOUT)) {
            return false;
        }
        const long done =
            x07_call(SYS_sendto, peer->descriptor, (long)from, (long)bytes, MSG_NOSIGNAL);
        if (done <= 0) {
            return false;
        }
        from += done;
        bytes -= (size_t)done;
    }
    return true;
}

size_t x07_hear(const x07_peer *peer, void *data, size_t bytes)
{
    const long got = await(peer, POLLIN) ? x07_read(peer->descriptor, data, bytes) : 0;
    return got > 0 ? (size_t)got : 0;
}
