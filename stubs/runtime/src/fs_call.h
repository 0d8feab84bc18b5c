/* What every fs v1 head starts with: caps, switches, the path, its root; and how errors are told. */
#ifndef X07_FS_CALL_H
#define X07_FS_CALL_H

#include <sys/stat.h>

#include "fs_caps.h"
#include "fs_roots.h"
#include "policy_roots.h"

/* os-modules.md §4 */
enum {
    X07_FS_OK = 0,
    X07_FS_POLICY_DENY = 60001,
    X07_FS_DISABLED = 60002,
    X07_FS_BAD_PATH = 60003,
    X07_FS_BAD_CAPS = 60004,
    X07_FS_BAD_HANDLE = 60005,
    X07_FS_NOT_FOUND = 60010,
    X07_FS_ALREADY_EXISTS = 60011,
    X07_FS_NOT_DIR = 60012,
    X07_FS_IS_DIR = 60013,
    X07_FS_PERMISSION = 60014,
    X07_FS_IO = 60015,
    X07_FS_TOO_LARGE = 60016,
    X07_FS_TOO_MANY_ENTRIES = 60017,
    X07_FS_DEPTH_EXCEEDED = 60018,
    X07_FS_SYMLINK_DENIED = 60019,
    X07_FS_UNSUPPORTED = 60020,
};

/* Switches that a call needs. */
enum {
    X07_NEEDS_MKDIR = 1,
    X07_NEEDS_RENAME = 2,
    X07_NEEDS_REMOVE = 4,
    X07_NEEDS_WALK = 8,
    X07_NEEDS_GLOB = 16,
};

/* What a head is: one for all of its calls. */
typedef struct {
    const char *operation;
    x07_verdict (*verdict)(const x07_policy *policy, x07_bytes_view path);
    x07_root_list list;
    uint32_t needs;
    /* Caps flags that bring needs of their own: CREATE_PARENTS and ATOMIC_WRITE. */
    uint32_t minds_flags;
    /* Caps flags that make no sense. */
    uint32_t refuses_flags;
    /* A root that is not there is made. */
    uint32_t makes_root;
} x07_fs_head;

/* A call, which `base` and `path` lead to the target of. */
typedef struct {
    const x07_fs_head *head;
    const x07_policy *policy;
    x07_bytes_view target;
    x07_fs_caps caps;
    x07_base base;
    const char *path;
    x07_root_match match;
} x07_fs_call;

/* 0, or the code of the error. */
uint32_t x07_fs_start(x07_fs_call *call, const x07_fs_head *head, x07_bytes_view path,
                      x07_bytes_view caps);

/* The same for a second path of a call. */
uint32_t x07_fs_aim(x07_fs_call *call, x07_bytes_view path);

/* -- opening; -1 and errno */

int x07_fs_open(const x07_fs_call *call, int flags);
int x07_fs_open_parent(const x07_fs_call *call, const char **name);

/* Where the caps say so, makes the folders that the target is to be in. 0, or a code. */
uint32_t x07_fs_make_parents(const x07_fs_call *call);

/* 0 where the open file is one that may be read and written: in a sandbox a regular file with one
 * name. */
uint32_t x07_fs_check_file(const x07_fs_call *call, int file, struct stat *status);

/* Why the system refused to open the target, or why an open file is not to be used, where it is the
 * policy's doing; else X07_GRANTED. */
x07_verdict x07_fs_why_unresolved(const x07_fs_call *call, int error);
x07_verdict x07_fs_why_file(const x07_fs_call *call, const struct stat *status);

/* -- codes */

/* Of an error of an operation, and of one of opening what the path leads to. */
uint32_t x07_fs_code(int error);
uint32_t x07_fs_unresolved(const x07_fs_call *call, int error);

/* Remembers the denial and is its code; 0 where it is none. */
uint32_t x07_fs_ask(const x07_fs_call *call, x07_verdict verdict);

/* X07_FS_TOO_LARGE, X07_FS_TOO_MANY_ENTRIES or X07_FS_DEPTH_EXCEEDED, with a denial where it was
 * the policy's limit. */
uint32_t x07_fs_too_much(const x07_fs_call *call, uint32_t code, uint64_t asked);

#endif
