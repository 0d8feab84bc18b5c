#include "fs_call.h"

#include <errno.h>
#include <string.h>

#include "guard.h"
#include "x07_limit_hook.h"

/* -- denials */

static uint32_t code_of(x07_reason reason)
{
    switch (reason) {
    case X07_GRANTED:
        return X07_FS_OK;
    case X07_NOT_A_PATH:
        return X07_FS_BAD_PATH;
    case X07_PASSES_LINK:
    case X07_ASKS_FOR_LINKS:
        return X07_FS_SYMLINK_DENIED;
    case X07_NOT_REGULAR:
        return X07_FS_UNSUPPORTED;
    default:
        return X07_FS_POLICY_DENY;
    }
}

uint32_t x07_fs_ask(const x07_fs_call *call, x07_verdict verdict)
{
    uint32_t code = code_of(verdict.reason);
    if (code != X07_FS_OK && code != X07_FS_BAD_PATH) {
        x07_denied(call->head->operation, call->target, &verdict);
    }
    return code;
}

static uint32_t deny(const x07_fs_call *call, x07_reason reason, const char *field)
{
    return x07_fs_ask(call, (x07_verdict){.reason = reason, .field = field});
}

static const char *roots_field(const x07_fs_call *call)
{
    return call->head->list == X07_READ_ROOTS ? "fs.read_roots" : "fs.write_roots";
}

uint32_t x07_fs_too_much(const x07_fs_call *call, uint32_t code, uint64_t asked)
{
    const x07_fs_policy *fs = &call->policy->fs;
    const x07_policy *policy = call->policy;
    x07_verdict verdict;
    if (code == X07_FS_TOO_MANY_ENTRIES) {
        verdict = x07_verdict_limit(policy, asked, fs->max_entries, "fs.max_entries");
    } else if (code == X07_FS_DEPTH_EXCEEDED) {
        verdict = x07_verdict_limit(policy, asked, fs->max_depth, "fs.max_depth");
    } else if (call->head->list == X07_READ_ROOTS) {
        verdict = x07_verdict_limit(policy, asked, fs->max_read_bytes, "fs.max_read_bytes");
    } else {
        verdict = x07_verdict_limit(policy, asked, fs->max_write_bytes, "fs.max_write_bytes");
    }
    x07_fs_ask(call, verdict);
    return code;
}

/* -- errors of the system */

uint32_t x07_fs_code(int error)
{
    static const struct {
        int error;
        uint32_t code;
    } codes[] = {
        {ENOENT, X07_FS_NOT_FOUND},   {EEXIST, X07_FS_ALREADY_EXISTS},
        {ENOTDIR, X07_FS_NOT_DIR},    {EISDIR, X07_FS_IS_DIR},
        {EACCES, X07_FS_PERMISSION},  {EPERM, X07_FS_PERMISSION},
        {EFBIG, X07_FS_TOO_LARGE},    {ENAMETOOLONG, X07_FS_BAD_PATH},
        {EILSEQ, X07_FS_UNSUPPORTED},
    };
    x07_limit_met(error);
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].error == error) {
            return codes[i].code;
        }
    }
    return X07_FS_IO;
}

static x07_verdict denial(x07_reason reason, const char *field)
{
    return (x07_verdict){.reason = reason, .field = field};
}

x07_verdict x07_fs_why_unresolved(const x07_fs_call *call, int error)
{
    if (call->base.anywhere) {
        return denial(X07_GRANTED, NULL);
    }
    switch (error) {
    case ELOOP:
        return call->base.follows ? denial(X07_LEADS_OUT, roots_field(call))
                                  : denial(X07_PASSES_LINK, "fs.allow_symlinks");
    case EXDEV:
        return denial(X07_LEADS_OUT, roots_field(call));
    /* What a fifo, a socket or a device says to being opened. */
    case ENXIO:
    case ENODEV:
        return denial(X07_NOT_REGULAR, roots_field(call));
    default:
        return denial(X07_GRANTED, NULL);
    }
}

x07_verdict x07_fs_why_file(const x07_fs_call *call, const struct stat *status)
{
    if (!call->base.anywhere && !S_ISREG(status->st_mode) && x07_guard("regular")) {
        return denial(X07_NOT_REGULAR, roots_field(call));
    }
    if (!call->base.anywhere && status->st_nlink > 1 && x07_guard("names")) {
        return denial(X07_HAS_NAMES, roots_field(call));
    }
    return denial(X07_GRANTED, NULL);
}

uint32_t x07_fs_unresolved(const x07_fs_call *call, int error)
{
    uint32_t code = x07_fs_ask(call, x07_fs_why_unresolved(call, error));
    return code != X07_FS_OK ? code : x07_fs_code(error);
}

/* -- the start of a call */

static uint32_t check_switches(const x07_fs_call *call)
{
    const x07_fs_policy *fs = &call->policy->fs;
    const x07_fs_head *head = call->head;
    uint32_t flags = head->minds_flags & call->caps.flags;
    uint32_t needs = head->needs | (flags & X07_FS_CREATE_PARENTS ? X07_NEEDS_MKDIR : 0)
                     | (flags & X07_FS_ATOMIC_WRITE ? X07_NEEDS_RENAME : 0);
    const struct {
        uint32_t need, on;
        const char *field;
    } switches[] = {
        {X07_NEEDS_MKDIR, fs->allow_mkdir, "fs.allow_mkdir"},
        {X07_NEEDS_RENAME, fs->allow_rename, "fs.allow_rename"},
        {X07_NEEDS_REMOVE, fs->allow_remove, "fs.allow_remove"},
        {X07_NEEDS_WALK, fs->allow_walk, "fs.allow_walk"},
        {X07_NEEDS_GLOB, fs->allow_glob, "fs.allow_glob"},
    };
    uint32_t code = X07_FS_OK;
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        int goes_on = code == X07_FS_OK || x07_denials_are_collected();
        if (goes_on && needs & switches[i].need && !switches[i].on) {
            code = deny(call, X07_IS_OFF, switches[i].field);
        }
    }
    return code;
}

/* What is written beside its place is renamed into it: a root cannot be, also one that is a file. */
static int replaces(const x07_fs_call *call)
{
    const x07_fs_head *head = call->head;
    return head->verdict == x07_verdict_replace
           || (head->minds_flags & call->caps.flags & X07_FS_ATOMIC_WRITE);
}

static uint32_t ask_path(const x07_fs_call *call)
{
    x07_verdict verdict = replaces(call) ? x07_verdict_replace(call->policy, call->target)
                                         : call->head->verdict(call->policy, call->target);
    uint32_t code = x07_fs_ask(call, verdict);
    return verdict.reason == X07_IS_OFF ? X07_FS_DISABLED : code;
}

static uint32_t find_base(x07_fs_call *call)
{
    const x07_fs_head *head = call->head;
    const x07_fs_policy *fs = &call->policy->fs;
    x07_policy_list roots = head->list == X07_READ_ROOTS ? fs->read_roots : fs->write_roots;
    uint32_t makes_parents = head->minds_flags & call->caps.flags & X07_FS_CREATE_PARENTS;
    if (!x07_policy_root(call->policy, roots, call->target, replaces(call), &call->match)) {
        return X07_FS_BAD_PATH;
    }
    call->path = call->match.rest;
    int makes = head->makes_root || (makes_parents && *call->path != '\0');
    if (x07_fs_root(head->list, call->match.index, makes, &call->path, &call->base) < 0) {
        return x07_fs_unresolved(call, errno);
    }
    return X07_FS_OK;
}

/* Without a sandbox the path is the system's. */
static uint32_t use_anywhere(x07_fs_call *call)
{
    if (!x07_path_is_good(call->target)) {
        return X07_FS_BAD_PATH;
    }
    memcpy(call->match.path, call->target.ptr, call->target.len);
    call->match.path[call->target.len] = '\0';
    call->path = call->match.path;
    call->base = (x07_base){.folder = AT_FDCWD, .follows = 1, .anywhere = 1};
    return X07_FS_OK;
}

uint32_t x07_fs_aim(x07_fs_call *call, x07_bytes_view path)
{
    call->target = path;
    if (!call->policy->sandboxed) {
        return use_anywhere(call);
    }
    /* Until the root is there. A link that took its place is one that leads out. */
    call->base = (x07_base){.folder = -1, .follows = 1};
    uint32_t code = ask_path(call);
    if (code != X07_FS_OK) {
        return code;
    }
    if (call->caps.flags & X07_FS_ALLOW_SYMLINKS && !call->policy->fs.allow_symlinks) {
        return deny(call, X07_ASKS_FOR_LINKS, "fs.allow_symlinks");
    }
    return find_base(call);
}

uint32_t x07_fs_start(x07_fs_call *call, const x07_fs_head *head, x07_bytes_view path,
                      x07_bytes_view caps)
{
    call->head = head;
    call->policy = x07_policy_current();
    call->target = path;
    x07_fs_roots_pin(call->policy);
    if (!x07_fs_caps_read(call->policy, caps, &call->caps)) {
        return X07_FS_BAD_CAPS;
    }
    if (call->caps.flags & head->refuses_flags) {
        return X07_FS_UNSUPPORTED;
    }
    uint32_t code = check_switches(call);
    if (code == X07_FS_OK) {
        return x07_fs_aim(call, path);
    }
    if (x07_denials_are_collected()) {
        /* For what it tells. */
        (void)ask_path(call);
    }
    return code;
}

/* -- opening */

/* In a sandbox nothing waits for a fifo's other end, and no terminal is taken. */
int x07_fs_open(const x07_fs_call *call, int flags)
{
    int careful = call->base.anywhere ? 0 : O_NONBLOCK | O_NOCTTY;
    return x07_resolve(call->base, call->path, flags | careful, flags & O_CREAT ? 0666 : 0);
}

int x07_fs_open_parent(const x07_fs_call *call, const char **name)
{
    return x07_resolve_parent(call->base, call->path, name);
}

uint32_t x07_fs_make_parents(const x07_fs_call *call)
{
    char folder[X07_PATH_BYTES];
    const char *slash = strrchr(call->path, '/');
    if (!(call->caps.flags & X07_FS_CREATE_PARENTS) || !slash || slash == call->path) {
        return X07_FS_OK;
    }
    size_t len = (size_t)(slash - call->path);
    if (len >= sizeof folder) {
        return X07_FS_BAD_PATH;
    }
    memcpy(folder, call->path, len);
    folder[len] = '\0';
    if (x07_resolve_make(call->base, folder) == 0) {
        return X07_FS_OK;
    }
    return x07_fs_unresolved(call, errno == EEXIST ? ENOTDIR : errno);
}

uint32_t x07_fs_check_file(const x07_fs_call *call, int file, struct stat *status)
{
    if (fstat(file, status) != 0) {
        return x07_fs_code(errno);
    }
    if (S_ISDIR(status->st_mode)) {
        return X07_FS_IS_DIR;
    }
    return x07_fs_ask(call, x07_fs_why_file(call, status));
}
