/* The two ways in: what `main` of a program calls (abi.md §1 and §2). */
#ifndef X07_MAIN_H
#define X07_MAIN_H

#include <stdint.h>

/* For a runner: framed input on stdin, framed output on stdout, one line of metrics on stderr. */
int x07_framed_main(void);

/* What is fixed when a program is bundled. 0: no limit. */
typedef struct {
    /* The program's argument 0, whatever it is called at run time. */
    const char *name;
    uint64_t max_output_bytes;
    uint64_t cpu_seconds;
} x07_bundle_config;

/* For people: the arguments are the input (argv_v1), the output is written as it is. */
int x07_bundle_main(const x07_bundle_config *config, int argc, char **argv);

#endif
