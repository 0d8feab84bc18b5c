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

/* Milliseconds since 1970, modulo 2^32. */
uint32_t x07_os_time_now_unix_ms(const char *at);

/* At once, without any output of the program. */
_Noreturn void x07_os_process_exit(uint32_t code, const char *at);

#endif
