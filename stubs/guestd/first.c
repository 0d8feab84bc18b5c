/* The first process of a guest whose files are mounted. The kernel keeps signals without a handler
 * from a first process, and nobody reaps what its children leave; so the program is its child.
 *
 * It leaves a mark before the program starts, which can be executed once that has ended: an engine's client
 * that was asked to end, or failed, has exit statuses that programs have, too.
 *
 * The host has a file for as long as somebody wants the guest. Once that is gone the guest ends: an engine
 * that was killed may have forgotten it, and can be asked nothing. */
#include "guestd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { SIGNALLED = 128, LONGEST_WAIT_NS = 500000000, BEGUN_MODE = 0600, ENDED_MODE = 0700 };

static void say_why(const char *program)
{
    const char *parts[] = {"x07-guestd: cannot start `", program, "`: ", strerror(errno), "\n"};
    for (size_t part = 0; part < sizeof parts / sizeof *parts; part++) {
        write_all(STDERR_FILENO, parts[part], strlen(parts[part]));
    }
}

static int make_mark(const char *mark)
{
    int file = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, BEGUN_MODE);
    return file >= 0 && close(file) == 0;
}

/* A program may have removed the mark. */
static void note_end(const char *mark)
{
    if (chmod(mark, ENDED_MODE) != 0 && make_mark(mark)) {
        chmod(mark, ENDED_MODE);
    }
}

static int is_missing(const char *path)
{
    return access(path, F_OK) != 0 && errno == ENOENT;
}

/* The kernel ends what else is in the guest with its first process. */
static int watch(pid_t program, const sigset_t *held, const char *wanted, const char *mark)
{
    const struct timespec longest = {.tv_nsec = LONGEST_WAIT_NS};
    int status = 0;
    while (!reap(program, &status)) {
        siginfo_t found;
        int number = sigtimedwait(held, &found, &longest);
        if (is_missing(wanted)) {
            kill(program, SIGKILL);
            return SIGNALLED + SIGKILL;
        }
        /* What a terminal sends reaches the program by itself. */
        if (number > 0 && number != SIGCHLD && found.si_code <= 0) {
            kill(program, number);
        }
    }
    note_end(mark);
    return status;
}

int run_first(const char *wanted, const char *mark, char **argv)
{
    sigset_t every;
    sigset_t before;
    sigfillset(&every);
    sigprocmask(SIG_SETMASK, &every, &before);
    if (!make_mark(mark)) {
        say_why(mark);
        return NOT_STARTED;
    }
    pid_t program = fork();
    if (program == 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        execvp(argv[0], argv);
        say_why(argv[0]);
        _exit(NOT_STARTED);
    }
    if (program < 0) {
        say_why(argv[0]);
        return NOT_STARTED;
    }
    return watch(program, &every, wanted, mark);
}
