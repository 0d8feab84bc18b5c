/* The first program of a guest: leaves a mark, starts the payload, and ends as it does.
 *
 *     starter WANTED MARK PROGRAM [ARGUMENT ...]
 *     starter --words FILE WANTED MARK PROGRAM
 *
 * The file has texts with a NUL behind each: variables, an empty one, and arguments. Engines hand on no
 * others than UTF-8.
 *
 * Engines have exit statuses of their own for guests that never started, and a program may have the
 * same: the mark tells one from the other. It can be executed once the program has ended, and was changed
 * so many seconds after 1970 as its exit status is, which takes no space on a disk: an engine that fails
 * in the middle, or cannot write what the program says, exits as if the program had.
 *
 * WANTED is a file of the host. Once it is gone, nobody wants the guest any more, and it ends: an engine
 * that was killed may have forgotten a guest that goes on running, and can be asked nothing.
 *
 * The payload is a process of its own, since the kernel drops signals to a guest's first process that
 * it has no handler for: a Ctrl-C at the terminal would do nothing. Signals from outside are handed
 * on; those of the terminal it has already, unless they came before it was there. */
#include "system.h"

#define WORDS "--words"

enum { WANTED = 1, MARK = 2, FIRST = 3, MOST_WORDS_BYTES = 1 << 24 };
enum { NOT_STARTED = 127, SIGNALLED = 128, KILL = 9, ENDED_MODE = 0700 };

static int ended(const x07_child *child)
{
    return child->signal != 0 ? SIGNALLED + child->signal : child->status;
}

/* The status alone is not missed where it cannot be kept. */
static bool note(const char *mark, int status)
{
    x07_set_file_time(mark, status);
    return x07_set_file_mode(mark, ENDED_MODE);
}

/* A program may have removed the mark. One that could not be executed has none. */
static int noted(const char *mark, int status)
{
    if (!note(mark, status) && status != NOT_STARTED) {
        x07_make_file(mark);
        note(mark, status);
    }
    return status;
}

/* The kernel ends what else is in the guest with its first process. */
static int watch(int payload, const char *wanted, const char *mark)
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
        if (x07_is_missing(wanted)) {
            x07_send(payload, KILL);
            return SIGNALLED + KILL;
        }
    }
}

static char *read_words(const char *path, size_t *bytes)
{
    const int file = x07_open_file(0, path);
    const int64_t size = file < 0 ? -1 : x07_size(file);
    char *words = size > 0 && size < MOST_WORDS_BYTES ? x07_memory((size_t)size) : NULL;
    *bytes = (size_t)size;
    const bool is_whole = words != NULL && x07_read(file, words, *bytes) == (long)size &&
                          words[*bytes - 1] == '\0';
    x07_close(file);
    return is_whole ? words : NULL;
}

static size_t count_of(char **list)
{
    size_t count = 0;
    while (list[count] != NULL) {
        count++;
    }
    return count;
}

/* Behind what a list holds: texts up to an empty one, or to the end where `is_last`. */
static char **extended(char **list, char **words, const char *end, bool is_last)
{
    const size_t count = count_of(list);
    char **result = x07_memory((count + (size_t)(end - *words) + 1) * sizeof *result);
    size_t kept = count;
    if (result == NULL) {
        return NULL;
    }
    x07_copy(result, list, count * sizeof *list);
    while (*words < end && (is_last || **words != '\0')) {
        result[kept++] = *words;
        *words += x07_length(*words) + 1;
    }
    return result;
}

/* What is started: false where its words cannot be read. */
static bool take_words(x07_process *process)
{
    char **given = process->arguments;
    size_t bytes = 0;
    if (process->argument_count <= 2 || !x07_equal(given[1], WORDS, sizeof WORDS)) {
        return true;
    }
    char *words = read_words(given[2], &bytes);
    if (words == NULL) {
        return false;
    }
    const char *end = words + bytes;
    process->environment = extended(process->environment, &words, end, false);
    words++;
    process->arguments = extended(given + 2, &words, end, true);
    process->argument_count = process->arguments == NULL ? 0 : count_of(process->arguments);
    return process->environment != NULL;
}

static void send_each(int payload, uint64_t signals)
{
    for (int number = 1; signals != 0; number++, signals >>= 1) {
        if ((signals & 1) != 0) {
            x07_send(payload, number);
        }
    }
}

static int start(const x07_process *process)
{
    char **arguments = process->arguments;
    x07_hold_signals();
    if (process->argument_count <= FIRST || !x07_make_file(arguments[MARK])) {
        return NOT_STARTED;
    }
    x07_await_terminal_size();
    const uint64_t early = x07_take_signals();
    const int payload = x07_fork();
    if (payload > 0) {
        send_each(payload, early);
        return watch(payload, arguments[WANTED], arguments[MARK]);
    }
    if (payload == 0) {
        x07_release_signals();
        x07_execute(arguments[FIRST], arguments + FIRST, process->environment);
    }
    x07_remove_file(arguments[MARK]);
    return NOT_STARTED;
}

int x07_launch(const x07_process *process)
{
    x07_process taken = *process;
    return take_words(&taken) ? start(&taken) : NOT_STARTED;
}
