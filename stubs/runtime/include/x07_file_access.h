/* Files that native extensions open for a program: where os.fs.write_file and os.fs.read_file would
 * find them, under the same policy (contract/policy.md §6.1, §6.5). */
#ifndef X07_FILE_ACCESS_H
#define X07_FILE_ACCESS_H

#include "x07_types.h"

enum { X07_FILE_PATH_BYTES = 8192 };

typedef enum {
    X07_FILE_OPENED,
    /* By the policy; remembered. */
    X07_FILE_DENIED,
    /* No safe relative path. */
    X07_FILE_BAD_PATH,
    /* By the system. */
    X07_FILE_FAILED,
} x07_file_outcome;

/* `path`: with the root that it was found in, ended by a NUL. `max_bytes`: what the policy lets
 * read or write, UINT32_MAX where there is no sandbox. */
typedef struct {
    int file;
    uint32_t max_bytes;
    char path[X07_FILE_PATH_BYTES];
} x07_file_access;

/* A file that is not there is made; one that is there keeps its content. `operation` is a literal,
 * for the denial. */
x07_file_outcome x07_file_open_write(const char *operation, x07_bytes_view path,
                                     x07_file_access *opened);
x07_file_outcome x07_file_open_read(const char *operation, x07_bytes_view path,
                                    x07_file_access *opened);

/* For an operation that is denied already: where denials are collected, what the policy lacks for
 * `path`, too. Nothing is opened. */
void x07_file_collect_write(const char *operation, x07_bytes_view path);

/* Remembers that `asked` bytes are more than the policy lets write to `path`, if they are. */
void x07_file_too_large(const char *operation, x07_bytes_view path, uint64_t asked);

#endif
