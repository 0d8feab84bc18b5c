#define _POSIX_C_SOURCE 200809L

#include "os_text.h"
#include "x07_os.h"
#include "x07_vec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The first room for a file that does not tell its size. */
enum { CHUNK_BYTES = 65536 };

static int open_file(const char *path, int flags)
{
    int file;
    do {
        file = open(path, flags | O_CLOEXEC, 0666);
    } while (file < 0 && errno == EINTR);
    return file;
}

/* One byte more than the file has, so that the read after the last one needs no room. */
static uint32_t room(int file, const char *path, const char *at)
{
    struct stat status;
    if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
        return CHUNK_BYTES;
    }
    if (status.st_size >= (off_t)UINT32_MAX) {
        x07_trap_path("os.fs.read_file too large", path, at);
    }
    return (uint32_t)status.st_size + 1;
}

static x07_vec_u8 read_all(int file, const char *path, const char *at)
{
    x07_vec_u8 content = x07_vec_u8_with_capacity(room(file, path, at), at);
    for (;;) {
        if (content.len == content.cap) {
            content = x07_vec_u8_grow(content, 1, "os.fs.read_file too large", at);
        }
        ssize_t got = read(file, content.data + content.len, content.cap - content.len);
        if (got == 0) {
            return content;
        }
        if (got > 0) {
            content.len += (uint32_t)got;
        } else if (errno != EINTR) {
            x07_trap_path("os.fs.read_file read failed", path, at);
        }
    }
}

x07_bytes x07_os_fs_read_file(x07_bytes path, const char *at)
{
    char *name = x07_os_text(path, at);
    if (!name) {
        x07_trap("os.fs.read_file unsafe path", at);
    }
    int file = open_file(name, O_RDONLY);
    if (file < 0) {
        x07_trap_path("os.fs.read_file open failed", name, at);
    }
    x07_vec_u8 content = read_all(file, name, at);
    close(file);
    x07_free(name);
    return x07_vec_u8_into_bytes(content);
}

/* 0 or an errno. */
static int write_all(int file, x07_bytes data)
{
    for (uint32_t done = 0; done < data.len;) {
        ssize_t wrote = write(file, data.ptr + done, data.len - done);
        if (wrote >= 0) {
            done += (uint32_t)wrote;
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return 0;
}

static int write_file(const char *path, x07_bytes data)
{
    int file = open_file(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (file < 0) {
        return errno;
    }
    int error = write_all(file, data);
    if (close(file) != 0 && !error && errno != EINTR) {
        return errno;
    }
    return error;
}

uint32_t x07_os_fs_write_file(x07_bytes path, x07_bytes data, const char *at)
{
    char *name = x07_os_text(path, at);
    if (!name) {
        x07_trap("os.fs.write_file unsafe path", at);
    }
    int error = write_file(name, data);
    x07_free(name);
    x07_bytes_drop(data);
    return (uint32_t)error;
}
