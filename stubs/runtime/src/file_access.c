#include "x07_file_access.h"

#include "fs_tries.h"
#include "guard.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

_Static_assert((int)X07_FILE_PATH_BYTES >= (int)X07_ABSOLUTE_BYTES, "a path that was tried has room");

/* -- what the policy says before anything is opened */

static x07_verdict by_name(const x07_policy *policy, x07_bytes_view path)
{
    int hides = policy->sandboxed && policy->fs.deny_hidden && x07_guard("hidden");
    if (hides && x07_path_is_hidden(path)) {
        return (x07_verdict){.reason = X07_IS_HIDDEN, .field = "fs.deny_hidden"};
    }
    return (x07_verdict){.reason = X07_GRANTED};
}

static x07_file_outcome denied(const x07_fs_call *call, x07_verdict verdict)
{
    x07_denied(call->head->operation, call->target, &verdict);
    return X07_FILE_DENIED;
}

/* -- opening */

static int open_anywhere(const x07_fs_call *call, int flags, x07_fs_tries *tries)
{
    *tries = (x07_fs_tries){.root = X07_NO_BYTES_VIEW, .rest = call->path};
    int file = openat(AT_FDCWD, call->path, flags | O_CLOEXEC, 0666);
    tries->error = file < 0 || fstat(file, &tries->status) != 0 ? errno : 0;
    return file;
}

/* Why no root has the file: what the last one said, or that the path starts with no root's own. */
static x07_file_outcome why_not(const x07_fs_call *call, const x07_fs_tries *tries)
{
    x07_verdict verdict = tries->verdict;
    if (call->policy->sandboxed && verdict.reason == X07_GRANTED) {
        verdict = call->head->verdict(call->policy, call->target);
    }
    return verdict.reason == X07_GRANTED ? X07_FILE_FAILED : denied(call, verdict);
}

static x07_file_outcome open_name(x07_fs_call *call, int flags, x07_file_access *opened)
{
    x07_fs_tries tries;
    opened->file = call->policy->sandboxed ? x07_fs_try_roots(call, flags, &tries)
                                           : open_anywhere(call, flags, &tries);
    if (opened->file < 0) {
        return why_not(call, &tries);
    }
    x07_fs_tried(&tries, opened->path);
    return X07_FILE_OPENED;
}

static x07_file_outcome open_file(const x07_fs_head *head, x07_bytes_view path, int flags,
                                  x07_file_access *opened)
{
    char name[X07_PATH_BYTES];
    x07_fs_call call = {.head = head, .policy = x07_policy_current(), .target = path};
    x07_verdict verdict = x07_verdict_switch(call.policy, call.policy->fs.enabled, "fs.enabled");
    if (verdict.reason != X07_GRANTED) {
        return denied(&call, verdict);
    }
    if (path.len >= sizeof name || !x07_path_is_safe(path)) {
        return X07_FILE_BAD_PATH;
    }
    verdict = by_name(call.policy, path);
    if (verdict.reason != X07_GRANTED) {
        return denied(&call, verdict);
    }
    memcpy(name, path.ptr, path.len);
    name[path.len] = '\0';
    call.path = name;
    call.base = (x07_base){.folder = AT_FDCWD, .follows = 1, .anywhere = 1};
    return open_name(&call, flags, opened);
}

/* -- for extensions */

static uint32_t most(uint32_t limit)
{
    return x07_policy_current()->sandboxed ? limit : UINT32_MAX;
}

x07_file_outcome x07_file_open_write(const char *operation, x07_bytes_view path,
                                     x07_file_access *opened)
{
    const x07_fs_head head = {
        .operation = operation, .verdict = x07_verdict_write, .list = X07_WRITE_ROOTS};
    opened->max_bytes = most(x07_policy_current()->fs.max_write_bytes);
    return open_file(&head, path, O_WRONLY | O_CREAT, opened);
}

x07_file_outcome x07_file_open_read(const char *operation, x07_bytes_view path,
                                    x07_file_access *opened)
{
    const x07_fs_head head = {
        .operation = operation, .verdict = x07_verdict_read, .list = X07_READ_ROOTS};
    opened->max_bytes = most(x07_policy_current()->fs.max_read_bytes);
    return open_file(&head, path, O_RDONLY, opened);
}

void x07_file_collect_write(const char *operation, x07_bytes_view path)
{
    x07_verdict verdict = x07_verdict_write(x07_policy_current(), path);
    if (x07_denials_are_collected() && x07_path_is_safe(path) && verdict.reason != X07_GRANTED) {
        x07_denied(operation, path, &verdict);
    }
}

void x07_file_too_large(const char *operation, x07_bytes_view path, uint64_t asked)
{
    const x07_policy *policy = x07_policy_current();
    x07_verdict verdict =
        x07_verdict_limit(policy, asked, policy->fs.max_write_bytes, "fs.max_write_bytes");
    if (verdict.reason != X07_GRANTED) {
        x07_denied(operation, path, &verdict);
    }
}
