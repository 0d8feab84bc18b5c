/* Whoever cleans up after a guest when we are killed: forked before there is anything to clean, told
 * over a pipe, and the launcher proper in another role once there is something to do. */
#ifndef X07_LAUNCHER_REAPER_H
#define X07_LAUNCHER_REAPER_H

#include "proper.h"
#include "text.h"

/* The end of its pipe that is ours; less than 0: there can be none. */
int x07_reaper_start(const x07_proper *proper, x07_text root);

#endif
