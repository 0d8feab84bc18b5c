/* The first program of a guest: leaves a mark, then becomes the payload.
 *
 *     starter MARK PROGRAM [ARGUMENT ...]
 *
 * Engines have exit statuses of their own for guests that never started, and a program may have the
 * same: the mark tells one from the other. */
#include "system.h"

enum { FIRST = 2, NOT_STARTED = 127 };

int x07_launch(const x07_process *process)
{
    char **arguments = process->arguments;
    if (process->argument_count <= FIRST || !x07_make_file(arguments[1])) {
        return NOT_STARTED;
    }
    x07_execute(arguments[FIRST], arguments + FIRST, process->environment);
    x07_remove_file(arguments[1]);
    return NOT_STARTED;
}
