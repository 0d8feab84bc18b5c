/* Unpacks the tar that the host sends, below `/`. The host made it, of files, folders and symbolic
 * links; whatever else it held would be a mistake, so it is refused. */
#include "guestd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tar_header.h"

static union {
    tar_header header;
    uint8_t bytes[TAR_BLOCK_BYTES];
} block;
static size_t block_bytes;

/* What follows the header: bytes of the file, then those that fill its last block. */
static uint64_t left_bytes;
static uint64_t fill_bytes;
static int file = -1;
static int zero_blocks;

/* What pax records say of the next entry. */
static char *pax_text;
static size_t pax_bytes;
static char pax_path[TAR_PATH_BYTES];
static char pax_link[TAR_PATH_BYTES];

static uint64_t octal(const char *digits, size_t length)
{
    uint64_t found = 0;
    for (size_t index = 0; index < length && digits[index] >= '0' && digits[index] <= '7'; index++) {
        found = found * 8 + (uint64_t)(digits[index] - '0');
    }
    return found;
}

static int is_safe(const char *path)
{
    if (*path == 0 || *path == '/') {
        return 0;
    }
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        size_t length = strcspn(part, "/");
        if (length == 2 && part[0] == '.' && part[1] == '.') {
            return 0;
        }
    }
    return 1;
}

static void entry_path(char path[TAR_PATH_BYTES])
{
    const tar_header *header = &block.header;
    if (pax_path[0] != 0) {
        memcpy(path, pax_path, TAR_PATH_BYTES);
    } else if (header->prefix[0] != 0) {
        snprintf(path, TAR_PATH_BYTES, "%.155s/%.100s", header->prefix, header->name);
    } else {
        snprintf(path, TAR_PATH_BYTES, "%.100s", header->name);
    }
    if (!is_safe(path)) {
        fail("a file has a path that leads elsewhere", path);
    }
    size_t length = strlen(path);
    if (path[length - 1] == '/') {
        path[length - 1] = 0;
    }
}

/* Folders on the way that are there stay; some are mounts, which nobody may make anew. */
static void make_parents(char *path)
{
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST && errno != EROFS) {
            fail("cannot make a folder", path);
        }
        *slash = '/';
    }
}

static void make_folder(const char *path, mode_t mode)
{
    struct stat found;
    if (mkdir(path, mode) == 0 || (errno == EEXIST && chmod(path, mode) == 0)) {
        return;
    }
    if (stat(path, &found) != 0 || !S_ISDIR(found.st_mode)) {
        fail("cannot make a folder", path);
    }
}

static void make_link(const char *path)
{
    char target[TAR_PATH_BYTES];
    if (pax_link[0] != 0) {
        memcpy(target, pax_link, sizeof target);
    } else {
        snprintf(target, sizeof target, "%.100s", block.header.link);
    }
    if (symlink(target, path) != 0) {
        fail("cannot make a link", path);
    }
}

static void open_entry(void)
{
    char path[TAR_PATH_BYTES];
    mode_t mode = (mode_t)octal(block.header.mode, sizeof block.header.mode) & 0777;
    entry_path(path);
    make_parents(path);
    if (block.header.kind == TAR_FOLDER) {
        make_folder(path, mode);
    } else if (block.header.kind == TAR_LINK) {
        make_link(path);
    } else {
        file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
        if (file < 0) {
            fail("cannot make a file", path);
        }
        fchmod(file, mode);
    }
    pax_path[0] = 0;
    pax_link[0] = 0;
}

static void open_pax(uint64_t size)
{
    if (size == 0 || size > FRAME_MOST_BYTES) {
        fail("a record of pax has no length that can be", "");
    }
    pax_text = malloc((size_t)size);
    if (pax_text == NULL) {
        fail("out of memory", "");
    }
    pax_bytes = 0;
}

static void keep_record(const char *key, const char *value, size_t length)
{
    char *into = strcmp(key, "path") == 0 ? pax_path : strcmp(key, "linkpath") == 0 ? pax_link : NULL;
    if (into == NULL) {
        return;
    }
    if (length >= TAR_PATH_BYTES) {
        fail("a path is too long", "");
    }
    memcpy(into, value, length);
    into[length] = 0;
}

/* Records are `LENGTH key=value\n`; the length counts all of it. */
static void read_records(void)
{
    size_t at = 0;
    while (at < pax_bytes) {
        char *space = memchr(pax_text + at, ' ', pax_bytes - at);
        size_t length = 0;
        for (char *digit = pax_text + at; space != NULL && digit < space; digit++) {
            length = length * 10 + (size_t)(*digit - '0');
        }
        if (space == NULL || length > pax_bytes - at || length < (size_t)(space - pax_text) - at + 2) {
            fail("a record of pax is broken", "");
        }
        char *end = pax_text + at + length - 1;
        char *equals = memchr(space + 1, '=', (size_t)(end - space - 1));
        if (equals == NULL || *end != '\n') {
            fail("a record of pax is broken", "");
        }
        *equals = 0;
        keep_record(space + 1, equals + 1, (size_t)(end - equals - 1));
        at += length;
    }
    free(pax_text);
    pax_text = NULL;
}

static void close_entry(void)
{
    if (pax_text != NULL) {
        read_records();
    }
    if (file >= 0 && close(file) != 0) {
        fail("cannot write a file", strerror(errno));
    }
    file = -1;
}

static void open_block(void)
{
    const tar_header *header = &block.header;
    if (header->name[0] == 0 && tar_checksum(header) == 8 * ' ') {
        zero_blocks++;
        return;
    }
    if (octal(header->checksum, sizeof header->checksum) != tar_checksum(header)) {
        fail("the files are no tar", "");
    }
    left_bytes = octal(header->size, sizeof header->size);
    fill_bytes = (TAR_BLOCK_BYTES - left_bytes % TAR_BLOCK_BYTES) % TAR_BLOCK_BYTES;
    switch (header->kind) {
    case TAR_PAX:
        open_pax(left_bytes);
        return;
    case TAR_FILE:
    case TAR_LINK:
    case TAR_FOLDER:
        open_entry();
        break;
    default:
        fail("the files hold what is no file, folder or link", "");
    }
    if (left_bytes == 0) {
        close_entry();
    }
}

static void take_content(const uint8_t *bytes, size_t length)
{
    if (pax_text != NULL) {
        memcpy(pax_text + pax_bytes, bytes, length);
        pax_bytes += length;
    } else if (file < 0) {
        fail("the files are no tar", "");
    }
    while (pax_text == NULL && length > 0) {
        ssize_t written = write(file, bytes, length);
        if (written < 0) {
            fail("cannot write a file", strerror(errno));
        }
        bytes += written;
        length -= (size_t)written;
    }
}

static size_t least(size_t one, uint64_t other)
{
    return other < one ? (size_t)other : one;
}

void unpack_piece(const uint8_t *bytes, size_t length)
{
    while (length > 0) {
        size_t taken;
        if (left_bytes > 0) {
            taken = least(length, left_bytes);
            take_content(bytes, taken);
            left_bytes -= taken;
            if (left_bytes == 0) {
                close_entry();
            }
        } else if (fill_bytes > 0) {
            taken = least(length, fill_bytes);
            fill_bytes -= taken;
        } else {
            taken = least(length, TAR_BLOCK_BYTES - block_bytes);
            memcpy(block.bytes + block_bytes, bytes, taken);
            block_bytes += taken;
            if (block_bytes == TAR_BLOCK_BYTES) {
                block_bytes = 0;
                open_block();
            }
        }
        bytes += taken;
        length -= taken;
    }
}

void unpack_end(void)
{
    if (left_bytes > 0 || fill_bytes > 0 || block_bytes > 0 || zero_blocks < 2) {
        fail("the files are cut short", "");
    }
}
