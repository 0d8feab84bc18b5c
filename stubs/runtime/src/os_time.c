/* Clocks (policy.md §6.2). No head gives the time of the monotonic clock, so a policy without
 * time.allow_monotonic takes nothing from a program. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "os_require.h"
#include "x07_bytes.h"
#include "x07_os.h"
#include "x07_policy.h"

#include <errno.h>
#include <time.h>

enum { ERR_DENIED = 300, ERR_INTERNAL = 301, ERR_TZID_DENIED = 1 };

static const x07_time_policy *policy(void)
{
    return &x07_policy_current()->time;
}

static x07_os_switch enabled(void)
{
    return (x07_os_switch){policy()->enabled, "time.enabled"};
}

static x07_os_switch wall_clock(void)
{
    return (x07_os_switch){policy()->allow_wall_clock, "time.allow_wall_clock"};
}

uint32_t x07_os_time_now_unix_ms(const char *at)
{
    static const char head[] = "os.time.now_unix_ms";
    struct timespec now;
    x07_os_require(enabled(), head, "os.time disabled by policy", at);
    x07_os_require(wall_clock(), head, "os.time.now_unix_ms disabled by policy", at);
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        x07_trap("os.time.now_unix_ms failed", at);
    }
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* -- documents */

static uint8_t *put_u32(uint8_t *to, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> 8 * i);
    }
    return to + 4;
}

/* An error, with a zero word at its end or, of `len` 5, without. */
static x07_bytes error(uint32_t len, uint32_t code, const char *at)
{
    x07_bytes document = x07_bytes_alloc(len, at);
    put_u32(document.ptr + 1, code);
    return document;
}

static x07_bytes instant(const struct timespec *now, const char *at)
{
    uint64_t seconds = (uint64_t)now->tv_sec;
    x07_bytes document = x07_bytes_raw(14, at);
    document.ptr[0] = document.ptr[1] = 1;
    uint8_t *next = put_u32(document.ptr + 2, (uint32_t)seconds);
    next = put_u32(next, (uint32_t)(seconds >> 32));
    put_u32(next, (uint32_t)now->tv_nsec);
    return document;
}

x07_bytes x07_os_time_now_instant_v1(const char *at)
{
    static const char head[] = "os.time.now_instant_v1";
    struct timespec now;
    if (!x07_os_allowed(enabled(), head) || !x07_os_allowed(wall_clock(), head)) {
        return error(9, ERR_DENIED, at);
    }
    return clock_gettime(CLOCK_REALTIME, &now) == 0 ? instant(&now, at)
                                                    : error(9, ERR_INTERNAL, at);
}

/* The name of the time zone is always empty: programs see no settings of the machine. */
x07_bytes x07_os_time_local_tzid_v1(const char *at)
{
    static const char head[] = "os.time.local_tzid_v1";
    const x07_os_switch local = {policy()->allow_local_tzid, "time.allow_local_tzid"};
    if (!x07_os_allowed(enabled(), head) || !x07_os_allowed(local, head)) {
        return error(5, ERR_TZID_DENIED, at);
    }
    return x07_bytes_lit("\1\1\0\0\0\0", 6, at);
}

/* -- sleep */

static int may_sleep(uint32_t ms)
{
    static const char head[] = "os.time.sleep_ms_v1";
    const x07_os_switch sleeping = {policy()->allow_sleep, "time.allow_sleep"};
    return x07_os_allowed(enabled(), head) && x07_os_allowed(sleeping, head)
           && x07_os_within(ms, policy()->max_sleep_ms, "time.max_sleep_ms", head);
}

uint32_t x07_os_time_sleep_ms_v1(uint32_t ms)
{
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};
    if (ms > INT32_MAX || !may_sleep(ms)) {
        return 0;
    }
    while (nanosleep(&left, &left) != 0) {
        if (errno != EINTR) {
            return 0;
        }
    }
    return 1;
}
