/* What headers of C libraries hide behind it: flags of files, and calls of Linux alone. */
#define _GNU_SOURCE

#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>

#include "system.h"

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

/* openat2(2): not every C library brings the header that has it. */
typedef struct {
    uint64_t flags;
    uint64_t mode;
    uint64_t resolve;
} open_how;

enum { NO_LINKS = 0x04 };

enum { OTHERS_WRITE = 022, PRIVATE_FOLDER = 0700, PRIVATE_FILE = 0600 };
enum { NULL_MAJOR = 1, NULL_MINOR = 3, MOUNTS_BYTES = 1 << 20, MOUNT_FIELD = 4 };
enum { SECOND_MS = 1000, MS_NS = 1000000, OCTAL_DIGITS = 3 };

static long status_of(const char *path, struct stat *status)
{
    return x07_call(SYS_newfstatat, AT_FDCWD, (long)path, (long)status, AT_SYMLINK_NOFOLLOW);
}

static bool is_ours(const struct stat *status)
{
    return status->st_uid == x07_user() && (status->st_mode & OTHERS_WRITE) == 0;
}

x07_look x07_look_at(const char *path)
{
    struct stat status;
    const long failed = status_of(path, &status);
    if (failed != 0) {
        return (x07_look){.is_absent = failed == -ENOENT};
    }
    return (x07_look){
        .is_folder = S_ISDIR(status.st_mode),
        .is_file = S_ISREG(status.st_mode),
        .is_ours = is_ours(&status),
    };
}

bool x07_is_straight(const char *path)
{
    const open_how how = {.flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = NO_LINKS};
    const long found = x07_call(SYS_openat2, AT_FDCWD, (long)path, (long)&how, sizeof how);
    if (found >= 0) {
        x07_close((int)found);
    }
    return found >= 0;
}

/* The table writes characters that would end a field as `\` and three octal digits (proc(5)). */
static size_t unescape(char *text, size_t length)
{
    size_t kept = 0;
    for (size_t at = 0; at < length; at++) {
        char letter = text[at];
        if (letter == '\\' && at + OCTAL_DIGITS < length) {
            const char *digits = text + at + 1;
            letter = (char)((digits[0] - '0') << 6 | (digits[1] - '0') << 3 | (digits[2] - '0'));
            at += OCTAL_DIGITS;
        }
        text[kept++] = letter;
    }
    return kept;
}

/* Where a line of the table says that something is mounted. */
static x07_text mounted_at(char *line, size_t length)
{
    size_t start = 0;
    for (size_t field = 0; field < MOUNT_FIELD && start < length; start++) {
        field += line[start] == ' ';
    }
    size_t end = start;
    while (end < length && line[end] != ' ') {
        end++;
    }
    return (x07_text){line + start, unescape(line + start, end - start)};
}

static bool is_strictly_below(x07_text path, x07_text folder)
{
    return x07_starts(path, folder) && path.length > folder.length &&
           path.start[folder.length] == '/';
}

static long read_mounts(char *table)
{
    const int file = (int)x07_call(SYS_openat, AT_FDCWD, (long)"/proc/self/mountinfo",
                                   O_RDONLY | O_CLOEXEC, 0);
    long length = 0;
    long got = -1;
    while (length < MOUNTS_BYTES &&
           (got = x07_read(file, table + length, (size_t)(MOUNTS_BYTES - length))) > 0) {
        length += got;
    }
    x07_close(file);
    return got == 0 ? length : -1;
}

bool x07_is_sealed(x07_text folder)
{
    char *table = x07_memory(MOUNTS_BYTES);
    const long length = table != NULL ? read_mounts(table) : -1;
    for (long start = 0, at = 0; at < length; at++) {
        if (table[at] == '\n') {
            if (is_strictly_below(mounted_at(table + start, (size_t)(at - start)), folder)) {
                return false;
            }
            start = at + 1;
        }
    }
    return length > 0;
}

bool x07_can_execute(const char *path)
{
    enum { EXECUTE = 1 };
    return x07_call(SYS_faccessat, AT_FDCWD, (long)path, EXECUTE, 0) == 0;
}

bool x07_is_terminal(int descriptor)
{
    char settings[256];
    return x07_call(SYS_ioctl, descriptor, TCGETS, (long)settings, 0) == 0;
}

bool x07_is_nowhere(int descriptor)
{
    struct stat status;
    return x07_call(SYS_fstat, descriptor, (long)&status, 0, 0) == 0 &&
           S_ISCHR(status.st_mode) && status.st_rdev == makedev(NULL_MAJOR, NULL_MINOR);
}

x07_text x07_read_ours(const char *path, size_t most)
{
    const x07_text nothing = {NULL, 0};
    const int file = x07_open_file(AT_FDCWD, path);
    struct stat status;
    x07_text found = nothing;
    if (file < 0) {
        return nothing;
    }
    if (x07_call(SYS_fstat, file, (long)&status, 0, 0) == 0 && S_ISREG(status.st_mode) &&
        is_ours(&status) && status.st_size > 0 && (size_t)status.st_size <= most) {
        const size_t size = (size_t)status.st_size;
        char *data = x07_memory(size + 1);
        if (data != NULL && x07_read(file, data, size + 1) == (long)size) {
            found = (x07_text){data, size};
        }
    }
    x07_close(file);
    return found;
}

bool x07_current_folder(char *path, size_t bytes)
{
    return x07_call(SYS_getcwd, (long)path, (long)bytes, 0, 0) > 0 && path[0] == '/';
}

bool x07_node_name(char *name, size_t bytes)
{
    struct utsname found;
    if (x07_call(SYS_uname, (long)&found, 0, 0, 0) != 0 || sizeof found.nodename > bytes) {
        return false;
    }
    x07_copy(name, found.nodename, x07_length(found.nodename) + 1);
    return true;
}

uint64_t x07_user(void)
{
    return (uint64_t)x07_call(SYS_geteuid, 0, 0, 0, 0);
}

uint64_t x07_group(void)
{
    return (uint64_t)x07_call(SYS_getegid, 0, 0, 0, 0);
}

uint64_t x07_process_id(void)
{
    return (uint64_t)x07_call(SYS_getpid, 0, 0, 0, 0);
}

uint64_t x07_hard_limit(int resource)
{
    struct {
        uint64_t soft;
        uint64_t hard;
    } found = {0};
    x07_call(SYS_prlimit64, 0, resource, 0, (long)&found);
    return found.hard;
}

uint64_t x07_unix_ms(void)
{
    struct timespec now = {0};
    x07_call(SYS_clock_gettime, CLOCK_REALTIME, (long)&now, 0, 0);
    return (uint64_t)now.tv_sec * SECOND_MS + (uint64_t)now.tv_nsec / MS_NS;
}

bool x07_make_folder(const char *path)
{
    return x07_call(SYS_mkdirat, AT_FDCWD, (long)path, PRIVATE_FOLDER, 0) == 0 &&
           x07_call(SYS_fchmodat, AT_FDCWD, (long)path, PRIVATE_FOLDER, 0) == 0;
}

int x07_create(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
    return (int)x07_call(SYS_openat, AT_FDCWD, (long)path, flags, PRIVATE_FILE);
}

bool x07_set_mode(int descriptor, unsigned mode)
{
    return x07_call(SYS_fchmod, descriptor, mode, 0, 0) == 0;
}

bool x07_rename(const char *from, const char *to)
{
    return x07_call(SYS_renameat, AT_FDCWD, (long)from, AT_FDCWD, (long)to) == 0;
}

int x07_lock_folder(const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    const int folder = (int)x07_call(SYS_openat, AT_FDCWD, (long)path, flags, 0);
    /* Some file systems have no locks. */
    x07_call(SYS_flock, folder, LOCK_SH | LOCK_NB, 0, 0);
    return folder;
}
