#include "fs_tries.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

void x07_fs_tried(const x07_fs_tries *tries, char path[X07_ABSOLUTE_BYTES])
{
    size_t len = tries->root.len < X07_PATH_BYTES ? tries->root.len : X07_PATH_BYTES;
    size_t rest_len = strnlen(tries->rest, X07_PATH_BYTES - 2);
    memcpy(path, tries->root.ptr, len);
    path[len] = '/';
    len += len != 0;
    memcpy(path + len, tries->rest, rest_len);
    path[len + rest_len] = '\0';
}

/* What is left of the path where it starts with the root's own; else all of its name. */
static const char *below(const x07_fs_call *call, x07_bytes_view root, const char *name)
{
    char from[X07_ABSOLUTE_BYTES];
    const char *rest = NULL;
    if (x07_path_absolute(from, sizeof from, call->policy->folder, root)) {
        rest = x07_path_below(from, call->match.path);
    }
    return rest ? rest : name;
}

static int error_of(const x07_fs_call *call, int file, x07_fs_tries *tries)
{
    if (fstat(file, &tries->status) != 0) {
        return errno;
    }
    if (S_ISDIR(tries->status.st_mode)) {
        return EISDIR;
    }
    tries->verdict = x07_fs_why_file(call, &tries->status);
    return tries->verdict.reason != X07_GRANTED ? EACCES : 0;
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
    tries->error = error_of(call, file, tries);
    if (tries->error) {
        close(file);
    }
    return tries->error ? -1 : file;
}

int x07_fs_try_roots(x07_fs_call *call, int flags, x07_fs_tries *tries)
{
    const x07_fs_policy *fs = &call->policy->fs;
    x07_policy_list roots = call->head->list == X07_READ_ROOTS ? fs->read_roots : fs->write_roots;
    const char *name = call->path;
    x07_bytes_view root;
    int file = -1;
    *tries = (x07_fs_tries){.root = X07_NO_BYTES_VIEW, .rest = name, .error = EACCES};
    x07_fs_roots_pin(call->policy);
    if (!x07_path_absolute(call->match.path, sizeof call->match.path, call->policy->folder,
                           call->target)) {
        return -1;
    }
    for (uint32_t index = 0; file < 0 && x07_policy_next(&roots, &root); index++) {
        tries->verdict = (x07_verdict){.reason = X07_GRANTED};
        tries->root = root;
        tries->rest = call->path = below(call, root, name);
        call->base = (x07_base){.folder = -1, .follows = 1};
        file = try_root(call, index, flags, tries);
    }
    return file;
}
