/* Telling which limit was met: by signals of the system, by errors that the runtime sees, by a
 * timer for what no rlimit counts. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif

#include "confine.h"
#include "guard.h"
#include "x07_limit_hook.h"
#include "x07_release.h"
#include "x07_report.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

enum {
    /* A deadline passed (the exit statuses of launchers). */
    OVER_TIME = 124,
    /* What a program that catches the signal has left. */
    GRACE_MS = 1000,
};

typedef struct {
    const char *field;
    uint64_t value;
    int is_told;
} watched;

static watched cpu = {.field = "limits.cpu_ms"}, wall = {.field = "limits.wall_ms"},
               memory = {.field = "limits.mem_bytes"}, descriptors = {.field = "limits.fds"},
               processes = {.field = "limits.procs"}, file_size = {.field = "fs.max_write_bytes"},
               runtime = {.field = "process.max_runtime_ms"};

static const watched *first;

const char *x07_confine_limit(uint64_t *value)
{
    if (first == NULL) {
        return NULL;
    }
    *value = first->value;
    return first->field;
}

/* Async-signal-safe: it formats on its stack, and writes. */
static void tell(watched *limit)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    if (limit->is_told || limit->value == X07_NO_LIMIT) {
        return;
    }
    limit->is_told = 1;
    first = first != NULL ? first : limit;
    x07_writer_text(&writer, "limit exceeded: ");
    x07_writer_text(&writer, limit->field);
    x07_writer_text(&writer, "=");
    x07_writer_u64(&writer, limit->value);
    x07_writer_text(&writer, "\n");
    x07_writer_flush(&writer);
}

/* -- errors */

static watched *limit_behind(int error)
{
    switch (error) {
    case ENOMEM:
        return &memory;
    case EMFILE:
        return &descriptors;
    case EAGAIN:
        return &processes;
    case EFBIG:
        return &file_size;
    case ETIME:
        return &runtime;
    default:
        return NULL;
    }
}

static void on_error(int error)
{
    int kept = errno;
    watched *limit = limit_behind(error);
    if (limit != NULL) {
        tell(limit);
    }
    errno = kept;
}

/* -- signals */

/* The denials and layers that a runner is told at the end otherwise come before the last line. */
static _Noreturn void end_over_time(watched *limit)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    first = first != NULL ? first : limit;
    x07_report_write(&writer);
    x07_writer_flush(&writer);
    tell(limit);
    if (x07_before_exit != NULL) {
        x07_before_exit();
    }
    _exit(OVER_TIME);
}

static void on_signal(int signal_number)
{
    if (signal_number == SIGXFSZ) {
        on_error(EFBIG);
        return;
    }
    end_over_time(signal_number == SIGXCPU ? &cpu : &wall);
}

static void handle(int signal_number)
{
    struct sigaction action = {.sa_flags = SA_ONSTACK | SA_RESTART};
    sigset_t alone;
    action.sa_handler = on_signal;
    sigfillset(&action.sa_mask);
    sigaction(signal_number, &action, NULL);
    sigemptyset(&alone);
    sigaddset(&alone, signal_number);
    sigprocmask(SIG_UNBLOCK, &alone, NULL);
}

/* -- the clock */

static struct timeval in_ms(uint64_t ms)
{
    return (struct timeval){.tv_sec = (time_t)(ms / 1000),
                            .tv_usec = (int)(ms % 1000) * 1000};
}

#if defined(__linux__) && defined(__LP64__)

/* Kills whoever has another handler, or blocks the signal. Both numbers are used up, so that the
 * filter can tell them from what the program makes later. */
static void kill_later(uint64_t ms)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000}};
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    for (int i = 0; i < X07_WATCH_TIMERS; i++) {
        int timer;
        if (syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer) == 0) {
            syscall(SYS_timer_settime, timer, 0, &when, NULL);
        }
    }
}

#else

static void kill_later(uint64_t ms)
{
    (void)ms;
}

#endif

static void keep_time(uint64_t ms)
{
    const struct itimerval when = {.it_value = in_ms(ms)};
    setitimer(ITIMER_REAL, &when, NULL);
    kill_later(ms + GRACE_MS);
}

void x07_watch_limits(const x07_confine_request *request)
{
    const x07_policy_limits *limits = &request->limits;
    int writes = (x07_confine_grants(request->policy) & X07_CAN_WRITE) != 0;
    cpu.value = limits->cpu_ms;
    wall.value = limits->wall_ms;
    memory.value = limits->mem_bytes;
    descriptors.value = limits->fds;
    processes.value = limits->procs;
    file_size.value = writes ? request->policy->fs.max_write_bytes : X07_NO_LIMIT;
    runtime.value = request->policy->process.max_runtime_ms;
    x07_limit_hook = on_error;
    handle(SIGXCPU);
    handle(SIGXFSZ);
    if (limits->wall_ms == X07_NO_LIMIT || !x07_guard("wall")) {
        return;
    }
    /* A runner that keeps the time sends the signal itself. */
    handle(SIGALRM);
    if (request->keeps_time) {
        keep_time(limits->wall_ms);
    }
}
