/* What is in a folder, and what is below one. */
#include "fs_call.h"
#include "fs_names.h"
#include "glob.h"
#include "guard.h"
#include "x07_os_files.h"
#include "x07_result.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `path` is that of the folder at hand, below the one that was asked for. */
typedef struct {
    const x07_fs_call *call;
    x07_bytes_view glob;
    x07_names names;
    const char *at;
    size_t len;
    char path[X07_PATH_BYTES];
} listing;

static x07_bytes_view view_of(const char *text)
{
    return (x07_bytes_view){(const uint8_t *)text, (uint32_t)strlen(text)};
}

/* -- entries */

static int is_left_out(const x07_fs_call *call, const char *name)
{
    int is_dots = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    return is_dots
           || (call->policy->fs.deny_hidden && x07_guard("hidden")
               && x07_segment_is_hidden(view_of(name)));
}

/* A name that a line of UTF-8 cannot hold is an error: without it the list would be wrong. */
static uint32_t add(listing *listing, const char *name)
{
    if (strchr(name, '\n') || !x07_text_is_utf8(view_of(name))) {
        return X07_FS_UNSUPPORTED;
    }
    if (listing->names.count == listing->call->caps.max_entries) {
        return x07_fs_too_much(listing->call, X07_FS_TOO_MANY_ENTRIES,
                               (uint64_t)listing->names.count + 1);
    }
    x07_names_add(&listing->names, name, listing->at);
    return X07_FS_OK;
}

typedef uint32_t visit(listing *listing, int folder, const char *name, uint32_t depth);

/* Closes the folder. */
static uint32_t visit_all(listing *listing, int folder, visit *visit, uint32_t depth)
{
    DIR *entries = fdopendir(folder);
    const struct dirent *entry;
    uint32_t code = X07_FS_OK;
    if (!entries) {
        close(folder);
        return X07_FS_IO;
    }
    errno = 0;
    while (code == X07_FS_OK && (entry = readdir(entries)) != NULL) {
        if (!is_left_out(listing->call, entry->d_name)) {
            code = visit(listing, dirfd(entries), entry->d_name, depth);
        }
        errno = 0;
    }
    if (code == X07_FS_OK && errno != 0) {
        code = X07_FS_IO;
    }
    closedir(entries);
    return code;
}

/* -- one folder */

static uint32_t visit_name(listing *listing, int folder, const char *name, uint32_t depth)
{
    (void)folder, (void)depth;
    return add(listing, name);
}

/* -- a tree */

static uint32_t visit_path(listing *listing, int folder, const char *name, uint32_t depth);

/* A link is no folder, wherever it leads. */
static uint32_t enter(listing *listing, int parent, const char *name, uint32_t depth)
{
    int no_follow = x07_guard("walk-links") ? O_NOFOLLOW : 0;
    int folder = openat(parent, name, O_RDONLY | O_DIRECTORY | no_follow | O_CLOEXEC);
    return folder < 0 ? X07_FS_IO : visit_all(listing, folder, visit_path, depth);
}

/* Whether a link is one to a file, and links are asked for. */
static int leads_to_file(const listing *listing)
{
    struct stat status = {.st_mode = 0};
    const x07_fs_call *call = listing->call;
    char path[X07_ABSOLUTE_BYTES + X07_PATH_BYTES];
    size_t len = strlen(call->path);
    if (!(call->caps.flags & X07_FS_ALLOW_SYMLINKS)) {
        return 0;
    }
    memcpy(path, call->path, len);
    path[len] = '/';
    memcpy(path + len + (len != 0), listing->path, strlen(listing->path) + 1);
#ifdef O_PATH
    int file = x07_resolve(call->base, path, O_PATH, 0);
#else
    int file = x07_resolve(call->base, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
#endif
    int looked = file < 0 ? -1 : fstat(file, &status);
    if (file >= 0) {
        close(file);
    }
    return looked == 0 && S_ISREG(status.st_mode);
}

static int is_listed(const listing *listing, mode_t mode)
{
    int is_file = S_ISREG(mode) || (S_ISLNK(mode) && leads_to_file(listing));
    return is_file && x07_glob_matches(listing->glob, view_of(listing->path));
}

static uint32_t visit_kind(listing *listing, int folder, const char *name, uint32_t depth)
{
    struct stat status;
    int no_follow = x07_guard("walk-links") ? AT_SYMLINK_NOFOLLOW : 0;
    if (fstatat(folder, name, &status, no_follow) != 0) {
        return X07_FS_IO;
    }
    if (S_ISDIR(status.st_mode)) {
        return enter(listing, folder, name, depth);
    }
    return is_listed(listing, status.st_mode) ? add(listing, listing->path) : X07_FS_OK;
}

static uint32_t visit_path(listing *listing, int folder, const char *name, uint32_t depth)
{
    size_t before = listing->len, len = strlen(name);
    if (depth >= listing->call->caps.max_depth) {
        return x07_fs_too_much(listing->call, X07_FS_DEPTH_EXCEEDED, (uint64_t)depth + 1);
    }
    if (before + len + 2 > sizeof listing->path) {
        return X07_FS_IO;
    }
    listing->path[before] = '/';
    size_t start = before + (before != 0);
    memcpy(listing->path + start, name, len + 1);
    listing->len = start + len;
    uint32_t code = visit_kind(listing, folder, name, depth + 1);
    listing->len = before;
    return code;
}

/* -- both */

static uint32_t list(listing *listing, visit *visit)
{
    int folder = x07_fs_open(listing->call, O_RDONLY | O_DIRECTORY);
    if (folder < 0) {
        return x07_fs_unresolved(listing->call, errno);
    }
    return visit_all(listing, folder, visit, 0);
}

static x07_result_bytes lines(listing *listing, uint32_t code)
{
    if (code == X07_FS_OK) {
        return x07_result_bytes_ok(x07_names_lines(&listing->names, listing->at));
    }
    x07_names_drop(&listing->names);
    return x07_result_bytes_err(code);
}

x07_result_bytes x07_os_fs_list_dir_sorted_text_v1(x07_bytes path, x07_bytes caps, const char *at)
{
    static const x07_fs_head head = {
        .operation = "os.fs.list_dir_sorted_text_v1",
        .verdict = x07_verdict_read,
        .list = X07_READ_ROOTS,
        .needs = X07_NEEDS_WALK,
    };
    x07_fs_call call;
    listing listing = {.call = &call, .names = X07_NO_NAMES, .at = at};
    uint32_t code = x07_fs_start(&call, &head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    code = code == X07_FS_OK ? list(&listing, visit_name) : code;
    x07_bytes_drop(path);
    x07_bytes_drop(caps);
    return lines(&listing, code);
}

x07_result_bytes x07_os_fs_walk_glob_sorted_text_v1(x07_bytes root, x07_bytes glob, x07_bytes caps,
                                                    const char *at)
{
    static const x07_fs_head head = {
        .operation = "os.fs.walk_glob_sorted_text_v1",
        .verdict = x07_verdict_read,
        .list = X07_READ_ROOTS,
        .needs = X07_NEEDS_WALK | X07_NEEDS_GLOB,
    };
    x07_fs_call call;
    listing listing = {
        .call = &call, .names = X07_NO_NAMES, .at = at, .glob = x07_bytes_as_view(glob)};
    uint32_t code = x07_fs_start(&call, &head, x07_bytes_as_view(root), x07_bytes_as_view(caps));
    if (code == X07_FS_OK && !x07_glob_is_good(listing.glob)) {
        code = X07_FS_BAD_PATH;
    }
    code = code == X07_FS_OK ? list(&listing, visit_path) : code;
    x07_bytes_drop(root);
    x07_bytes_drop(glob);
    x07_bytes_drop(caps);
    return lines(&listing, code);
}
