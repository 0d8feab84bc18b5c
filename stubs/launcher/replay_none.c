/* Where starts are not replayed: each is decided by the launcher proper. */
#include "replay.h"

#include <stddef.h>

char *x07_replay(
    const x07_proper *proper, const x07_sidecar *sidecar, const x07_trailer *trailer)
{
    (void)proper;
    (void)sidecar;
    (void)trailer;
    return NULL;
}
