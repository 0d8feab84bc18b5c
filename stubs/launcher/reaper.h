/* Whoever cleans up after a guest when we are killed: forked before there is anything to clean, told
 * over a pipe, and the launcher proper in another role once there is something to do. */
#ifndef X07_LAUNCHER_REAPER_H
#define X07_LAUNCHER_REAPER_H

#include "proper.h"
#include "text.h"

/* `line`: the end of its pipe that is ours. `process`: ends in a moment, and is to be waited for. */
typedef struct {
    int line;
    int process;
} x07_reaper;

/* False: there can be none. */
bool x07_reaper_start(const x07_proper *proper, x07_text root, x07_reaper *reaper);

#endif
