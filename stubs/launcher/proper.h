/* The launcher proper, which this program becomes: `runtime/launcher` of the sidecar. */
#ifndef X07_LAUNCHER_PROPER_H
#define X07_LAUNCHER_PROPER_H

#include "system.h"

/* `self`: the executable, links resolved. `path`: of the launcher proper. */
typedef struct {
    const x07_process *process;
    char *self;
    char *path;
} x07_proper;

/* Returns where it cannot be executed. `role`: a variable that says what is to be done there, or
 * NULL. Arguments go with it where there is none that does without. */
void x07_become(const x07_proper *proper, char *role, bool has_arguments);

#endif
