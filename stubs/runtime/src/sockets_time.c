/* Deadlines, and waiting for a descriptor until one. */
#include "sockets.h"

#include <errno.h>
#include <poll.h>
#include <time.h>

#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

static uint64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

x07_net_deadline x07_net_deadline_in(uint32_t ms)
{
    return now_ms() + ms;
}

uint32_t x07_net_deadline_left(x07_net_deadline deadline)
{
    uint64_t now = now_ms();
    return now < deadline ? (uint32_t)(deadline - now) : 0;
}

static uint32_t events_of(short answered)
{
    uint32_t ready = answered & POLLIN ? X07_NET_READABLE : 0u;
    ready |= answered & POLLOUT ? X07_NET_WRITABLE : 0u;
    return ready | (answered & (POLLHUP | POLLERR | POLLRDHUP) ? X07_NET_HANGUP : 0u);
}

x07_net_code x07_net_wait(int fd, uint32_t events, x07_net_deadline deadline, uint32_t *ready)
{
    short asked = (short)((events & X07_NET_READABLE ? POLLIN : 0)
                          | (events & X07_NET_WRITABLE ? POLLOUT : 0)
                          | (events & X07_NET_HANGUP ? POLLRDHUP : 0));
    for (;;) {
        struct pollfd polled = {.fd = fd, .events = asked};
        int count = poll(&polled, 1, (int)x07_net_deadline_left(deadline));
        if (count > 0) {
            if (ready != NULL) {
                *ready = events_of(polled.revents);
            }
            return X07_NETERR_OK;
        }
        if (count < 0 && errno != EINTR) {
            return X07_NETERR_INTERNAL;
        }
        if (count == 0 && x07_net_deadline_left(deadline) == 0) {
            return X07_NETERR_TIMEOUT;
        }
    }
}
