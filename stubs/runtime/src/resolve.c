#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
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
    if (base.anywhere || !x07_guard("beneath")) {
        return openat(base.folder, named, flags | O_CLOEXEC, mode);
    }
    int file = resolve_in_kernel(base, named, flags | O_CLOEXEC, mode);
    return file < 0 && errno == ENOSYS ? x07_walk(base, named, flags | O_CLOEXEC, mode) : file;
}

int x07_resolve_parent(x07_base base, const char *path, const char **name)
{
    char folder[X07_PATH_BYTES];
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : *path != '\0' ? path : ".";
    /* The slash at the top stays. */
    size_t end = !slash ? 0 : slash == path ? 1 : (size_t)(slash - path);
    return x07_path_copy(folder, path, end) ? x07_resolve(base, folder, X07_FOLDER_FLAGS, 0) : -1;
}

/* -- making folders */

static int is_folder(x07_base base, const char *path)
{
    int folder = x07_resolve(base, path, X07_FOLDER_FLAGS, 0);
    if (folder >= 0) {
        close(folder);
    }
    return folder >= 0;
}

static int make_one(x07_base base, const char *path)
{
    const char *name;
    int parent = x07_resolve_parent(base, path, &name);
    if (parent < 0) {
        return -1;
    }
    int made = mkdirat(parent, name, 0777);
    int error = errno;
    close(parent);
    errno = error;
    /* Another may have made it meanwhile. */
    return made == 0 || (error == EEXIST && is_folder(base, path)) ? 0 : -1;
}

/* The first `end` bytes of the path. */
static int make_part(x07_base base, const char *path, size_t end)
{
    char part[X07_PATH_BYTES];
    if (!x07_path_copy(part, path, end)) {
        return -1;
    }
    if (is_folder(base, part) || (errno == ENOENT && make_one(base, part) == 0)) {
        return 0;
    }
    errno = errno == ENOTDIR && path[end] == '\0' ? EEXIST : errno;
    return -1;
}

int x07_resolve_make(x07_base base, const char *path)
{
    size_t end = 0;
    if (is_folder(base, path)) {
        return 0;
    }
    do {
        end += path[end] == '/';
        end += strcspn(path + end, "/");
        if (make_part(base, path, end) < 0) {
            return -1;
        }
    } while (path[end] != '\0');
    return 0;
}
