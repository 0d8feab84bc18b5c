#include "fs_content.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    /* The first room for what is no file, and for a file that seems to be empty: those of /proc do. */
    CHUNK_BYTES = 65536,
    EMPTY_BYTES = 4096,
};

/* -- reading */

/* One byte more than the file has, so that the read after the last one needs no room; and not more
 * than it takes to see that there is too much. */
static uint32_t room(const struct stat *status, uint32_t limit)
{
    uint64_t size = CHUNK_BYTES;
    if (S_ISREG(status->st_mode)) {
        size = status->st_size != 0 ? (uint64_t)status->st_size + 1 : EMPTY_BYTES;
    }
    uint64_t most = (uint64_t)limit + 1;
    size = size < most ? size : most;
    return size < UINT32_MAX ? (uint32_t)size : UINT32_MAX;
}

static int is_larger(const struct stat *status, uint32_t limit)
{
    return S_ISREG(status->st_mode) && (uint64_t)status->st_size > limit;
}

int x07_content_read(int file, const struct stat *status, uint32_t limit, x07_vec_u8 *content,
                     const char *at)
{
    if (is_larger(status, limit)) {
        *content = X07_NO_VEC_U8;
        content->len = limit + 1;
        return EFBIG;
    }
    uint32_t cap = room(status, limit);
    *content = (x07_vec_u8){.data = x07_alloc_raw(cap, at), .len = 0, .cap = cap};
    for (;;) {
        if (content->len > limit) {
            return EFBIG;
        }
        if (content->len == content->cap) {
            *content = x07_vec_u8_grow(*content, 1, "os.fs read overflow", at);
        }
        uint32_t left = content->cap - content->len;
        uint32_t more = limit - content->len;
        ssize_t got = read(file, content->data + content->len, more < left ? more + 1 : left);
        if (got == 0) {
            return 0;
        }
        if (got > 0) {
            content->len += (uint32_t)got;
        } else if (errno != EINTR) {
            return errno;
        }
    }
}

uint64_t x07_content_asked(const struct stat *status, const x07_vec_u8 *content, uint32_t most)
{
    int is_known = S_ISREG(status->st_mode) && status->st_size > (off_t)content->len;
    return content->len > most && is_known ? (uint64_t)status->st_size : content->len;
}

/* -- opening */

/* Closes what does not pass. */
static uint32_t checked(const x07_fs_call *call, int *file, struct stat *status)
{
    if (*file < 0) {
        return x07_fs_unresolved(call, errno);
    }
    uint32_t code = x07_fs_check_file(call, *file, status);
    if (code != X07_FS_OK) {
        close(*file);
        *file = -1;
    }
    return code;
}

uint32_t x07_content_open_read(const x07_fs_call *call, int *file, struct stat *status)
{
    *file = x07_fs_open(call, O_RDONLY);
    return checked(call, file, status);
}

uint32_t x07_content_open_append(const x07_fs_call *call, int *file)
{
    struct stat status;
    *file = x07_fs_open(call, O_WRONLY | O_CREAT | O_APPEND);
    return checked(call, file, &status);
}

/* A file is looked at before it is emptied: it may have another name. */
uint32_t x07_content_open_write(const x07_fs_call *call, int *file)
{
    struct stat status;
    int flags = O_WRONLY | O_CREAT | (call->caps.flags & X07_FS_OVERWRITE ? 0 : O_EXCL);
    *file = x07_fs_open(call, call->base.anywhere ? flags | O_TRUNC : flags);
    uint32_t code = checked(call, file, &status);
    if (code == X07_FS_OK && !call->base.anywhere && ftruncate(*file, 0) != 0) {
        code = x07_fs_code(errno);
        close(*file);
    }
    return code;
}
