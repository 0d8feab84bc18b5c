/* The first program of a guest: leaves a mark, starts the payload, and ends as it does.
 *
 *     starter MARK PROGRAM [ARGUMENT ...]
 *
 * Engines have exit statuses of their own for guests that never started, and a program may have the
 * same: the mark tells one from the other. It can be executed once the program has ended, which takes
 * no space on a disk: an engine that fails in the middle exits as if the program had.
 *
 * The payload is a process of its own, since the kernel drops signals to a guest's first process that
 * it has no handler for: a Ctrl-C at the terminal would do nothing. Signals from outside are handed
 * on; those of the terminal it has already. */
#include "system.h"

enum { FIRST = 2, NOT_STARTED = 127, SIGNALLED = 128, ENDED_MODE = 0700 };

static int ended(const x07_child *child)
{
    return child->signal != 0 ? SIGNALLED + child->signal : child->status;
}

/* A program may have removed the mark. One that could not be executed has none. */
static int noted(const char *mark, int status)
{
    if (!x07_set_file_mode(mark, ENDED_MODE) && status != NOT_STARTED) {
        x07_make_file(mark);
        x07_set_file_mode(mark, ENDED_MODE);
    }
    return status;
}

static int watch(int payload, const char *mark)
{
    for (;;) {
        const int signal = x07_next_signal();
        x07_child child;
        while (x07_wait(&child)) {
            if (child.process == payload) {
                return noted(mark, ended(&child));
            }
        }
        if (signal != 0) {
            x07_send(payload, signal);
        }
    }
}

int x07_launch(const x07_process *process)
{
    char **arguments = process->arguments;
    if (process->argument_count <= FIRST || !x07_make_file(arguments[1])) {
        return NOT_STARTED;
    }
    x07_hold_signals();
    x07_await_terminal_size();
    const int payload = x07_fork();
    if (payload > 0) {
        return watch(payload, arguments[1]);
    }
    if (payload == 0) {
        x07_release_signals();
        x07_execute(arguments[FIRST], arguments + FIRST, process->environment);
    }
    x07_remove_file(arguments[1]);
    return NOT_STARTED;
}
