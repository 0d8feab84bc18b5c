/* Whether all is as it was when a start was decided. */
#ifndef X07_LAUNCHER_CONDITIONS_H
#define X07_LAUNCHER_CONDITIONS_H

#include "sha256.h"
#include "text.h"
#include "verify.h"

/* `trailer`: of the executable. `self`: its path. */
typedef struct {
    x07_text trailer;
    const x07_sidecar *sidecar;
    const char *self;
    const char *current_folder;
    char **environment;
    x07_sha256_blocks *blocks;
} x07_situation;

/* False where anything is otherwise, or cannot be told. */
bool x07_conditions_hold(const x07_situation *now, x07_text fields);

#endif
