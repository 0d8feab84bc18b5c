#include "x07_readers.h"

#include "foreign_readers.h"
#include "handles.h"
#include "x07_release.h"
#include "x07_bytes.h"

typedef struct {
    x07_bytes input;
    uint32_t at;
} source;

typedef struct {
    x07_iface source;
    uint8_t *data;
    uint32_t cap, start, end;
} buffer;

static struct {
    source *items;
    uint32_t count;
} sources;

static struct {
    buffer *items;
    uint32_t count;
} buffers;

static void free_sources(void)
{
    for (uint32_t i = 0; i < sources.count; i++) {
        x07_bytes_drop(sources.items[i].input);
    }
    x07_free(sources.items);
    sources.items = NULL;
    sources.count = 0;
}

static x07_release release_sources = {.run = free_sources};

static void free_buffers(void)
{
    for (uint32_t i = 0; i < buffers.count; i++) {
        x07_free(buffers.items[i].data);
    }
    x07_free(buffers.items);
    buffers.items = NULL;
    buffers.count = 0;
}

static x07_release release_buffers = {.run = free_buffers};

x07_iface x07_io_open_read_bytes(x07_bytes_view input, const char *at)
{
    if (!sources.count) {
        x07_release_add(&release_sources);
    }
    sources.items = x07_grow(sources.items, sources.count, sizeof *sources.items, at);
    sources.items[sources.count++] = (source){.input = x07_view_to_bytes(input, at)};
    return x07_iface_make_v1(sources.count, X07_VTABLE_BYTES);
}

static source *source_of(x07_iface iface, const char *at)
{
    if (iface.vtable != X07_VTABLE_BYTES || iface.data - 1 >= sources.count) {
        x07_trap("io.read invalid iface", at);
    }
    return &sources.items[iface.data - 1];
}

/* The next part of the input, valid until the next call. */
static x07_bytes_view take(x07_iface iface, uint32_t max, const char *at)
{
    source *from = source_of(iface, at);
    uint32_t left = from->input.len - from->at;
    if (left == 0 && max) {
        x07_bytes_drop(from->input);
        *from = (source){.input = X07_NO_BYTES};
    }
    x07_bytes_view part = {from->input.ptr + from->at, left < max ? left : max};
    from->at += part.len;
    return part;
}

/* A reader may give less than it is asked for: no block is made for a size that is only a most. */
enum { MOST_FOREIGN_BYTES = 65536 };

static x07_bytes read_foreign(x07_iface source, uint32_t max, const char *at)
{
    uint32_t cap = max < MOST_FOREIGN_BYTES ? max : MOST_FOREIGN_BYTES;
    x07_bytes block = x07_bytes_alloc(cap, at);
    uint32_t len = cap ? x07_foreign_read(source, block.ptr, cap, at) : 0;
    if (len == cap) {
        return block;
    }
    x07_bytes part = x07_view_to_bytes((x07_bytes_view){block.ptr, len}, at);
    x07_bytes_drop(block);
    return part;
}

x07_bytes x07_io_read(x07_iface source, uint32_t max, const char *at)
{
    if (x07_foreign_reader(source.vtable)) {
        return read_foreign(source, max, at);
    }
    return x07_view_to_bytes(take(source, max, at), at);
}

uint32_t x07_bufread_new(x07_iface source, uint32_t cap, const char *at)
{
    if (cap == 0) {
        x07_trap("bufread.new cap=0", at);
    }
    if (!buffers.count) {
        x07_release_add(&release_buffers);
    }
    buffers.items = x07_grow(buffers.items, buffers.count, sizeof *buffers.items, at);
    buffers.items[buffers.count++] =
        (buffer){.source = source, .data = x07_alloc(cap, at), .cap = cap};
    return buffers.count;
}

static buffer *buffer_of(uint32_t handle, const char *at)
{
    if (handle - 1 >= buffers.count) {
        x07_trap("bufread invalid handle", at);
    }
    return &buffers.items[handle - 1];
}

static void refill(buffer *into, const char *at)
{
    into->start = 0;
    if (x07_foreign_reader(into->source.vtable)) {
        into->end = x07_foreign_read(into->source, into->data, into->cap, at);
        return;
    }
    x07_bytes_view part = take(into->source, into->cap, at);
    if (part.len) {
        x07_copy(into->data, part.ptr, part.len);
    }
    into->end = part.len;
}

x07_bytes_view x07_bufread_fill(uint32_t handle, const char *at)
{
    buffer *from = buffer_of(handle, at);
    if (from->start == from->end) {
        refill(from, at);
    }
    return (x07_bytes_view){from->data + from->start, from->end - from->start};
}

uint32_t x07_bufread_consume(uint32_t handle, uint32_t count, const char *at)
{
    buffer *from = buffer_of(handle, at);
    if (count > from->end - from->start) {
        x07_trap("bufread.consume oob", at);
    }
    from->start += count;
    return count;
}
