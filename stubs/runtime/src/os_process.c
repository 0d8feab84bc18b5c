/* The process: its environment, its clock, its end. */
#define _POSIX_C_SOURCE 200809L

#include "os_text.h"
#include "x07_bytes.h"
#include "x07_os.h"

#include <stdlib.h>
#include <time.h>

x07_bytes x07_os_env_get(x07_bytes key, const char *at)
{
    char *name = x07_os_text(key, at);
    if (!name) {
        return x07_bytes_empty();
    }
    /* getenv may take a name with a sign of equality for the start of a line. */
    const char *value = strchr(name, '=') ? NULL : getenv(name);
    size_t len = value ? strlen(value) : 0;
    x07_free(name);
    if (len > UINT32_MAX) {
        x07_trap("os.env.get too large", at);
    }
    return x07_bytes_lit(value ? value : "", (uint32_t)len, at);
}

uint32_t x07_os_time_now_unix_ms(const char *at)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0) {
        x07_trap("os.time.now_unix_ms failed", at);
    }
    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

/* Through exit(), since linked C libraries may have something to flush. */
_Noreturn void x07_os_process_exit(uint32_t code, const char *at)
{
    (void)at;
    exit((int)(code & 255));
}
