/* A new process: pipes, fork, exec. */
#ifndef X07_PROCESS_EXEC_H
#define X07_PROCESS_EXEC_H

#include <sys/types.h>

#include "process_open.h"

/* This side's ends of the pipes; none of them blocks. */
typedef struct {
    pid_t pid;
    int input;
    int output;
    int errors;
} x07_process_ends;

typedef struct {
    const x07_process_files *files;
    char **variables;
    /* In a process group of its own, so that kills reach what it starts. */
    int has_group;
    /* Killed with this process, however this one ends, where the system can do that. */
    int dies_with_us;
} x07_process_new;

/* 0 when the program runs, else an errno, and nothing is left. */
int x07_process_exec(const x07_process_new *made, x07_process_ends *ends);

#endif
