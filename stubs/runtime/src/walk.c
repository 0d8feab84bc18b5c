/* One name after another, each opened in the folder before it and never through a link. A link is
 * read, its text put in place of its name, and the walk starts again: so nothing is ever resolved
 * by the kernel but single names of folders that were reached from the base. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "path_spelling.h"
#include "walk.h"

/* As many links as the kernel follows. */
enum { LINKS_MAX = 40 };

typedef struct {
    x07_base base;
    int flags;
    mode_t mode;
    int links;
    char path[X07_PATH_BYTES];
} walk;

/* A name of the path: where it starts, where it ends, and where the next starts. */
typedef struct {
    size_t start;
    size_t end;
    size_t next;
} place;

/* What a step came to: a descriptor, an error, or the path has changed. */
enum { FAILED = -1, AGAIN = -2 };

static place place_at(const walk *walk, size_t start)
{
    start += strspn(walk->path + start, "/");
    size_t end = start + strcspn(walk->path + start, "/");
    return (place){start, end, end + strspn(walk->path + end, "/")};
}

static int fail(int error)
{
    errno = error;
    return FAILED;
}

/* -- changing the path */

/* What stands from `start` to `end` becomes `text`. */
static int put_in(walk *walk, size_t start, size_t end, const char *text, size_t len)
{
    char rest[X07_PATH_BYTES];
    size_t rest_len = strlen(walk->path + end);
    if (start + len + rest_len >= sizeof walk->path) {
        return fail(ENAMETOOLONG);
    }
    memcpy(rest, walk->path + end, rest_len + 1);
    memcpy(walk->path + start, text, len);
    memcpy(walk->path + start + len, rest, rest_len + 1);
    return AGAIN;
}

/* `..` takes the name before it away, which is no link: it was passed. */
static int drop_parent(walk *walk, place at)
{
    size_t start = at.start;
    while (start != 0 && walk->path[start - 1] == '/') {
        start--;
    }
    if (start == 0) {
        return fail(EXDEV);
    }
    while (start != 0 && walk->path[start - 1] != '/') {
        start--;
    }
    return put_in(walk, start, at.next, "", 0);
}

static int follow(walk *walk, place at, const char *target, size_t len)
{
    if (!walk->base.follows || ++walk->links > LINKS_MAX) {
        return fail(ELOOP);
    }
    if (target[0] == '/') {
        return fail(EXDEV);
    }
    return put_in(walk, at.start, at.end, target, len);
}

/* -- one name */

/* O_PATH opens a link itself, where anything else fails. */
static int open_no_link(int folder, const char *name, int flags, mode_t mode)
{
    struct stat status;
    int file = openat(folder, name, flags | O_NOFOLLOW, mode);
    if (file >= 0 && fstat(file, &status) == 0 && S_ISLNK(status.st_mode)) {
        close(file);
        return fail(ELOOP);
    }
    return file;
}

static int open_name(walk *walk, int folder, place at, const char *name)
{
    int is_last = walk->path[at.next] == '\0';
    int file = is_last ? open_no_link(folder, name, walk->flags, walk->mode)
                       : openat(folder, name, X07_FOLDER_FLAGS | O_NOFOLLOW);
    if (file >= 0 || (errno != ELOOP && errno != ENOTDIR && errno != EMLINK)) {
        return file;
    }
    char target[X07_PATH_BYTES];
    int error = errno;
    ssize_t len = readlinkat(folder, name, target, sizeof target);
    return len < 0 ? fail(error) : follow(walk, at, target, (size_t)len);
}

static int step(walk *walk, int folder, place at)
{
    char name[X07_PATH_BYTES];
    size_t len = at.end - at.start;
    memcpy(name, walk->path + at.start, len);
    name[len] = '\0';
    if (strcmp(name, "..") == 0) {
        return drop_parent(walk, at);
    }
    if (strcmp(name, ".") == 0 && walk->path[at.next] != '\0') {
        return put_in(walk, at.start, at.next, "", 0);
    }
    return open_name(walk, folder, at, len != 0 ? name : ".");
}

static void leave(const walk *walk, int folder)
{
    int error = errno;
    if (folder != walk->base.folder) {
        close(folder);
    }
    errno = error;
}

/* From the base to the end of the path, or to where it changes. */
static int try(walk *walk)
{
    int folder = walk->base.folder;
    place at = place_at(walk, 0);
    for (;;) {
        int is_last = walk->path[at.next] == '\0';
        int file = step(walk, folder, at);
        leave(walk, folder);
        if (file < 0 || is_last) {
            return file;
        }
        folder = file;
        at = place_at(walk, at.next);
    }
}

int x07_walk(x07_base base, const char *path, int flags, mode_t mode)
{
    walk walk = {.base = base, .flags = flags, .mode = mode};
    size_t len = strlen(path);
    if (len >= sizeof walk.path) {
        return fail(ENAMETOOLONG);
    }
    memcpy(walk.path, path, len + 1);
    int file;
    do {
        file = path[0] == '/' ? fail(EXDEV) : try(&walk);
    } while (file == AGAIN);
    return file;
}
