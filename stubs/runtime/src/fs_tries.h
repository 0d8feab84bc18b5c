/* How os.fs.read_file and os.fs.write_file find their file (policy.md §6.1): in a sandbox a path is
 * relative to each root in turn, and the first root where it opens has it. */
#ifndef X07_FS_TRIES_H
#define X07_FS_TRIES_H

#include "fs_call.h"

/* What came of the last root and the path below it: the file's status, or why not. */
typedef struct {
    x07_bytes_view root;
    const char *rest;
    int error;
    x07_verdict verdict;
    struct stat status;
} x07_fs_tries;

/* A descriptor of a regular file, or -1 where no root has it. The call's path is the name as it was
 * given. */
int x07_fs_try_roots(x07_fs_call *call, int flags, x07_fs_tries *tries);

/* The last path, with its root. */
void x07_fs_tried(const x07_fs_tries *tries, char path[X07_ABSOLUTE_BYTES]);

#endif
