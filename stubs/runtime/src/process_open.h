/* The files of a start: opened before the process is there, so that what was checked is what runs,
 * and so that errors are told before anything happens. */
#ifndef X07_PROCESS_OPEN_H
#define X07_PROCESS_OPEN_H

#include "process_check.h"

/* What the kernel reads of a script's first line. */
enum { X07_PROCESS_LINE_BYTES = 256 };

/* Descriptors are closed on exec. -1: none. */
typedef struct {
    /* What is executed; none: `path` is. */
    int program;
    /* What the interpreter gets to read; stays open in the process. */
    int script;
    /* Where the process starts; none: where this one is. */
    int folder;
    const char *path;
    char **args;
    /* Memory of `path`, where that is not the request's text. */
    char *absolute;
    char script_path[40];
    char line[X07_PROCESS_LINE_BYTES];
} x07_process_files;

/* Opens; `text` is that of the request. On an error, what was opened remains to be closed. */
uint32_t x07_process_open(const x07_process_start *start, const x07_process_text *text,
                          x07_process_files *files);
void x07_process_files_close(x07_process_files *files);

#endif
