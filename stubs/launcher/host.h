/* What a start that was decided before needs of the system: files it is about, and processes. */
#ifndef X07_LAUNCHER_HOST_H
#define X07_LAUNCHER_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "text.h"

/* What is at a path, links not followed. `is_absent`: nothing is, for sure. `is_ours`: it belongs to
 * us, and nobody else may write. */
typedef struct {
    bool is_absent;
    bool is_folder;
    bool is_file;
    bool is_ours;
} x07_look;

x07_look x07_look_at(const char *path);
/* Whether a folder is reached without a link; false also where the kernel cannot tell (5.6). */
bool x07_is_straight(const char *path);
/* Whether no file system is mounted below a folder; false where that cannot be read. */
bool x07_is_sealed(x07_text folder);
bool x07_can_execute(const char *path);
bool x07_is_terminal(int descriptor);
/* The null device. */
bool x07_is_nowhere(int descriptor);

/* All of a regular file that is ours, no larger than `most`; no text where it is not. */
x07_text x07_read_ours(const char *path, size_t most);
/* With its NUL, at most `bytes`; false where there is none. */
bool x07_current_folder(char *path, size_t bytes);
bool x07_node_name(char *name, size_t bytes);
uint64_t x07_user(void);
uint64_t x07_group(void);
uint64_t x07_process_id(void);
/* Of a resource, by its number; the largest of all where it has none. */
uint64_t x07_hard_limit(int resource);
uint64_t x07_unix_ms(void);

/* For us alone, or of a mode, whatever the umask is. */
bool x07_make_folder(const char *path);
int x07_create(const char *path);
bool x07_set_mode(int descriptor, unsigned mode);
bool x07_rename(const char *from, const char *to);
/* A descriptor with a shared lock on a folder, which outlives `execve`; less than 0: there is none. */
int x07_lock_folder(const char *path);

/* Reading end, writing end; both outlive `execve`. */
bool x07_pipe(int ends[2]);
/* INT, TERM, HUP and QUIT, which ask us to end, wait for whoever releases them. */
void x07_hold_requests(void);
/* What ends those that we clean up after does not end us. */
void x07_ignore_requests(void);
/* Returns once a pipe's other end was closed, or after `wait_ms`. */
void x07_await_hang_up(int descriptor, int wait_ms);
/* Returns once a child has ended, a signal that is held has come, or there is something to read
 * (`input`: a descriptor, or -1); or after `wait_ms`. */
void x07_await_child(int process, int input, int wait_ms);
void x07_new_session(void);
void x07_lead_group(void);
/* SIGPIPE ends whoever writes where nobody reads, and SIGXFSZ whoever writes a file that is larger
 * than it may be: not us, but what we start. */
void x07_ignore_failed_writes(void);
void x07_default_failed_writes(void);
/* Where SIGCHLD is ignored, which is inherited, nobody hears how a child has ended. */
void x07_keep_exit_statuses(void);
/* Waits for a child; whether it exited with 0. */
bool x07_has_succeeded(int process);
bool x07_change_folder(const char *path);
void x07_place(int descriptor, int number);
/* All descriptors from a number on. False: the kernel is too old for it (5.9). */
bool x07_close_from(int number);
_Noreturn void x07_exit(int status);

#endif
