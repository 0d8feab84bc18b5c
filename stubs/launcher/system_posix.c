/* The system by way of its C library: of macOS, whose kernel has no calls that stay what they are.
 * What the library reads of the environment before `main`, and what dyld would, docs/decisions/0033
 * has. Linux has this too, for tests. */
#define _GNU_SOURCE

#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if defined(__APPLE__)
#include <mach-o/dyld.h>

/* A program with a section of this name gets no DYLD_* from dyld, as one that changes its user. */
__attribute__((used, section("__RESTRICT,__restrict"))) static const char restricted = 0;

const char x07_own_place[] = "_NSGetExecutablePath";
const char x07_own_place_hint[] = "move the bundle to a shorter path";
#else
#include <sys/auxv.h>

const char x07_own_place[] = "/proc/self/exe";
const char x07_own_place_hint[] = "mount /proc, or move the bundle to a shorter path";
#endif

#if !defined(MAP_ANONYMOUS)
#define MAP_ANONYMOUS MAP_ANON
#endif

/* As AT_HWCAP of Linux has it. */
static unsigned long hardware(void)
{
#if defined(__APPLE__)
    const unsigned long sha2 = 1ul << 6;
    return sha2;
#else
    return getauxval(AT_HWCAP);
#endif
}

int main(int count, char **arguments, char **environment)
{
    const x07_process process = {
        .argument_count = (size_t)count,
        .arguments = arguments,
        .environment = environment,
        .hardware = hardware(),
    };
    return x07_launch(&process);
}

/* What a call gave, or -errno. */
static long result(long given)
{
    return given < 0 ? -errno : given;
}

static int open_at(int folder, const char *path, int flags)
{
    const int all = flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    return (int)result(openat(folder, path, all));
}

int x07_open_file(int folder, const char *path)
{
    return open_at(folder, path, 0);
}

int x07_open_folder(int folder, const char *path)
{
    return open_at(folder, path, O_DIRECTORY);
}

bool x07_is_file(int descriptor)
{
    struct stat status;
    return fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

bool x07_is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF;
}

int x07_open_null(void)
{
    return (int)result(open("/dev/null", O_RDWR));
}

long x07_read(int descriptor, void *data, size_t bytes)
{
    long got;
    do {
        got = result(read(descriptor, data, bytes));
    } while (got == -EINTR);
    return got;
}

/* Folders that are being read: a descriptor, and what goes through its entries. */
typedef struct reading {
    struct reading *next;
    DIR *entries;
    int folder;
} reading;

static reading *readings;

/* A pointer to the one of a descriptor, or to where one would be. */
static reading **reading_of(int folder)
{
    reading **at = &readings;
    while (*at != NULL && (*at)->folder != folder) {
        at = &(*at)->next;
    }
    return at;
}

static reading *begin_reading(int folder)
{
    reading *made = calloc(1, sizeof *made);
    const int own = fcntl(folder, F_DUPFD_CLOEXEC, 0);
    DIR *entries = made != NULL && own >= 0 ? fdopendir(own) : NULL;
    if (entries == NULL) {
        free(made);
        if (own >= 0) {
            close(own);
        }
        return NULL;
    }
    *made = (reading){.next = readings, .entries = entries, .folder = folder};
    readings = made;
    return made;
}

void x07_close(int descriptor)
{
    reading **at = reading_of(descriptor);
    reading *found = *at;
    if (found != NULL) {
        *at = found->next;
        closedir(found->entries);
        free(found);
    }
    close(descriptor);
}

/* One at a time: what follows it is still there when it is asked for. */
long x07_read_folder(int descriptor, void *data, size_t bytes)
{
    reading *now = *reading_of(descriptor);
    now = now != NULL ? now : begin_reading(descriptor);
    errno = now != NULL ? 0 : errno;
    const struct dirent *found = now != NULL ? readdir(now->entries) : NULL;
    if (found == NULL) {
        return -errno;
    }
    const size_t name_bytes = strlen(found->d_name) + 1;
    x07_entry *entry = data;
    if (sizeof *entry + name_bytes > bytes) {
        return -EOVERFLOW;
    }
    *entry = (x07_entry){
        .inode = found->d_ino,
        .bytes = (uint16_t)(sizeof *entry + name_bytes),
        .kind = found->d_type,
    };
    memcpy(entry->name, found->d_name, name_bytes);
    return entry->bytes;
}

#if defined(__APPLE__)
long x07_own_path(char *target, size_t bytes)
{
    uint32_t room = (uint32_t)bytes;
    if (_NSGetExecutablePath(target, &room) != 0) {
        return -ENAMETOOLONG;
    }
    char *resolved = realpath(target, NULL);
    if (resolved == NULL) {
        return -errno;
    }
    const size_t length = strlen(resolved);
    const size_t kept = length < bytes ? length : bytes;
    memcpy(target, resolved, kept);
    free(resolved);
    return (long)kept;
}
#else
long x07_own_path(char *target, size_t bytes)
{
    return result(readlink(x07_own_place, target, bytes));
}
#endif

long x07_write_some(int descriptor, const void *data, size_t bytes)
{
    return result(write(descriptor, data, bytes));
}

void *x07_memory(size_t bytes)
{
    void *found = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return found == MAP_FAILED ? NULL : found;
}

int x07_execute(const char *path, char **arguments, char **environment)
{
    return (int)result(execve(path, arguments, environment));
}
