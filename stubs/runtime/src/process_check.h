/* What the policy says to the start of a process (policy.md §6.3). */
#ifndef X07_PROCESS_CHECK_H
#define X07_PROCESS_CHECK_H

#include "process_request.h"
#include "x07_policy.h"

enum {
    X07_PROCESS_OK = 0,
    X07_PROCESS_DENIED = 1,
    X07_PROCESS_INVALID = 2,
    X07_PROCESS_FAILED = 3,
    X07_PROCESS_TIMEOUT = 4,
    X07_PROCESS_OUTPUT_LIMIT = 5,
};

/* A start that is asked for. Its bytes are read first, its verdicts come in the contract's order. */
typedef struct {
    const x07_policy *policy;
    /* A head of the language. */
    const char *operation;
    int has_request;
    int has_caps;
    x07_process_request request;
    x07_process_caps caps;
} x07_process_start;

/* What a denial names: the program, as far as it is known. */
x07_bytes_view x07_process_target(const x07_process_start *start);

/* Tells the denial, if it is one; X07_PROCESS_OK or X07_PROCESS_DENIED. */
uint32_t x07_process_ask(const x07_process_start *start, x07_bytes_view target,
                         x07_verdict verdict);

/* A verdict after another one, of codes: the first that is not X07_PROCESS_OK. Whether there is to be
 * one: where denials are collected, all are told. */
uint32_t x07_process_first(uint32_t code, uint32_t next);
int x07_process_goes_on(uint32_t code);

/* Before anything is counted: whether `spawned` processes are all that may ever be started. A policy
 * that allows none (0) says so by its switches. */
uint32_t x07_process_check_spawns(const x07_process_start *start, uint64_t spawned);

/* Whether processes may be started; then how many at once, `live` being there. */
uint32_t x07_process_check_switches(const x07_process_start *start);
uint32_t x07_process_check_live(const x07_process_start *start, uint32_t live);

/* The rest, up to the opening of files. The time limit of the policy enters the caps. */
uint32_t x07_process_check_start(x07_process_start *start);

#endif
