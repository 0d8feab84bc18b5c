/* What happens between a program and its processes: output that comes, input that goes, ends and
 * time limits. Nothing happens elsewhere. */
#ifndef X07_PROCESS_PUMP_H
#define X07_PROCESS_PUMP_H

#include "process_exec.h"
#include "process_table.h"

/* For x07_process_pump: until something happens. */
enum { X07_PROCESS_FOREVER = -1 };

/* The process of a new slot runs. */
void x07_process_running(x07_process_slot *slot, const x07_process_ends *ends,
                         const x07_process_caps *caps);

/* Does for every process what can be done. Where there is nothing to do, waits up to `wait_ms` for
 * something; who waits for an end calls it in a loop. */
void x07_process_pump(int wait_ms, const char *at);

/* Up to `max` bytes that came. Also where the process has ended: what it left. */
x07_bytes x07_process_take(x07_process_slot *slot, x07_process_output *output, uint32_t max,
                           const char *at);

/* Adds to what waits to become its input. */
void x07_process_give(x07_process_slot *slot, x07_bytes_view data, const char *at);

#endif
