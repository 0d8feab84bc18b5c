/* Files in pieces. A handle is the place of a stream in a table, from 1; none is used again. */
#include "fs_content.h"
#include "handles.h"
#include "x07_os_files.h"
#include "x07_release.h"
#include "x07_result.h"
#include "x07_writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* The most that one call reads. */
enum { SOME_BYTES = 1 << 16 };

typedef enum { READER, WRITER } side;

typedef struct {
    side side;
    int is_open;
    int file;
    uint32_t left;
    uint32_t limit;
    /* NULL: the file is written in its place. */
    x07_beside *beside;
} stream;

static struct {
    stream *items;
    uint32_t count;
} streams;

/* -- the table */

/* What a stream holds besides its file; its place stays. */
static void forget(stream *stream)
{
    if (stream->beside) {
        x07_free(stream->beside);
        stream->beside = NULL;
    }
    stream->is_open = 0;
}

static void drop(stream *stream)
{
    if (!stream->is_open) {
        return;
    }
    if (stream->beside) {
        x07_beside_drop(stream->beside);
    } else {
        close(stream->file);
    }
    forget(stream);
}

static void drop_all(void)
{
    for (uint32_t i = 0; i < streams.count; i++) {
        drop(&streams.items[i]);
    }
    x07_free(streams.items);
    memset(&streams, 0, sizeof streams);
}

static x07_release release_streams = {.run = drop_all};

static uint32_t keep(stream made, const char *at)
{
    if (streams.count == 0) {
        x07_release_add(&release_streams);
    }
    streams.items = x07_grow(streams.items, streams.count, sizeof made, at);
    streams.items[streams.count] = made;
    return ++streams.count;
}

/* NULL where the handle is none of that side. */
static stream *find(uint32_t handle, side side)
{
    if (handle - 1 >= streams.count || streams.items[handle - 1].side != side) {
        return NULL;
    }
    return &streams.items[handle - 1];
}

static stream *find_open(uint32_t handle, side side)
{
    stream *found = find(handle, side);
    return found && found->is_open ? found : NULL;
}

/* -- opening */

static const x07_fs_head reading = {
    .operation = "os.fs.stream_open_read_v1", .verdict = x07_verdict_read, .list = X07_READ_ROOTS};

static const x07_fs_head writing = {
    .operation = "os.fs.stream_open_write_v1",
    .verdict = x07_verdict_write,
    .list = X07_WRITE_ROOTS,
    .minds_flags = X07_FS_CREATE_PARENTS | X07_FS_ATOMIC_WRITE,
};

static uint32_t open_reader(x07_fs_call *call, stream *made, const char *at)
{
    struct stat status;
    (void)at;
    made->limit = made->left = call->caps.max_read_bytes;
    return x07_content_open_read(call, &made->file, &status);
}

static uint32_t open_beside(const x07_fs_call *call, stream *made, const char *at)
{
    made->beside = x07_alloc(sizeof *made->beside, at);
    uint32_t code = x07_beside_open(call, made->beside);
    if (code == X07_FS_OK) {
        made->file = made->beside->file;
    } else {
        x07_free(made->beside);
    }
    return code;
}

static uint32_t open_writer(x07_fs_call *call, stream *made, const char *at)
{
    made->limit = made->left = call->caps.max_write_bytes;
    uint32_t code = x07_fs_make_parents(call);
    if (code != X07_FS_OK) {
        return code;
    }
    return call->caps.flags & X07_FS_ATOMIC_WRITE ? open_beside(call, made, at)
                                                  : x07_content_open_write(call, &made->file);
}

typedef uint32_t opener(x07_fs_call *call, stream *made, const char *at);

static x07_result_i32 open_stream(const x07_fs_head *head, opener *opener, x07_bytes path,
                                  x07_bytes caps, const char *at)
{
    x07_fs_call call;
    stream made = {.side = head == &reading ? READER : WRITER, .is_open = 1};
    uint32_t code = x07_fs_start(&call, head, x07_bytes_as_view(path), x07_bytes_as_view(caps));
    code = code == X07_FS_OK ? opener(&call, &made, at) : code;
    x07_bytes_drop(path);
    x07_bytes_drop(caps);
    return code == X07_FS_OK ? x07_result_i32_ok(keep(made, at)) : x07_result_i32_err(code);
}

x07_result_i32 x07_os_fs_stream_open_read_v1(x07_bytes path, x07_bytes caps, const char *at)
{
    return open_stream(&reading, open_reader, path, caps, at);
}

x07_result_i32 x07_os_fs_stream_open_write_v1(x07_bytes path, x07_bytes caps, const char *at)
{
    return open_stream(&writing, open_writer, path, caps, at);
}

/* -- reading */

static uint32_t smallest(uint32_t asked, uint32_t left)
{
    uint32_t most = asked < left ? asked : left;
    return most < SOME_BYTES ? most : SOME_BYTES;
}

static ssize_t read_some(int file, void *to, size_t size)
{
    ssize_t got;
    do {
        got = read(file, to, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* Not much more memory than bytes: a program may keep many pieces. */
static x07_bytes fitted(x07_vec_u8 some, const char *at)
{
    if (some.len == 0 || some.len > some.cap / 2) {
        return x07_vec_u8_into_bytes(some);
    }
    x07_bytes copy = x07_view_to_bytes(x07_vec_u8_as_view(some), at);
    x07_vec_u8_drop(some);
    return copy;
}

x07_result_bytes x07_os_fs_stream_read_some_v1(uint32_t handle, uint32_t max_bytes,
                                               const char *at)
{
    stream *reader = find_open(handle, READER);
    if (!reader) {
        return x07_result_bytes_err(X07_FS_BAD_HANDLE);
    }
    uint32_t most = smallest(max_bytes, reader->left);
    if (most == 0) {
        return x07_result_bytes_ok(x07_bytes_empty());
    }
    x07_vec_u8 some = {.data = x07_alloc_raw(most, at), .len = 0, .cap = most};
    ssize_t got = read_some(reader->file, some.data, most);
    if (got < 0) {
        x07_vec_u8_drop(some);
        return x07_result_bytes_err(x07_fs_code(errno));
    }
    some.len = (uint32_t)got;
    reader->left -= (uint32_t)got;
    return x07_result_bytes_ok(fitted(some, at));
}

/* -- writing */

/* A denial where the policy's limit is the one that is passed. */
static uint32_t too_large(const stream *writer, uint32_t len)
{
    const x07_policy *policy = x07_policy_current();
    uint64_t asked = (uint64_t)(writer->limit - writer->left) + len;
    x07_verdict verdict =
        x07_verdict_limit(policy, asked, policy->fs.max_write_bytes, "fs.max_write_bytes");
    if (verdict.reason != X07_GRANTED) {
        x07_denied("os.fs.stream_write_all_v1", X07_NO_BYTES_VIEW, &verdict);
    }
    return X07_FS_TOO_LARGE;
}

x07_result_i32 x07_os_fs_stream_write_all_v1(uint32_t handle, x07_bytes_view data)
{
    stream *writer = find_open(handle, WRITER);
    if (!writer) {
        return x07_result_i32_err(X07_FS_BAD_HANDLE);
    }
    if (data.len > writer->left) {
        return x07_result_i32_err(too_large(writer, data.len));
    }
    if (x07_write_all(writer->file, data.ptr, data.len) != 0) {
        return x07_result_i32_err(x07_fs_code(errno));
    }
    writer->left -= data.len;
    return x07_result_i32_ok(data.len);
}

/* -- closing */

static uint32_t close_file(int file)
{
    return close(file) == 0 || errno == EINTR ? X07_FS_OK : x07_fs_code(errno);
}

static x07_result_i32 close_stream(uint32_t handle, side side)
{
    stream *found = find(handle, side);
    if (!found) {
        return x07_result_i32_err(X07_FS_BAD_HANDLE);
    }
    uint32_t code = X07_FS_OK;
    if (found->is_open) {
        code = found->beside ? x07_beside_keep(found->beside) : close_file(found->file);
        forget(found);
    }
    return code == X07_FS_OK ? x07_result_i32_ok(1) : x07_result_i32_err(code);
}

x07_result_i32 x07_os_fs_stream_close_v1(uint32_t handle)
{
    return close_stream(handle, WRITER);
}

x07_result_i32 x07_os_fs_stream_close_read_v1(uint32_t handle)
{
    return close_stream(handle, READER);
}

static uint32_t drop_stream(uint32_t handle, side side)
{
    stream *found = find(handle, side);
    if (found) {
        drop(found);
    }
    return 1;
}

uint32_t x07_os_fs_stream_drop_v1(uint32_t handle)
{
    return drop_stream(handle, WRITER);
}

uint32_t x07_os_fs_stream_drop_read_v1(uint32_t handle)
{
    return drop_stream(handle, READER);
}
