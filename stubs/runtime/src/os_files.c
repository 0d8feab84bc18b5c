/* Files whole. */
#include "fs_content.h"
#include "x07_os_files.h"
#include "x07_result.h"
#include "x07_writer.h"

#include <errno.h>
#include <unistd.h>

/* -- reading */

static uint32_t read_all(const x07_fs_call *call, x07_vec_u8 *content, const char *at)
{
    int file;
    struct stat status;
    uint32_t code = x07_content_open_read(call, &file, &status);
    if (code != X07_FS_OK) {
        return code;
    }
    int error = x07_content_read(file, &status, call->caps.max_read_bytes, content, at);
    close(file);
    if (error != EFBIG) {
        return error ? x07_fs_code(error) : X07_FS_OK;
    }
    uint64_t asked = x07_content_asked(&status, content, call->policy->fs.max_read_bytes);
    return x07_fs_too_much(call, X07_FS_TOO_LARGE, asked);
}

x07_result_bytes x07_os_fs_read_all_v1(x07_bytes path, x07_bytes caps, const char *at)
{
    static const x07_fs_head head = {
        .operation = "os.fs.read_all_v1", .verdict = x07_verdict_read, .list = X07_READ_ROOTS};
    x07_fs_call call;
    x07_vec_u8 content = X07_NO_VEC_U8;
    uint32_t code = x07_fs_start(&call, &head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    if (code == X07_FS_OK) {
        code = read_all(&call, &content, at);
    }
    x07_bytes_drop(path);
    x07_bytes_drop(caps);
    if (code != X07_FS_OK) {
        x07_vec_u8_drop(content);
        return x07_result_bytes_err(code);
    }
    return x07_result_bytes_ok(x07_vec_u8_into_bytes(content));
}

/* -- writing */

static uint32_t fill(int file, x07_bytes_view data)
{
    return x07_write_all(file, data.ptr, data.len) == 0 ? X07_FS_OK : x07_fs_code(errno);
}

/* The first of two errors. */
static uint32_t closed(int file, uint32_t code)
{
    int failed = close(file) != 0 && errno != EINTR;
    return code == X07_FS_OK && failed ? x07_fs_code(errno) : code;
}

static uint32_t write_in_place(const x07_fs_call *call, x07_bytes_view data)
{
    int file;
    uint32_t code = x07_content_open_write(call, &file);
    return code == X07_FS_OK ? closed(file, fill(file, data)) : code;
}

static uint32_t write_beside(const x07_fs_call *call, x07_bytes_view data)
{
    x07_beside beside;
    uint32_t code = x07_beside_open(call, &beside);
    if (code != X07_FS_OK) {
        return code;
    }
    code = fill(beside.file, data);
    if (code == X07_FS_OK) {
        return x07_beside_keep(&beside);
    }
    x07_beside_drop(&beside);
    return code;
}

static uint32_t append(const x07_fs_call *call, x07_bytes_view data)
{
    int file;
    uint32_t code = x07_content_open_append(call, &file);
    return code == X07_FS_OK ? closed(file, fill(file, data)) : code;
}

static uint32_t write_all(const x07_fs_call *call, x07_bytes_view data)
{
    return call->caps.flags & X07_FS_ATOMIC_WRITE ? write_beside(call, data)
                                                  : write_in_place(call, data);
}

/* What comes before the bytes. */
static uint32_t prepare(x07_fs_call *call, x07_bytes_view data)
{
    if (data.len > call->caps.max_write_bytes) {
        return x07_fs_too_much(call, X07_FS_TOO_LARGE, data.len);
    }
    return x07_fs_make_parents(call);
}

typedef uint32_t write_how(const x07_fs_call *call, x07_bytes_view data);

static x07_result_i32 put(const x07_fs_head *head, write_how *how, x07_bytes path, x07_bytes data,
                          x07_bytes caps)
{
    x07_fs_call call;
    x07_bytes_view view = x07_bytes_as_view(data);
    uint32_t code = x07_fs_start(&call, head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    code = code == X07_FS_OK ? prepare(&call, view) : code;
    code = code == X07_FS_OK ? how(&call, view) : code;
    x07_bytes_drop(path);
    x07_bytes_drop(data);
    x07_bytes_drop(caps);
    return code == X07_FS_OK ? x07_result_i32_ok(view.len) : x07_result_i32_err(code);
}

x07_result_i32 x07_os_fs_write_all_v1(x07_bytes path, x07_bytes data, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.write_all_v1",
        .verdict = x07_verdict_write,
        .list = X07_WRITE_ROOTS,
        .minds_flags = X07_FS_CREATE_PARENTS | X07_FS_ATOMIC_WRITE,
    };
    return put(&head, write_all, path, data, caps);
}

x07_result_i32 x07_os_fs_append_all_v1(x07_bytes path, x07_bytes data, x07_bytes caps)
{
    static const x07_fs_head head = {
        .operation = "os.fs.append_all_v1",
        .verdict = x07_verdict_write,
        .list = X07_WRITE_ROOTS,
        .minds_flags = X07_FS_CREATE_PARENTS,
        .refuses_flags = X07_FS_ATOMIC_WRITE,
    };
    return put(&head, append, path, data, caps);
}
