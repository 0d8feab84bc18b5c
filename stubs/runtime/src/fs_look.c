/* What the files that are there add to the verdict on a path. Nothing is opened for use, made or
 * waited for. */
#include "fs_call.h"

#include <errno.h>
#include <unistd.h>

#ifdef O_PATH
#define LOOK_FLAGS O_PATH
#else
#define LOOK_FLAGS (O_RDONLY | O_NONBLOCK | O_NOCTTY)
#endif

static x07_verdict why_opened(const x07_fs_call *call, int file)
{
    struct stat status;
    int is_file = fstat(file, &status) == 0 && !S_ISDIR(status.st_mode);
    return is_file ? x07_fs_why_file(call, &status) : (x07_verdict){.reason = X07_GRANTED};
}

/* `call->path` is that below the root. */
static x07_verdict look_below(x07_fs_call *call, int folder)
{
    if (x07_fs_root(call->head->list, call->match.index, 0, &call->path, &call->base) < 0) {
        return x07_fs_why_unresolved(call, errno);
    }
    int file = x07_resolve(call->base, call->path, LOOK_FLAGS, 0);
    if (file < 0) {
        return x07_fs_why_unresolved(call, errno);
    }
    x07_verdict verdict = {.reason = X07_GRANTED};
    if (!folder) {
        verdict = why_opened(call, file);
    }
    close(file);
    return verdict;
}

static x07_verdict look(const x07_fs_head *head, const x07_policy *policy, x07_bytes_view path,
                        int folder)
{
    x07_verdict verdict = head->verdict(policy, path);
    const x07_fs_policy *fs = &policy->fs;
    x07_policy_list roots = head->list == X07_READ_ROOTS ? fs->read_roots : fs->write_roots;
    x07_fs_call call = {
        .head = head, .policy = policy, .target = path, .base = {.folder = -1, .follows = 1}};
    if (verdict.reason != X07_GRANTED || !policy->sandboxed
        || !x07_policy_root(policy, roots, path, 0, &call.match)) {
        return verdict;
    }
    x07_fs_roots_pin(policy);
    call.path = call.match.rest;
    return look_below(&call, folder);
}

x07_verdict x07_look_read(const x07_policy *policy, x07_bytes_view path)
{
    static const x07_fs_head head = {.verdict = x07_verdict_read, .list = X07_READ_ROOTS};
    return look(&head, policy, path, 0);
}

x07_verdict x07_look_read_folder(const x07_policy *policy, x07_bytes_view path)
{
    static const x07_fs_head head = {.verdict = x07_verdict_read, .list = X07_READ_ROOTS};
    return look(&head, policy, path, 1);
}

x07_verdict x07_look_write(const x07_policy *policy, x07_bytes_view path)
{
    static const x07_fs_head head = {.verdict = x07_verdict_write, .list = X07_WRITE_ROOTS};
    return look(&head, policy, path, 0);
}

x07_verdict x07_look_write_folder(const x07_policy *policy, x07_bytes_view path)
{
    static const x07_fs_head head = {.verdict = x07_verdict_write_folder, .list = X07_WRITE_ROOTS};
    return look(&head, policy, path, 1);
}
