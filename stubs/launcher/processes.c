/* Processes and signals of the guest's first program. Signals are held and taken one by one, so
 * nothing runs in a handler; those that are held reach a first process too. */
#define _GNU_SOURCE

#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { SET_BYTES = 8, SIGNAL_MASK = 0x7f, STATUS_SHIFT = 8, STATUS_MASK = 0xff };
enum { LOOKS = 50, BETWEEN_LOOKS_NS = 5000000, LONGEST_WAIT_NS = 500000000 };

static const uint64_t every_signal = UINT64_MAX;

void x07_hold_signals(void)
{
    x07_call(SYS_rt_sigprocmask, SIG_BLOCK, (long)&every_signal, 0, SET_BYTES);
}

void x07_release_signals(void)
{
    x07_call(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&every_signal, 0, SET_BYTES);
}

int x07_fork(void)
{
    return (int)x07_call(SYS_clone, SIGCHLD, 0, 0, 0);
}

uint64_t x07_take_signals(void)
{
    const struct timespec at_once = {0};
    uint64_t taken = 0;
    long number;
    while ((number = x07_call(SYS_rt_sigtimedwait, (long)&every_signal, 0, (long)&at_once, SET_BYTES)) > 0) {
        taken |= number == SIGCHLD ? 0 : (uint64_t)1 << (number - 1);
    }
    return taken;
}

int x07_next_signal(void)
{
    const struct timespec longest = {.tv_nsec = LONGEST_WAIT_NS};
    siginfo_t found;
    const long number = x07_call(SYS_rt_sigtimedwait, (long)&every_signal, (long)&found,
                                 (long)&longest, SET_BYTES);
    const bool was_sent = number > 0 && number != SIGCHLD && found.si_code <= 0;
    return was_sent ? (int)number : 0;
}

bool x07_wait(x07_child *child)
{
    int status = 0;
    const long process = x07_call(SYS_wait4, -1, (long)&status, WNOHANG, 0);
    *child = (x07_child){
        .process = (int)process,
        .signal = status & SIGNAL_MASK,
        .status = (status >> STATUS_SHIFT) & STATUS_MASK,
    };
    return process > 0;
}

void x07_send(int process, int number)
{
    x07_call(SYS_kill, process, number, 0, 0);
}

void x07_await_terminal_size(void)
{
    const struct timespec pause = {.tv_nsec = BETWEEN_LOOKS_NS};
    for (int look = 0; look < LOOKS; look++) {
        struct winsize size = {0};
        const long failed = x07_call(SYS_ioctl, 0, TIOCGWINSZ, (long)&size, 0);
        if (failed != 0 || size.ws_row != 0 || size.ws_col != 0) {
            return;
        }
        x07_call(SYS_nanosleep, (long)&pause, 0, 0, 0);
    }
}

bool x07_set_file_mode(const char *path, unsigned mode)
{
    return x07_call(SYS_fchmodat, AT_FDCWD, (long)path, mode, 0) == 0;
}

void x07_set_file_time(const char *path, int64_t seconds)
{
    const struct timespec both[2] = {{.tv_sec = seconds}, {.tv_sec = seconds}};
    x07_call(SYS_utimensat, AT_FDCWD, (long)path, (long)both, 0);
}

bool x07_is_missing(const char *path)
{
    return x07_call(SYS_faccessat, AT_FDCWD, (long)path, F_OK, 0) == -ENOENT;
}
