/* FsStatV1: version, kind, size, time of the last change in seconds. */
#include "fs_call.h"
#include "x07_os_files.h"
#include "x07_result.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STAT_BYTES = 16, VERSION = 1 };
typedef enum { MISSING, A_FILE, A_FOLDER, A_LINK, OTHER } kind;

static kind kind_of(mode_t mode)
{
    return S_ISREG(mode) ? A_FILE : S_ISDIR(mode) ? A_FOLDER : S_ISLNK(mode) ? A_LINK : OTHER;
}

static uint32_t saturated(int64_t number)
{
    return number < 0 ? 0 : number < UINT32_MAX ? (uint32_t)number : UINT32_MAX;
}

static void put(uint8_t *to, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> (8 * i));
    }
}

static x07_bytes made(kind kind, const struct stat *status, const char *at)
{
    x07_bytes bytes = x07_bytes_raw(STAT_BYTES, at);
    put(bytes.ptr, VERSION);
    put(bytes.ptr + 4, (uint32_t)kind);
    put(bytes.ptr + 8, kind == MISSING ? 0 : saturated(status->st_size));
    put(bytes.ptr + 12, kind == MISSING ? 0 : saturated(status->st_mtime));
    return bytes;
}

/* What a link leads to, where the caps ask for it: opened without being read. */
static int look_through(const x07_fs_call *call, struct stat *status)
{
#ifdef O_PATH
    int file = x07_resolve(call->base, call->path, O_PATH, 0);
#else
    int file = x07_fs_open(call, O_RDONLY | O_NONBLOCK);
#endif
    if (file < 0) {
        return -1;
    }
    int looked = fstat(file, status);
    close(file);
    return looked;
}

static int look_at(const x07_fs_call *call, struct stat *status)
{
    const char *name;
    if (call->caps.flags & X07_FS_ALLOW_SYMLINKS) {
        return look_through(call, status);
    }
    int folder = x07_fs_open_parent(call, &name);
    if (folder < 0) {
        return -1;
    }
    int looked = fstatat(folder, name, status, AT_SYMLINK_NOFOLLOW);
    int error = errno;
    close(folder);
    errno = error;
    return looked;
}

x07_result_bytes x07_os_fs_stat_v1(x07_bytes path, x07_bytes caps, const char *at)
{
    static const x07_fs_head head = {
        .operation = "os.fs.stat_v1", .verdict = x07_verdict_read, .list = X07_READ_ROOTS};
    x07_fs_call call;
    struct stat status;
    kind kind = MISSING;
    uint32_t code = x07_fs_start(&call, &head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    if (code == X07_FS_OK && look_at(&call, &status) == 0) {
        kind = kind_of(status.st_mode);
    } else if (code == X07_FS_OK && errno != ENOENT) {
        code = x07_fs_unresolved(&call, errno);
    }
    x07_bytes_drop(path);
    x07_bytes_drop(caps);
    if (code != X07_FS_OK && code != X07_FS_NOT_FOUND) {
        return x07_result_bytes_err(code);
    }
    return x07_result_bytes_ok(made(kind, &status, at));
}
