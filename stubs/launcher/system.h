/* The system. `system.c` is Linux without a C library: what one would read of the environment and the
 * disk before our first line runs is not known. `system_posix.c` is what macOS takes, which has no
 * other door than its C library. Calls give -errno where they fail. */
#ifndef X07_LAUNCHER_SYSTEM_H
#define X07_LAUNCHER_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    size_t argument_count;
    char **arguments;
    char **environment;
    /* AT_HWCAP: what the processor can, on arm64. */
    unsigned long hardware;
} x07_process;

/* An entry of a folder, as the kernel of Linux writes it. */
typedef struct {
    uint64_t inode;
    int64_t offset;
    uint16_t bytes;
    uint8_t kind;
    char name[];
} x07_entry;

enum { X07_KIND_FOLDER = 4, X07_KIND_FILE = 8, X07_KIND_UNKNOWN = 0 };

/* The program: `launcher.c` and `starter.c` have one each. Its result is the exit status. */
int x07_launch(const x07_process *process);

/* What must be a regular file, or a folder, and no link to one. Nothing is waited for. */
int x07_open_file(int folder, const char *path);
int x07_open_folder(int folder, const char *path);
bool x07_is_file(int descriptor);
bool x07_is_open(int descriptor);
int x07_open_null(void);
void x07_close(int descriptor);
/* An empty file, where none is. */
bool x07_make_file(const char *path);
void x07_remove_file(const char *path);

long x07_read(int descriptor, void *data, size_t bytes);
long x07_read_at(int descriptor, void *data, size_t bytes, uint64_t offset);
/* -1 where it is not known. */
int64_t x07_size(int descriptor);
long x07_read_folder(int descriptor, void *data, size_t bytes);
/* Where the file is that this program runs from, links resolved and without a NUL; how many bytes it
 * is, at most as many as fit. The place is who says it, and the hint is for where it does not. */
long x07_own_path(char *target, size_t bytes);
extern const char x07_own_place[];
extern const char x07_own_place_hint[];
long x07_write_some(int descriptor, const void *data, size_t bytes);
/* False: not all of it could be. */
bool x07_write(int descriptor, const void *data, size_t bytes);

/* Zeroed memory that is never given back; NULL where there is none. */
void *x07_memory(size_t bytes);

/* Returns where it fails. */
int x07_execute(const char *path, char **arguments, char **environment);

/* What `starter` needs of processes: `processes.c` has it. */
typedef struct {
    int process;
    /* What ended it; 0: it exited with `status`. */
    int signal;
    int status;
} x07_child;

/* All of them wait to be taken, also those that a guest's first process would never get. */
void x07_hold_signals(void);
void x07_release_signals(void);
/* 0 in the new process; -errno where there is none. */
int x07_fork(void);
/* Those that wait to be taken, but for the ends of children: bit 0 is signal 1. */
uint64_t x07_take_signals(void);
/* Waits for a signal, half a second at most. 0: none, or none that somebody sent to us alone. */
int x07_next_signal(void);
/* A child that has ended; false: none has. */
bool x07_wait(x07_child *child);
void x07_send(int process, int number);
bool x07_set_file_mode(const char *path, unsigned mode);
/* When it was changed, in seconds. */
void x07_set_file_time(const char *path, int64_t seconds);
/* False also where nobody can tell. */
bool x07_is_missing(const char *path);
/* Standard input's, where that is a terminal: engines say it after they started us. A moment is all
 * that is waited, since it may have none. */
void x07_await_terminal_size(void);

/* A call of the system; -errno where it fails. */
long x07_call(long number, long a, long b, long c, long d);
long x07_call6(long number, long a, long b, long c, long d, long e, long f);

size_t x07_length(const char *text);
bool x07_equal(const void *one, const void *other, size_t bytes);
void x07_copy(void *restrict target, const void *restrict source, size_t bytes);

#endif
