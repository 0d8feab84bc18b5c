/* The folder of jobs, and the record in it of how we were started here before. */
#ifndef X07_LAUNCHER_STATE_H
#define X07_LAUNCHER_STATE_H

#include "buffer.h"
#include "sha256.h"
#include "text.h"

/* As `x07bundle/vm/state.py` finds it. False: it is not there, is not ours alone, or is named in a
 * way that would have to be put in order first. */
bool x07_state_find(char **environment, x07_buffer *root);

/* The fields of the record for an executable, started in a folder; no text where there is none. */
x07_text x07_state_record(
    const x07_buffer *root, const char *self, const char *folder, x07_sha256_blocks *blocks);

#endif
