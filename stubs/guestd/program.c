#include "guestd.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

enum { READING, WRITING };

void set_window(int descriptor, uint16_t rows, uint16_t columns)
{
    struct winsize size = {.ws_row = rows, .ws_col = columns};
    ioctl(descriptor, TIOCSWINSZ, &size);
}

static void make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        fail("cannot make a pipe", strerror(errno));
    }
}

static void limit(int resource, uint64_t most)
{
    struct rlimit wanted = {(rlim_t)most, (rlim_t)most};
    if (most > 0 && setrlimit(resource, &wanted) != 0) {
        fail("cannot set a limit", strerror(errno));
    }
}

/* In the child. What cannot be done is told through `report`, which closes where the program starts. */
static _Noreturn void become(const request *wanted, int report)
{
    struct rlimit none = {0, 0};
    sigset_t all;
    sigemptyset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGPIPE, SIG_DFL); /* the agent ignores it */
    setrlimit(RLIMIT_CORE, &none);
    limit(RLIMIT_NOFILE, wanted->open_files);
    limit(RLIMIT_NPROC, wanted->processes);
    if (chdir(wanted->workdir) == 0) {
        execvpe(wanted->argv[0], wanted->argv, wanted->env);
    }
    int problem = errno;
    write_all(report, &problem, sizeof problem);
    _exit(NOT_STARTED);
}

static void check_started(const request *wanted, int report)
{
    int problem = 0;
    ssize_t got;
    do {
        got = read(report, &problem, sizeof problem);
    } while (got < 0 && errno == EINTR);
    close(report);
    if (got == (ssize_t)sizeof problem) {
        char text[256];
        snprintf(text, sizeof text, "cannot start `%.160s`", wanted->argv[0]);
        fail(text, strerror(problem));
    }
}

static program start_with_pipes(const request *wanted, int report[2])
{
    int input[2];
    int output[2];
    int error[2];
    make_pipe(input);
    make_pipe(output);
    make_pipe(error);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        dup2(input[READING], STDIN_FILENO);
        dup2(output[WRITING], STDOUT_FILENO);
        dup2(error[WRITING], STDERR_FILENO);
        become(wanted, report[WRITING]);
    }
    close(input[READING]);
    close(output[WRITING]);
    close(error[WRITING]);
    return (program){pid, input[WRITING], output[READING], error[READING]};
}

static program start_on_terminal(const request *wanted, int report[2])
{
    int ours = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (ours < 0 || grantpt(ours) != 0 || unlockpt(ours) != 0) {
        fail("cannot make a terminal", strerror(errno));
    }
    set_window(ours, wanted->rows, wanted->columns);
    pid_t pid = fork();
    if (pid == 0) {
        setsid();
        int its = open(ptsname(ours), O_RDWR);
        ioctl(its, TIOCSCTTY, 0);
        for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; stream++) {
            dup2(its, stream);
        }
        if (its > STDERR_FILENO) {
            close(its);
        }
        become(wanted, report[WRITING]);
    }
    return (program){pid, ours, ours, -1};
}

program start_program(const request *wanted)
{
    int report[2];
    make_pipe(report);
    program started = wanted->has_terminal ? start_on_terminal(wanted, report)
                                           : start_with_pipes(wanted, report);
    if (started.pid < 0) {
        fail("cannot start a process", strerror(errno));
    }
    close(report[WRITING]);
    check_started(wanted, report[READING]);
    return started;
}
