/* What headers of C libraries hide behind it: flags of pipes and descriptors. */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>

#include "host.h"
#include "system.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

enum { SET_BYTES = 8, SECOND_MS = 1000, MS_NS = 1000000 };

/* As the kernel has it, on x86-64 and arm64. */
typedef struct {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
} kernel_action;

static uint64_t bit_of(int number)
{
    return UINT64_C(1) << (number - 1);
}

static void handle(int number, void (*handler)(int))
{
    const kernel_action action = {.handler = handler};
    x07_call(SYS_rt_sigaction, number, (long)&action, 0, SET_BYTES);
}

bool x07_pipe(int ends[2])
{
    return x07_call(SYS_pipe2, (long)ends, 0, 0, 0) == 0;
}

static uint64_t requests(void)
{
    return bit_of(SIGINT) | bit_of(SIGTERM) | bit_of(SIGHUP) | bit_of(SIGQUIT);
}

void x07_hold_requests(void)
{
    const uint64_t set = requests();
    x07_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&set, 0, SET_BYTES);
}

void x07_ignore_requests(void)
{
    handle(SIGHUP, SIG_IGN);
    handle(SIGINT, SIG_IGN);
    handle(SIGTERM, SIG_IGN);
    x07_ignore_failed_writes();
}

void x07_ignore_failed_writes(void)
{
    handle(SIGPIPE, SIG_IGN);
    handle(SIGXFSZ, SIG_IGN);
}

void x07_default_failed_writes(void)
{
    handle(SIGPIPE, SIG_DFL);
    handle(SIGXFSZ, SIG_DFL);
}

void x07_keep_exit_statuses(void)
{
    handle(SIGCHLD, SIG_DFL);
}

bool x07_has_succeeded(int process)
{
    int status = -1;
    return x07_call(SYS_wait4, process, (long)&status, 0, 0) == process && status == 0;
}

static void await_any(struct pollfd *watched, size_t count, int wait_ms)
{
    const struct timespec wait = {
        .tv_sec = wait_ms / SECOND_MS,
        .tv_nsec = (long)(wait_ms % SECOND_MS) * MS_NS,
    };
    x07_call6(SYS_ppoll, (long)watched, (long)count, (long)&wait, 0, SET_BYTES, 0);
}

void x07_await_hang_up(int descriptor, int wait_ms)
{
    struct pollfd watched = {.fd = descriptor};
    await_any(&watched, 1, wait_ms);
}

/* What cannot be watched, on older kernels, has a descriptor below 0, and is not waited for. */
void x07_await_child(int process, int input, int wait_ms)
{
    const uint64_t set = requests();
    const int child = (int)x07_call(SYS_pidfd_open, process, 0, 0, 0);
    const int signals = (int)x07_call(SYS_signalfd4, -1, (long)&set, SET_BYTES, 0);
    struct pollfd watched[] = {
        {.fd = child, .events = POLLIN},
        {.fd = signals, .events = POLLIN},
        {.fd = input, .events = POLLIN},
    };
    if (child >= 0 && signals >= 0) {
        await_any(watched, sizeof watched / sizeof *watched, wait_ms);
    }
    x07_close(child);
    x07_close(signals);
}

void x07_new_session(void)
{
    x07_call(SYS_setsid, 0, 0, 0, 0);
}

void x07_lead_group(void)
{
    x07_call(SYS_setpgid, 0, 0, 0, 0);
}

bool x07_change_folder(const char *path)
{
    return x07_call(SYS_chdir, (long)path, 0, 0, 0) == 0;
}

void x07_place(int descriptor, int number)
{
    if (descriptor != number) {
        x07_call(SYS_dup3, descriptor, number, 0, 0);
    }
}

bool x07_close_from(int number)
{
    return x07_call(SYS_close_range, number, UINT_MAX, 0, 0) == 0;
}

void x07_exit(int status)
{
    for (;;) {
        x07_call(SYS_exit_group, status, 0, 0, 0);
    }
}
