/* What needs the operating system (os-modules.md §2). Only programs of OS worlds call it. */
#ifndef X07_OS_H
#define X07_OS_H

#include "x07_types.h"

/* The whole file. Every failure traps. */
x07_bytes x07_os_fs_read_file(x07_bytes path, const char *at);

/* 0, or the errno of what failed. The file is made or emptied first. */
uint32_t x07_os_fs_write_file(x07_bytes path, x07_bytes data, const char *at);

/* Empty where the variable is not set. */
x07_bytes x07_os_env_get(x07_bytes key, const char *at);

/* -- time: documents of os-modules.md §6 */

/* Milliseconds since 1970, modulo 2^32. */
uint32_t x07_os_time_now_unix_ms(const char *at);

x07_bytes x07_os_time_now_instant_v1(const char *at);
x07_bytes x07_os_time_local_tzid_v1(const char *at);

/* 1 after the time, 0 at once where that is denied. `ms` is signed. */
uint32_t x07_os_time_sleep_ms_v1(uint32_t ms);

/* -- standard streams, random bytes: codes and capabilities of os-modules.md §5 */

/* A line without its end. A line that is too long is taken as a whole, too. */
x07_result_bytes x07_os_stdio_read_line_v1(x07_bytes caps, const char *at);

/* ok: the number of bytes, all of `data`; of a flush, 0. */
x07_result_i32 x07_os_stdio_write_stdout_v1(x07_bytes data, x07_bytes caps);
x07_result_i32 x07_os_stdio_write_stderr_v1(x07_bytes data, x07_bytes caps);
x07_result_i32 x07_os_stdio_flush_stdout_v1(void);
x07_result_i32 x07_os_stdio_flush_stderr_v1(void);

x07_result_bytes x07_os_rand_bytes_v1(uint32_t count, x07_bytes caps, const char *at);
x07_result_bytes x07_os_rand_u64_v1(x07_bytes caps, const char *at);

/* -- the process */

/* At once, without any output of the program. */
_Noreturn void x07_os_process_exit(uint32_t code, const char *at);

#endif
