/* Processes that a program starts (os-modules.md §3). A handle is generation << 16 | (index + 1);
 * where nothing could be kept of a failed start, code << 16.
 *
 * Output is taken, input given and time kept whenever the program calls one of these functions. */
#ifndef X07_OS_PROCESS_H
#define X07_OS_PROCESS_H

#include "x07_types.h"

/* A handle, of a process whose output is one document at its end, or is read while it runs. */
uint32_t x07_os_process_spawn_capture_v1(x07_bytes request, x07_bytes caps, const char *at);
uint32_t x07_os_process_spawn_piped_v1(x07_bytes request, x07_bytes caps, const char *at);

/* Starts, waits, and gives the document. */
x07_bytes x07_os_process_run_capture_v1(x07_bytes request, x07_bytes caps, const char *at);

/* -- of captured processes: the document, once. A second time traps. */
x07_option_bytes x07_os_process_try_join_capture_v1(uint32_t handle, const char *at);
x07_bytes x07_os_process_join_capture_v1(uint32_t handle, const char *at);

/* -- of piped processes */

/* The exit code, or minus the code of the error, once. The first waits, the second traps early. */
uint32_t x07_os_process_join_exit_v1(uint32_t handle, const char *at);
uint32_t x07_os_process_take_exit_v1(uint32_t handle, const char *at);

/* At most `max` bytes of what is there; none where nothing came yet, and at the end. */
x07_bytes x07_os_process_stdout_read_v1(uint32_t handle, uint32_t max, const char *at);
x07_bytes x07_os_process_stderr_read_v1(uint32_t handle, uint32_t max, const char *at);

/* 1, or 0 where the input is closed already. Closing waits for what was written. */
uint32_t x07_os_process_stdin_write_v1(uint32_t handle, x07_bytes chunk, const char *at);
uint32_t x07_os_process_stdin_close_v1(uint32_t handle, const char *at);

/* -- of both */

/* Whether the process has ended. */
uint32_t x07_os_process_try_wait_v1(uint32_t handle, const char *at);

/* 1 where the signal was sent. */
uint32_t x07_os_process_kill_v1(uint32_t handle, uint32_t signal_number, const char *at);

/* 1, and the handle is no more. 0 where there is none such, and where the process runs on because
 * the policy says so (process.kill_on_drop). */
uint32_t x07_os_process_drop_v1(uint32_t handle, const char *at);

#endif
