/* What a program asks for when it starts a process (os-modules.md §3). */
#ifndef X07_PROCESS_REQUEST_H
#define X07_PROCESS_REQUEST_H

#include "x07_types.h"

enum { X07_PROCESS_ARGS_MAX = 128, X07_PROCESS_VARIABLES_MAX = 256 };

typedef struct {
    x07_bytes_view key;
    x07_bytes_view value;
} x07_process_variable;

/* Parts of ProcReqV1. No text contains a NUL; keys are not empty and contain no `=`. */
typedef struct {
    uint32_t args_count;
    uint32_t variables_count;
    x07_bytes_view args[X07_PROCESS_ARGS_MAX];
    x07_process_variable variables[X07_PROCESS_VARIABLES_MAX];
    x07_bytes_view folder;
    x07_bytes_view input;
} x07_process_request;

/* ProcCapsV1, with what stands for the sum of two in its place. `timeout_ms` 0: none. */
typedef struct {
    uint32_t max_stdout_bytes;
    uint32_t max_stderr_bytes;
    uint32_t max_total_bytes;
    uint32_t timeout_ms;
    /* It is the policy's, since the program asked for none. */
    int timeout_is_policys;
} x07_process_caps;

/* 0 where the bytes are no such thing. */
int x07_process_read_request(x07_bytes_view bytes, x07_process_request *request);
int x07_process_read_caps(x07_bytes_view bytes, x07_process_caps *caps);

/* Text for the system: NULL-terminated lists, the program's name first among the arguments. */
typedef struct {
    /* Two places before the first are there for an interpreter and its option. */
    char **args;
    char **variables;
    /* NULL: the program's own. */
    char *folder;
    void *block;
} x07_process_text;

/* To be freed by x07_process_text_drop. */
x07_process_text x07_process_text_of(const x07_process_request *request, const char *at);
void x07_process_text_drop(x07_process_text text);

#endif
