#include "x07_release.h"

#include <stddef.h>

/* Processes, files beside others. */
enum { EXITS_MAX = 4 };

void (*x07_before_exit)(void);

static void (*exits[EXITS_MAX])(void);
static int exits_count;
static x07_release *first;

static void run_exits(void)
{
    for (int i = 0; i < exits_count; i++) {
        exits[i]();
    }
}

void x07_before_exit_add(void (*run)(void))
{
    for (int i = 0; i < exits_count; i++) {
        if (exits[i] == run) {
            return;
        }
    }
    if (exits_count < EXITS_MAX) {
        exits[exits_count++] = run;
        x07_before_exit = run_exits;
    }
}

void x07_release_add(x07_release *release)
{
    release->next = first;
    first = release;
}

void x07_release_all(void)
{
    while (first != NULL) {
        x07_release *release = first;
        first = release->next;
        release->run();
    }
}
