/* Whether the files that a bundle loads are those that it was made with. */
#ifndef X07_LAUNCHER_VERIFY_H
#define X07_LAUNCHER_VERIFY_H

#include "sha256.h"
#include "text.h"
#include "trailer.h"

enum { X07_PATH_BYTES = 4096 };

typedef struct {
    /* The folder, and its name for people. */
    int folder;
    x07_text name;
    x07_sha256_blocks *blocks;
} x07_sidecar;

/* Both say on stderr what is wrong. */
bool x07_is_file_right(const x07_sidecar *sidecar, x07_text path, x07_text sha256);

/* The files of the trailer are there, and nothing else is in the folders that they are in. */
bool x07_is_runtime_right(const x07_sidecar *sidecar, x07_text files);

#endif
