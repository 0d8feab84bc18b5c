/* A start that is as one before is not decided again. */
#ifndef X07_LAUNCHER_REPLAY_H
#define X07_LAUNCHER_REPLAY_H

#include "proper.h"
#include "trailer.h"
#include "verify.h"

/* Starts the guest, and gives the variable with which the launcher proper goes on with it. NULL: it
 * has to decide, and nothing was started. */
char *x07_replay(
    const x07_proper *proper, const x07_sidecar *sidecar, const x07_trailer *trailer);

#endif
