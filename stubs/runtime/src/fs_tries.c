#include "fs_tries.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void note_path(x07_fs_tries *tries, x07_bytes_view root, const char *rest)
{
    size_t len = root.len < X07_PATH_BYTES ? root.len : X07_PATH_BYTES;
    size_t rest_len = strnlen(rest, X07_PATH_BYTES - 2);
    memcpy(tries->path, root.ptr, len);
    tries->path[len] = '/';
    memcpy(tries->path + len + 1, rest, rest_len);
    tries->path[len + 1 + rest_len] = '\0';
}

/* What is left of the path where it starts with the root's own, else all of it. */
static const char *below(x07_fs_call *call, x07_bytes_view root)
{
    char from[X07_ABSOLUTE_BYTES], *to = call->match.path;
    const char *folder = call->policy->folder;
    const char *rest = NULL;
    if (x07_path_absolute(from, sizeof from, folder, root)
        && x07_path_absolute(to, sizeof call->match.path, folder, call->target)) {
        rest = x07_path_below(from, to);
    }
    if (rest) {
        return rest;
    }
    memcpy(to, call->target.ptr, call->target.len);
    to[call->target.len] = '\0';
    return to;
}

static int error_of(const x07_fs_call *call, int file, x07_verdict *verdict)
{
    struct stat status;
    if (fstat(file, &status) != 0) {
        return errno;
    }
    if (S_ISDIR(status.st_mode)) {
        return EISDIR;
    }
    *verdict = x07_fs_why_file(call, &status);
    return verdict->reason != X07_GRANTED ? EACCES : 0;
}

static int try_root(x07_fs_call *call, uint32_t index, int flags, x07_fs_tries *tries)
{
    int found = x07_fs_root(call->head->list, index, 0, &call->path, &call->base);
    int file = found == 0 ? x07_fs_open(call, flags) : -1;
    if (file < 0) {
        tries->verdict = x07_fs_why_unresolved(call, errno);
        tries->error = tries->verdict.reason != X07_GRANTED ? EACCES : errno;
        return -1;
    }
    tries->error = error_of(call, file, &tries->verdict);
    if (tries->error) {
        close(file);
    }
    return tries->error ? -1 : file;
}

int x07_fs_try_roots(x07_fs_call *call, int flags, x07_fs_tries *tries)
{
    const x07_fs_policy *fs = &call->policy->fs;
    x07_policy_list roots = call->head->list == X07_READ_ROOTS ? fs->read_roots : fs->write_roots;
    x07_bytes_view root;
    int file = -1;
    x07_fs_roots_pin(call->policy);
    tries->error = EACCES;
    for (uint32_t index = 0; file < 0 && x07_policy_next(&roots, &root); index++) {
        tries->verdict = (x07_verdict){.reason = X07_GRANTED};
        call->base = (x07_base){.folder = -1, .follows = 1};
        call->path = below(call, root);
        note_path(tries, root, call->path);
        file = try_root(call, index, flags, tries);
    }
    return file;
}
