/* The processes of a program, by handle. */
#ifndef X07_PROCESS_TABLE_H
#define X07_PROCESS_TABLE_H

#include <sys/types.h>

#include "x07_types.h"

typedef enum { X07_SLOT_FREE, X07_SLOT_RUNNING, X07_SLOT_ENDED } x07_slot_state;

/* Output that came and was not taken. */
typedef struct {
    /* -1: its end was reached, or nobody wants more. */
    int from;
    uint32_t max_bytes;
    /* Bytes at the front of `held` that were taken. */
    uint32_t taken;
    x07_vec_u8 held;
} x07_process_output;

typedef struct {
    /* -1: closed. */
    int to;
    /* To be closed when all is written. */
    int closing;
    /* Bytes at the front of `held` that were written. */
    uint32_t written;
    x07_vec_u8 held;
} x07_process_input;

typedef struct {
    /* Read by a signal handler, as are `pid` and `deadline_ms`. */
    volatile x07_slot_state state;
    uint32_t generation;
    int piped;
    /* The result was given. */
    int taken;
    /* 0, or why there is no exit code. */
    uint32_t error_code;
    uint32_t exit_code;
    pid_t pid;
    /* Readable at its end; -1: not asked for, or not to be had. */
    int watch;
    /* By the monotonic clock; UINT64_MAX: none. */
    uint64_t deadline_ms;
    int deadline_is_policys;
    uint32_t max_total_bytes;
    x07_process_output output;
    x07_process_output errors;
    x07_process_input input;
} x07_process_slot;

typedef struct {
    x07_process_slot *slots;
    uint32_t count;
    uint32_t running;
    /* As the policy says. */
    int kill_tree;
    int kill_on_drop;
    int kill_stragglers;
} x07_process_table;

extern x07_process_table x07_processes;

/* A slot of a state that is not free, and its handle; NULL where every handle is taken. */
x07_process_slot *x07_process_slot_new(uint32_t *handle, const char *at);

/* NULL for a handle of no slot, which is that of an error where its index is 0. */
x07_process_slot *x07_process_slot_of(uint32_t handle);

/* Closes what is open, frees what is held; the handle is no more. The process is not running. */
void x07_process_slot_free(x07_process_slot *slot);

/* -- ends */

/* 0 when `signal_number` was sent to the process, or to its group where it has one. */
int x07_process_signal(const x07_process_slot *slot, int signal_number);

/* The process has ended by itself: takes its exit code, closes its input. */
void x07_process_ended(x07_process_slot *slot);

/* Kills it; its result is that it failed. */
void x07_process_fail(x07_process_slot *slot, uint32_t error_code);

#endif
