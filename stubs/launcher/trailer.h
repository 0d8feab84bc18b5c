/* What the executable of a bundle carries since the bundle was made: lines of text, then their length
 * and a mark. x07bundle/contract/launcher_trailer.py writes them.
 *
 *     x07.vm.launcher@0.1.0
 *     manifest SHA256
 *     program SHA256            (of all but these lines)
 *     key ALGORITHM HEX         (where manifests are signed; not looked at here)
 *     file SHA256 PATH          (one for each file of the sidecar but the manifest)
 *
 * On Linux they are behind the last byte of the program (`trailer_behind.c`). On macOS, where nothing
 * may follow the signature of a program, they are compiled in (`trailer_within.c`).
 */
#ifndef X07_LAUNCHER_TRAILER_H
#define X07_LAUNCHER_TRAILER_H

#include "sha256.h"
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
    /* Of the first bytes of the file: so many. */
    x07_text program;
    uint64_t program_bytes;
    bool is_signed;
    /* The lines of files. */
    x07_text files;
} x07_trailer;

/* `program`: the file of this program. False where there is none, or it is not whole. */
bool x07_trailer_read(int program, x07_trailer *trailer);

/* Whether the program is what the trailer says. What loads it on macOS has seen to that. */
bool x07_is_program_right(int program, const x07_trailer *trailer, x07_sha256_blocks *blocks);

/* False where these are not its lines. */
bool x07_trailer_parse(x07_text lines, x07_trailer *trailer);

/* -1: it is none. */
int x07_hex_digit(char letter);
bool x07_is_hex(x07_text text);

/* Takes the first file off `files`; false at the end. */
bool x07_next_file(x07_text *files, x07_listed *file);

#endif
