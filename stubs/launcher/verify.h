/* Whether the files that a bundle loads are those that it was made with. */
#ifndef X07_LAUNCHER_VERIFY_H
#define X07_LAUNCHER_VERIFY_H

#include "sha256.h"
#include "text.h"
#include "trailer.h"

#define X07_DAMAGED "get the bundle again, or make it again with `x07 bundle`"

enum { X07_PATH_BYTES = 4096 };

typedef struct {
    /* The folder, and its name for people. */
    int folder;
    x07_text name;
    x07_sha256_blocks *blocks;
} x07_sidecar;

#define X07_MANIFEST "manifest.json"
#define X07_SIGNATURE "manifest.json.sig"

/* The digest of what is left of a file, as trailers have it; false where it cannot be read. */
bool x07_digest(int file, x07_sha256_blocks *blocks, char hex[X07_HEX_DIGITS]);

/* The manifest and the files of the trailer are there, and nothing else is, but for a signature
 * where one is to be. Says on stderr what is wrong. */
bool x07_is_sidecar_right(const x07_sidecar *sidecar, const x07_trailer *trailer);

#endif
