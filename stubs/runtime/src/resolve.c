#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "path_spelling.h"
#include "resolve.h"
#include "walk.h"

#ifdef __linux__

#include <sys/syscall.h>

enum {
    OPENAT2 = 437,
    NO_MAGICLINKS = 2,
    NO_SYMLINKS = 4,
    BENEATH = 8,
    /* A rename meanwhile makes it ask again; the walk does without. */
    TRIES = 64,
};

/* -1 and ENOSYS where the kernel has no answer. Profiles of containers say EPERM for calls that
 * they do not know, and so does the kernel for files of special kinds: the walk then tells. */
static int resolve_in_kernel(x07_base base, const char *path, int flags, mode_t mode)
{
    const struct {
        uint64_t flags, mode, resolve;
    } how = {
        .flags = (uint64_t)flags,
        .mode = mode,
        .resolve = BENEATH | NO_MAGICLINKS | (base.follows ? 0 : NO_SYMLINKS),
    };
    for (int i = 0; i < TRIES && x07_guard("openat2"); i++) {
        long file = syscall(OPENAT2, base.folder, path, &how, sizeof how);
        if (file >= 0 || (errno != EAGAIN && errno != EINTR)) {
            errno = file < 0 && errno == EPERM ? ENOSYS : errno;
            return (int)file;
        }
    }
    errno = ENOSYS;
    return -1;
}

#else

static int resolve_in_kernel(x07_base base, const char *path, int flags, mode_t mode)
{
    (void)base, (void)path, (void)flags, (void)mode;
    errno = ENOSYS;
    return -1;
}

#endif

int x07_resolve(x07_base base, const char *path, int flags, mode_t mode)
{
    const char *named = *path != '\0' ? path : ".";
    if (!x07_guard("beneath")) {
        return openat(base.folder, named, flags | O_CLOEXEC, mode);
    }
    int file = resolve_in_kernel(base, named, flags | O_CLOEXEC, mode);
    return file < 0 && errno == ENOSYS ? x07_walk(base, named, flags | O_CLOEXEC, mode) : file;
}

int x07_resolve_parent(x07_base base, const char *path, const char **name)
{
    char folder[X07_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;
    if (len >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(folder, path, len);
    folder[len] = '\0';
    *name = slash ? slash + 1 : path;
    return x07_resolve(base, folder, X07_FOLDER_FLAGS, 0);
}
