/* Sends what a program left in its folders, as a tar with the names in the order of their bytes.
 * Nothing of it says who or when. Sockets, pipes and devices are left out: they are no files. */
#include "guestd.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tar_header.h"

static uint8_t chunk[CHUNK_BYTES];
static size_t chunk_bytes;
static uint64_t sent_bytes;
static uint64_t most_bytes;
static int is_over;

static void flush_chunk(void)
{
    if (chunk_bytes > 0) {
        write_frame(OUT_FILES, chunk, chunk_bytes);
    }
    chunk_bytes = 0;
}

static void send_bytes(const void *bytes, size_t length)
{
    const uint8_t *next = bytes;
    sent_bytes += length;
    is_over = is_over || sent_bytes > most_bytes;
    while (length > 0 && !is_over) {
        size_t room = sizeof chunk - chunk_bytes;
        size_t taken = length < room ? length : room;
        memcpy(chunk + chunk_bytes, next, taken);
        chunk_bytes += taken;
        next += taken;
        length -= taken;
        if (chunk_bytes == sizeof chunk) {
            flush_chunk();
        }
    }
}

static void send_fill(uint64_t size)
{
    static const uint8_t zeros[TAR_BLOCK_BYTES];
    send_bytes(zeros, (TAR_BLOCK_BYTES - size % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES);
}

static void send_header(const char *path, char kind, mode_t mode, uint64_t size, const char *link)
{
    tar_header header;
    memset(&header, 0, sizeof header);
    snprintf(header.name, sizeof header.name, "%.99s", path);
    snprintf(header.mode, sizeof header.mode, "%07o", (unsigned)mode & 0777);
    snprintf(header.uid, sizeof header.uid, "%07o", 0u);
    snprintf(header.gid, sizeof header.gid, "%07o", 0u);
    snprintf(header.size, sizeof header.size, "%011llo", (unsigned long long)size);
    snprintf(header.mtime, sizeof header.mtime, "%011o", 0u);
    snprintf(header.link, sizeof header.link, "%.99s", link);
    header.kind = kind;
    memcpy(header.magic, "ustar", 6);
    memcpy(header.version, "00", 2);
    snprintf(header.checksum, sizeof header.checksum, "%06o", (unsigned)tar_checksum(&header));
    header.checksum[7] = ' ';
    send_bytes(&header, sizeof header);
}

/* The length of a record counts its own digits. */
static int record(char *into, size_t room, const char *key, const char *value)
{
    size_t length = strlen(key) + strlen(value) + 3;
    size_t digits = 1;
    for (size_t rest = length + digits; rest >= 10; rest /= 10) {
        digits++;
    }
    if (snprintf(NULL, 0, "%zu", length + digits) > (int)digits) {
        digits++;
    }
    return snprintf(into, room, "%zu %s=%s\n", length + digits, key, value);
}

static void send_entry(const char *path, char kind, mode_t mode, uint64_t size, const char *link)
{
    char text[2 * TAR_PATH_BYTES + 64];
    int length = 0;
    if (strlen(path) > 99) {
        length += record(text, sizeof text, "path", path);
    }
    if (strlen(link) > 99) {
        length += record(text + length, sizeof text - (size_t)length, "linkpath", link);
    }
    if (length > 0) {
        send_header("pax", TAR_PAX, 0644, (uint64_t)length, "");
        send_bytes(text, (size_t)length);
        send_fill((uint64_t)length);
    }
    send_header(path, kind, mode, size, link);
}

/* A file that is cut while it is read is filled up: its length is sent already. */
static void send_file(const char *path, const struct stat *found)
{
    static uint8_t bytes[CHUNK_BYTES];
    int opened = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (opened < 0) {
        fail("cannot read a file", path);
    }
    uint64_t left = (uint64_t)found->st_size;
    send_entry(path + 1, TAR_FILE, found->st_mode, left, "");
    while (left > 0 && !is_over) {
        size_t wanted = left < sizeof bytes ? (size_t)left : sizeof bytes;
        ssize_t got = read(opened, bytes, wanted);
        if (got <= 0) {
            memset(bytes, 0, wanted);
            got = (ssize_t)wanted;
        }
        send_bytes(bytes, (size_t)got);
        left -= (uint64_t)got;
    }
    close(opened);
    send_fill((uint64_t)found->st_size);
}

static void send_link(const char *path)
{
    char target[TAR_PATH_BYTES];
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length > 0) {
        target[length] = 0;
        send_entry(path + 1, TAR_LINK, 0777, 0, target);
    }
}

static int by_bytes(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static char **sorted_names(const char *path, size_t *count)
{
    char **names = NULL;
    *count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL) {
        fail("cannot read a folder", path);
    }
    for (struct dirent *each; (each = readdir(folder)) != NULL;) {
        if (strcmp(each->d_name, ".") == 0 || strcmp(each->d_name, "..") == 0) {
            continue;
        }
        char **longer = realloc(names, (*count + 1) * sizeof *names);
        char *name = strdup(each->d_name);
        if (longer == NULL || name == NULL) {
            fail("out of memory", "");
        }
        names = longer;
        names[(*count)++] = name;
    }
    closedir(folder);
    if (*count > 0) {
        qsort(names, *count, sizeof *names, by_bytes);
    }
    return names;
}

/* What does not come back counts as removed, so a program that took its own rights away, or made a
 * path that nothing can say, must not look as if it had. */
static void make_readable(const char *path, mode_t mode)
{
    mode_t needed = S_ISDIR(mode) ? S_IRUSR | S_IXUSR : S_IRUSR;
    if ((mode & needed) != needed) {
        chmod(path, (mode & 0777) | needed);
    }
}

static void send_tree(char path[TAR_PATH_BYTES])
{
    struct stat found;
    if (is_over || lstat(path, &found) != 0) {
        return;
    }
    if (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) {
        make_readable(path, found.st_mode);
    }
    if (S_ISREG(found.st_mode)) {
        send_file(path, &found);
    } else if (S_ISLNK(found.st_mode)) {
        send_link(path);
    }
    if (!S_ISDIR(found.st_mode)) {
        return;
    }
    send_entry(path + 1, TAR_FOLDER, found.st_mode, 0, "");
    size_t count;
    char **names = sorted_names(path, &count);
    size_t end = strlen(path);
    for (size_t index = 0; index < count; index++) {
        if (end + strlen(names[index]) + 2 >= TAR_PATH_BYTES) {
            fail("a path is too long", path);
        }
        snprintf(path + end, TAR_PATH_BYTES - end, "/%s", names[index]);
        send_tree(path);
        path[end] = 0;
        free(names[index]);
    }
    free(names);
}

int pack_roots(char *const *roots, uint64_t most)
{
    static const uint8_t end[2 * TAR_BLOCK_BYTES];
    most_bytes = most == 0 ? UINT64_MAX : most;
    for (; *roots != NULL; roots++) {
        char path[TAR_PATH_BYTES];
        snprintf(path, sizeof path, "%s", *roots);
        send_tree(path);
    }
    send_bytes(end, sizeof end);
    if (!is_over) {
        flush_chunk();
    }
    return !is_over;
}
