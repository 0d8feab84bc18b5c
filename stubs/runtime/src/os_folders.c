/* Names: making folders, removing, renaming, looking. */
#include "fs_content.h"
#include "x07_os_files.h"
#include "x07_result.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef uint32_t change(const x07_fs_call *call);

static x07_result_i32 run(const x07_fs_head *head, change *change, x07_bytes path, x07_bytes caps)
{
    x07_fs_call call;
    uint32_t code = x07_fs_start(&call, head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    code = code == X07_FS_OK ? change(&call) : code;
    x07_bytes_drop(path);
    x07_bytes_drop(caps);
    return code == X07_FS_OK ? x07_result_i32_ok(1) : x07_result_i32_err(code);
}

static uint32_t make(const x07_fs_call *call)
{
    return x07_resolve_make(call->base, call->path) == 0 ? X07_FS_OK
                                                         : x07_fs_unresolved(call, errno);
}

x07_result_i32 x07_os_fs_mkdirs_v1(x07_bytes path, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.mkdirs_v1",
        .verdict = x07_verdict_write_folder,
        .list = X07_WRITE_ROOTS,
        .needs = X07_NEEDS_MKDIR,
        .makes_root = 1,
    };
    return run(&head, make, path, caps);
}

/* -- removing */

/* A link is removed, not what it leads to. Some systems say EPERM of a folder. */
static uint32_t remove_file(const x07_fs_call *call)
{
    const char *name;
    struct stat status;
    int folder = x07_fs_open_parent(call, &name);
    if (folder < 0) {
        return x07_fs_unresolved(call, errno);
    }
    uint32_t code = unlinkat(folder, name, 0) == 0 ? X07_FS_OK : x07_fs_code(errno);
    if (code == X07_FS_PERMISSION && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISDIR(status.st_mode)) {
        code = X07_FS_IS_DIR;
    }
    close(folder);
    return code;
}

x07_result_i32 x07_os_fs_remove_file_v1(x07_bytes path, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.remove_file_v1",
        .verdict = x07_verdict_replace,
        .list = X07_WRITE_ROOTS,
        .needs = X07_NEEDS_REMOVE,
    };
    return run(&head, remove_file, path, caps);
}

static uint32_t empty(const x07_fs_call *call, int folder, uint32_t depth);

static uint32_t remove_folder(const x07_fs_call *call, int parent, const char *name,
                              uint32_t depth)
{
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (folder < 0) {
        return x07_fs_code(errno == ELOOP ? ENOTDIR : errno);
    }
    uint32_t code = empty(call, folder, depth);
    if (code == X07_FS_OK && unlinkat(parent, name, AT_REMOVEDIR) != 0) {
        code = x07_fs_code(errno);
    }
    return code;
}

static uint32_t remove_entry(const x07_fs_call *call, int folder, const char *name, uint32_t depth)
{
    if (unlinkat(folder, name, 0) == 0) {
        return X07_FS_OK;
    }
    if (errno != EISDIR && errno != EPERM) {
        return x07_fs_code(errno);
    }
    if (depth > call->caps.max_depth) {
        return x07_fs_too_much(call, X07_FS_DEPTH_EXCEEDED, depth);
    }
    return remove_folder(call, folder, name, depth);
}

/* What is hidden stays, and with it the folders above it. */
static uint32_t ask_entry(const x07_fs_call *call, const char *name)
{
    x07_bytes_view view = {(const uint8_t *)name, (uint32_t)strlen(name)};
    if (!call->policy->fs.deny_hidden || !x07_segment_is_hidden(view)) {
        return X07_FS_OK;
    }
    x07_verdict verdict = {
        .reason = X07_HOLDS_HIDDEN, .field = "fs.deny_hidden", .wanted = view};
    return x07_fs_ask(call, verdict);
}

static int is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* The entries that are there, or the first error. */
static uint32_t remove_entries(const x07_fs_call *call, DIR *entries, uint32_t depth,
                               uint32_t *removed)
{
    const struct dirent *entry;
    uint32_t code = X07_FS_OK;
    while (code == X07_FS_OK && (entry = readdir(entries)) != NULL) {
        if (!is_dots(entry->d_name)) {
            code = ask_entry(call, entry->d_name);
            code = code == X07_FS_OK
                       ? remove_entry(call, dirfd(entries), entry->d_name, depth + 1)
                       : code;
            ++*removed;
        }
    }
    return code;
}

/* Until nothing is seen: where entries go, others may be passed over. Closes the folder. */
static uint32_t empty(const x07_fs_call *call, int folder, uint32_t depth)
{
    DIR *entries = fdopendir(folder);
    uint32_t code = X07_FS_OK, removed = 0;
    if (!entries) {
        close(folder);
        return X07_FS_IO;
    }
    do {
        removed = 0;
        rewinddir(entries);
        code = remove_entries(call, entries, depth, &removed);
    } while (code == X07_FS_OK && removed != 0);
    closedir(entries);
    return code;
}

static uint32_t remove_all(const x07_fs_call *call)
{
    const char *name;
    int parent = x07_fs_open_parent(call, &name);
    if (parent < 0) {
        return x07_fs_unresolved(call, errno);
    }
    uint32_t code = remove_folder(call, parent, name, 0);
    close(parent);
    return code;
}

x07_result_i32 x07_os_fs_remove_dir_all_v1(x07_bytes path, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.remove_dir_all_v1",
        .verdict = x07_verdict_replace,
        .list = X07_WRITE_ROOTS,
        .needs = X07_NEEDS_REMOVE,
    };
    return run(&head, remove_all, path, caps);
}

/* -- renaming */

static uint32_t rename_to(const x07_fs_call *call, int from_folder, const char *from)
{
    const char *to;
    int overwrites = (call->caps.flags & X07_FS_OVERWRITE) != 0;
    int to_folder = x07_fs_open_parent(call, &to);
    if (to_folder < 0) {
        return x07_fs_unresolved(call, errno);
    }
    int renamed = x07_rename(from_folder, from, to_folder, to, overwrites);
    uint32_t code = renamed == 0 ? X07_FS_OK : x07_fs_code(errno);
    close(to_folder);
    return code;
}

/* The call is then that of the second path. */
static uint32_t rename_both(x07_fs_call *call, x07_bytes_view to)
{
    const char *name;
    char from[X07_PATH_BYTES];
    int folder = x07_fs_open_parent(call, &name);
    if (folder < 0) {
        return x07_fs_unresolved(call, errno);
    }
    memcpy(from, name, strlen(name) + 1);
    uint32_t code = x07_fs_aim(call, to);
    code = code == X07_FS_OK ? rename_to(call, folder, from) : code;
    close(folder);
    return code;
}

x07_result_i32 x07_os_fs_rename_v1(x07_bytes from, x07_bytes to, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.rename_v1",
        .verdict = x07_verdict_replace,
        .list = X07_WRITE_ROOTS,
        .needs = X07_NEEDS_RENAME,
    };
    x07_fs_call call;
    uint32_t code = x07_fs_start(&call, &head, x07_bytes_as_view(from), x07_bytes_as_view(caps));
    code = code == X07_FS_OK ? rename_both(&call, x07_bytes_as_view(to)) : code;
    x07_bytes_drop(from);
    x07_bytes_drop(to);
    x07_bytes_drop(caps);
    return code == X07_FS_OK ? x07_result_i32_ok(1) : x07_result_i32_err(code);
}
