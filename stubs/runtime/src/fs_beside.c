/* Files that are written beside their place and renamed into it. */
#include "fs_content.h"
#include "x07_release.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

enum {
    /* Names end up to this before the suffix, so that there is room for it. */
    STEM_BYTES = 220,
    TRIES = 1000,
};

/* -- renaming */

#if defined(__linux__) && defined(SYS_renameat2)

static int rename_to_free(int from_folder, const char *from, int to_folder, const char *to)
{
    enum { NOREPLACE = 1 };
    return (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, NOREPLACE);
}

#else

static int rename_to_free(int from_folder, const char *from, int to_folder, const char *to)
{
    (void)from_folder, (void)from, (void)to_folder, (void)to;
    errno = ENOSYS;
    return -1;
}

#endif

/* EINVAL: a file system that cannot. */
int x07_rename(int from_folder, const char *from, int to_folder, const char *to, int overwrites)
{
    struct stat status;
    if (!overwrites) {
        int renamed = rename_to_free(from_folder, from, to_folder, to);
        if (renamed == 0 || (errno != ENOSYS && errno != EINVAL)) {
            return renamed;
        }
        if (fstatat(to_folder, to, &status, AT_SYMLINK_NOFOLLOW) == 0) {
            errno = EEXIST;
            return -1;
        }
    }
    return renameat(from_folder, from, to_folder, to);
}

/* -- files that are there now, and shall not be when the program ends at once */

static x07_beside *open_ones;

static void leave_none(void)
{
    for (const x07_beside *beside = open_ones; beside != NULL; beside = beside->next) {
        unlinkat(beside->folder, beside->fresh, 0);
    }
}

/* A signal may come in the middle of it. */
static void note(x07_beside *beside)
{
    x07_before_exit_add(leave_none);
    beside->next = open_ones;
    open_ones = beside;
}

static void forget(const x07_beside *beside)
{
    x07_beside **place = &open_ones;
    while (*place != NULL && *place != beside) {
        place = &(*place)->next;
    }
    if (*place != NULL) {
        *place = beside->next;
    }
}

/* -- a file beside */

static void name_fresh(x07_beside *beside, unsigned number)
{
    static const char suffix[] = ".x07_tmp_";
    size_t len = strnlen(beside->name, STEM_BYTES);
    memcpy(beside->fresh, beside->name, len);
    memcpy(beside->fresh + len, suffix, sizeof suffix - 1);
    len += sizeof suffix - 1;
    do {
        beside->fresh[len++] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    beside->fresh[len] = '\0';
}

/* Where a file is replaced, who may do what with it stays. */
static void take_mode(const x07_beside *beside)
{
    struct stat status;
    if (fstatat(beside->folder, beside->name, &status, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(status.st_mode)) {
        (void)!fchmod(beside->file, status.st_mode & 0777);
    }
}

static int open_fresh(x07_beside *beside)
{
    unsigned number = (unsigned)getpid();
    beside->file = -1;
    errno = EEXIST;
    for (int i = 0; beside->file < 0 && errno == EEXIST && i < TRIES; i++) {
        name_fresh(beside, number + (unsigned)i);
        beside->file = openat(beside->folder, beside->fresh,
                              O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    return beside->file;
}

/* What is there now must be a file, and may have to be absent. */
static int check_target(const x07_beside *beside)
{
    struct stat status;
    if (fstatat(beside->folder, beside->name, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (S_ISDIR(status.st_mode)) {
        return EISDIR;
    }
    return beside->overwrites ? 0 : EEXIST;
}

uint32_t x07_beside_open(const x07_fs_call *call, x07_beside *beside)
{
    const char *name;
    beside->overwrites = (call->caps.flags & X07_FS_OVERWRITE) != 0;
    beside->folder = x07_fs_open_parent(call, &name);
    if (beside->folder < 0) {
        return x07_fs_unresolved(call, errno);
    }
    size_t len = strlen(name);
    int error = len < sizeof beside->name ? 0 : ENAMETOOLONG;
    if (!error) {
        memcpy(beside->name, name, len + 1);
        error = check_target(beside);
    }
    if (!error && open_fresh(beside) < 0) {
        error = errno;
    }
    if (error) {
        close(beside->folder);
        return x07_fs_code(error);
    }
    note(beside);
    take_mode(beside);
    return X07_FS_OK;
}

uint32_t x07_beside_keep(x07_beside *beside)
{
    int failed = close(beside->file) != 0 && errno != EINTR;
    beside->file = -1;
    failed = failed
             || x07_rename(beside->folder, beside->fresh, beside->folder, beside->name,
                           beside->overwrites)
                    != 0;
    uint32_t code = failed ? x07_fs_code(errno) : X07_FS_OK;
    if (!failed) {
        forget(beside);
        close(beside->folder);
    } else {
        x07_beside_drop(beside);
    }
    return code;
}

void x07_beside_drop(x07_beside *beside)
{
    if (beside->file >= 0) {
        close(beside->file);
    }
    unlinkat(beside->folder, beside->fresh, 0);
    forget(beside);
    close(beside->folder);
}
