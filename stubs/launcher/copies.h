/* What a job's folder holds: copies of what was compared, which nobody changes between, and the file
 * that says how its guest is ended. */
#ifndef X07_LAUNCHER_COPIES_H
#define X07_LAUNCHER_COPIES_H

#include "record.h"
#include "text.h"
#include "trailer.h"
#include "verify.h"

typedef struct {
    const x07_sidecar *sidecar;
    const x07_trailer *trailer;
    x07_text folder;
    x07_text fields;
    const x07_holes *holes;
} x07_copies;

/* False where something cannot be written, or is not what its digest says any more. */
bool x07_copies_made(const x07_copies *copies);
/* The job's file as one line, for the reaper. */
x07_text x07_copies_line(const x07_copies *copies);

#endif
