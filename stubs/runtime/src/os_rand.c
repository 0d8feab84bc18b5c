/* Random bytes of the system (os-modules.md §5). Policies do not speak of them (policy.md §6.7). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "os_caps.h"
#include "x07_bytes.h"
#include "x07_os.h"

#include <errno.h>
#include <sys/random.h>

enum {
    ERR_BAD_CAPS = 60204,
    ERR_BAD_ARG = 60205,
    ERR_IO = 60215,
    CAPS_WORDS = 3,
    MAX_BYTES = 65536,
    U64_BYTES = 8,
};

/* 0 when all of it was filled. The system gives 256 bytes at once without a pause. */
static int fill(uint8_t *to, uint32_t size)
{
    while (size != 0u) {
        uint32_t part = size < 256u ? size : 256u;
#ifdef __linux__
        ssize_t got = getrandom(to, part, 0);
#else
        ssize_t got = getentropy(to, part) == 0 ? (ssize_t)part : -1;
#endif
        if (got < 0 && errno != EINTR) {
            return -1;
        }
        to += got > 0 ? got : 0;
        size -= got > 0 ? (uint32_t)got : 0u;
    }
    return 0;
}

static x07_result_bytes random_bytes(uint32_t count, const char *at)
{
    x07_bytes bytes = x07_bytes_raw(count, at);
    if (fill(bytes.ptr, count) != 0) {
        x07_bytes_drop(bytes);
        return (x07_result_bytes){.tag = 0u, .err = ERR_IO};
    }
    return (x07_result_bytes){.tag = 1u, .ok = bytes};
}

static uint32_t error_of(uint32_t count, x07_bytes caps)
{
    if (!x07_os_caps_fit(caps, CAPS_WORDS)) {
        return ERR_BAD_CAPS;
    }
    uint32_t max = x07_os_caps_limit(x07_os_caps_word(caps, 1u), MAX_BYTES);
    return count > max ? ERR_BAD_ARG : 0u;
}

x07_result_bytes x07_os_rand_bytes_v1(uint32_t count, x07_bytes caps, const char *at)
{
    uint32_t error = error_of(count, caps);
    x07_bytes_drop(caps);
    return error != 0u ? (x07_result_bytes){.tag = 0u, .err = error} : random_bytes(count, at);
}

x07_result_bytes x07_os_rand_u64_v1(x07_bytes caps, const char *at)
{
    return x07_os_rand_bytes_v1(U64_BYTES, caps, at);
}
