/* One loop: frames to the program, its output to frames. The host sends no more of standard input
 * than the window that we gave it, so a program that does not read never keeps a signal waiting. */
#include "guestd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FROM_HOST, TO_INPUT, FROM_OUTPUT, FROM_ERROR, SIGNALS, WATCHED };

static uint8_t window[STDIN_WINDOW_BYTES];
static size_t window_start;
static size_t window_bytes;
static int input_ends;

static void close_input(program *started)
{
    if (started->input >= 0 && started->input != started->output) {
        close(started->input);
    } else if (started->input >= 0) {
        /* A terminal has no end; the key that means one has. */
        const char end_key = 4;
        (void)!write(started->input, &end_key, 1);
    }
    started->input = -1;
    window_bytes = 0;
}

/* The program learns of it as it would of any reader that goes away. */
static void close_output(program *started)
{
    if (started->output >= 0 && started->output != started->input) {
        close(started->output);
        started->output = -1;
    }
}

static void keep_input(const frame *found)
{
    if (found->length > sizeof window - window_bytes) {
        fail("the host sent more input than the window has room for", "");
    }
    for (uint32_t index = 0; index < found->length; index++) {
        window[(window_start + window_bytes + index) % sizeof window] = found->bytes[index];
    }
    window_bytes += found->length;
}

static void give_credit(size_t taken)
{
    uint8_t bytes[4];
    for (int index = 0; index < 4; index++) {
        bytes[index] = (uint8_t)(taken >> (8 * index));
    }
    write_frame(OUT_CREDIT, bytes, sizeof bytes);
}

static void feed_input(program *started)
{
    size_t straight = sizeof window - window_start;
    size_t length = window_bytes < straight ? window_bytes : straight;
    ssize_t written = write(started->input, window + window_start, length);
    if (written > 0) {
        window_start = (window_start + (size_t)written) % sizeof window;
        window_bytes -= (size_t)written;
        give_credit((size_t)written);
    } else if (written < 0 && errno != EAGAIN && errno != EINTR) {
        give_credit(window_bytes);
        close_input(started);
    }
}

static void take_frame(program *started, const frame *found)
{
    switch (found->kind) {
    case IN_STDIN:
        if (started->input >= 0) {
            keep_input(found);
        } else {
            give_credit(found->length);
        }
        break;
    case IN_STDIN_END:
        input_ends = 1;
        break;
    case IN_STDOUT_END:
        close_output(started);
        break;
    case IN_WINDOW:
        if (found->length == 4 && started->output >= 0) {
            set_window(started->output, (uint16_t)(found->bytes[0] | found->bytes[1] << 8),
                       (uint16_t)(found->bytes[2] | found->bytes[3] << 8));
        }
        break;
    default:
        fail("the host sent a frame of an unknown kind", "");
    }
}

/* 0: the host is gone. */
static int from_host(program *started)
{
    frame found;
    int got;
    while ((got = read_some_frame(&found)) > 0) {
        take_frame(started, &found);
    }
    return got != 0;
}

static void from_program(int *descriptor, uint8_t kind)
{
    static uint8_t bytes[CHUNK_BYTES];
    ssize_t got = read(*descriptor, bytes, sizeof bytes);
    if (got > 0) {
        write_frame(kind, bytes, (size_t)got);
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        close(*descriptor);
        *descriptor = -1;
    }
}

/* As PID 1 we inherit every orphan. 1: the program itself has ended, with `status`. */
int reap(pid_t program, int *status)
{
    int found = 0;
    int each_status;
    pid_t each;
    while ((each = waitpid(-1, &each_status, WNOHANG)) > 0) {
        if (each == program) {
            *status = WIFSIGNALED(each_status) ? 128 + WTERMSIG(each_status)
                                               : WEXITSTATUS(each_status);
            found = 1;
        }
    }
    return found;
}

/* Ends of processes, and the signals that the engine hands on to us, which are the program's. */
static int watch_signals(void)
{
    static const int handed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
    sigset_t watched;
    sigemptyset(&watched);
    sigaddset(&watched, SIGCHLD);
    for (size_t index = 0; index < sizeof handed_on / sizeof *handed_on; index++) {
        sigaddset(&watched, handed_on[index]);
    }
    sigprocmask(SIG_BLOCK, &watched, NULL);
    int descriptor = signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (descriptor < 0) {
        fail("cannot watch the program", strerror(errno));
    }
    return descriptor;
}

static void take_signals(const program *started, int signals)
{
    struct signalfd_siginfo found;
    while (read(signals, &found, sizeof found) == (ssize_t)sizeof found) {
        if (found.ssi_signo != SIGCHLD) {
            kill(-started->pid, (int)found.ssi_signo);
        }
    }
}

static void look(program *started, struct pollfd watched[WATCHED], int signals)
{
    int wants_input = started->input >= 0 && window_bytes > 0;
    watched[FROM_HOST] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    watched[TO_INPUT] = (struct pollfd){wants_input ? started->input : -1, POLLOUT, 0};
    watched[FROM_OUTPUT] = (struct pollfd){started->output, POLLIN, 0};
    watched[FROM_ERROR] = (struct pollfd){started->error, POLLIN, 0};
    watched[SIGNALS] = (struct pollfd){signals, POLLIN, 0};
    if (poll(watched, WATCHED, -1) < 0 && errno != EINTR) {
        fail("cannot wait", strerror(errno));
    }
}

/* 0: the host is gone. */
static int turn(program *started, int signals)
{
    struct pollfd watched[WATCHED];
    look(started, watched, signals);
    if (watched[FROM_HOST].revents && !from_host(started)) {
        return 0;
    }
    if (watched[TO_INPUT].revents) {
        feed_input(started);
    }
    if (input_ends && window_bytes == 0 && started->input >= 0) {
        close_input(started);
    }
    if (watched[FROM_OUTPUT].revents) {
        int is_terminal = started->error < 0 && started->input == started->output;
        from_program(&started->output, OUT_STDOUT);
        started->input = is_terminal ? started->output : started->input;
    }
    if (watched[FROM_ERROR].revents) {
        from_program(&started->error, OUT_STDERR);
    }
    return 1;
}

static void unblock(int descriptor)
{
    if (descriptor >= 0) {
        fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    }
}

/* PID 1 of a guest ends all that is in it; elsewhere, in tests, the program's own session. */
static void end_all(const program *started)
{
    kill(getpid() == 1 ? -1 : -started->pid, SIGKILL);
}

static const program *volatile relayed;

static void on_alarm(int number)
{
    (void)number;
    if (relayed != NULL) {
        end_all(relayed);
    }
    _exit(NOT_STARTED);
}

void end_after(uint64_t seconds)
{
    const struct sigaction ending = {.sa_handler = on_alarm};
    sigaction(SIGALRM, &ending, NULL);
    alarm(seconds < UINT_MAX ? (unsigned)seconds : UINT_MAX);
}

int relay(program *started)
{
    enum { LAST_WORDS_MS = 200 };
    int status = 0;
    relayed = started;
    int signals = watch_signals();
    unblock(STDIN_FILENO);
    unblock(started->input);
    while (!reap(started->pid, &status)) {
        if (!turn(started, signals)) {
            end_all(started);
            _exit(NOT_STARTED);
        }
        take_signals(started, signals);
    }
    /* What it started ends with it; what it said last is still in its pipes. */
    end_all(started);
    unblock(started->output);
    unblock(started->error);
    for (int quiet = 0; (started->output >= 0 || started->error >= 0) && !quiet;) {
        struct pollfd watched[2] = {{started->output, POLLIN, 0}, {started->error, POLLIN, 0}};
        quiet = poll(watched, 2, LAST_WORDS_MS) <= 0;
        if (watched[0].revents) {
            from_program(&started->output, OUT_STDOUT);
        }
        if (watched[1].revents) {
            from_program(&started->error, OUT_STDERR);
        }
    }
    return status;
}
