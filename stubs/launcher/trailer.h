/* What is behind the last byte of the program, put there when a bundle was made: lines of text,
 * then their length and a mark. x07bundle/contract/launcher_trailer.py writes them.
 *
 *     x07.vm.launcher@0.1.0
 *     manifest SHA256
 *     program SHA256            (of all before these lines; not looked at here)
 *     key ALGORITHM HEX         (where manifests are signed; not looked at here)
 *     file SHA256 PATH          (one for each file of the sidecar but the manifest)
 */
#ifndef X07_LAUNCHER_TRAILER_H
#define X07_LAUNCHER_TRAILER_H

#include "text.h"

enum { X07_HEX_DIGITS = 64 };

typedef struct {
    x07_text sha256;
    x07_text path;
} x07_listed;

typedef struct {
    /* All of it. */
    x07_text text;
    x07_text manifest;
    bool is_signed;
    /* The lines of files. */
    x07_text files;
} x07_trailer;

/* False where there is none, or it is not whole. */
bool x07_trailer_read(int program, x07_trailer *trailer);

/* Takes the first file off `files`; false at the end. */
bool x07_next_file(x07_text *files, x07_listed *file);

#endif
