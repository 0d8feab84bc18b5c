/* scratch_u8_fixed_v1: buffers of fixed capacity.
 *
 * Views of a dropped buffer may be left, so its memory is not freed but used again by a new buffer
 * of the same class of size; all of it is freed by the program ends. Handles are not used again. */
#include "x07_values.h"

#include "handles.h"
#include "x07_release.h"

#include <string.h>

enum { CLASSES = 33, FULL = 8 };

/* A free buffer is still a row of the table; `next` is the row after it in its class, plus one. */
typedef struct {
    uint8_t *data;
    uint32_t len, cap;
    uint32_t next;
    uint32_t live;
} scratch;

static struct {
    scratch *items;
    uint32_t count;
    uint32_t free[CLASSES];
} buffers;

static void free_buffers(void)
{
    for (uint32_t i = 0; i < buffers.count; i++) {
        if (buffers.items[i].data) {
            x07_free(buffers.items[i].data);
        }
    }
    x07_free(buffers.items);
    memset(&buffers, 0, sizeof buffers);
}

static x07_release release_buffers = {.run = free_buffers};

static scratch *live(uint32_t handle)
{
    if (handle - 1 >= buffers.count || !buffers.items[handle - 1].live) {
        return NULL;
    }
    return &buffers.items[handle - 1];
}

static scratch *buffer_of(uint32_t handle, const char *at)
{
    scratch *buffer = live(handle);
    if (!buffer) {
        x07_trap("scratch_u8_fixed_v1 invalid handle", at);
    }
    return buffer;
}

/* Class c holds capacities up to 2^c. */
static uint32_t class_of(uint32_t cap)
{
    uint32_t class = 0;
    while (UINT64_C(1) << class < cap) {
        class++;
    }
    return class;
}

/* Takes the memory of a dropped buffer, whose row stays dead. */
static uint8_t *memory(uint32_t class, const char *at)
{
    if (!buffers.free[class]) {
        return x07_alloc((size_t)(UINT64_C(1) << class), at);
    }
    scratch *dropped = &buffers.items[buffers.free[class] - 1];
    uint8_t *data = dropped->data;
    buffers.free[class] = dropped->next;
    dropped->data = NULL;
    return data;
}

uint32_t x07_scratch_u8_fixed_v1_new(uint32_t cap, const char *at)
{
    uint8_t *data = memory(class_of(cap), at);
    if (!buffers.count) {
        x07_release_add(&release_buffers);
    }
    buffers.items = x07_grow(buffers.items, buffers.count, sizeof *buffers.items, at);
    buffers.items[buffers.count] = (scratch){.data = data, .cap = cap, .live = 1};
    return ++buffers.count;
}

uint32_t x07_scratch_u8_fixed_v1_clear(uint32_t handle, const char *at)
{
    buffer_of(handle, at)->len = 0;
    return handle;
}

uint32_t x07_scratch_u8_fixed_v1_len(uint32_t handle, const char *at)
{
    return buffer_of(handle, at)->len;
}

uint32_t x07_scratch_u8_fixed_v1_cap(uint32_t handle, const char *at)
{
    return buffer_of(handle, at)->cap;
}

/* 1, or 0 where the handle names no buffer (any more). */
uint32_t x07_scratch_u8_fixed_v1_drop(uint32_t handle)
{
    scratch *buffer = live(handle);
    if (!buffer) {
        return 0;
    }
    uint32_t class = class_of(buffer->cap);
    buffer->live = 0;
    buffer->next = buffers.free[class];
    buffers.free[class] = handle;
    return 1;
}

x07_bytes_view x07_scratch_u8_fixed_v1_as_view(uint32_t handle, const char *at)
{
    const scratch *buffer = buffer_of(handle, at);
    return (x07_bytes_view){buffer->data, buffer->len};
}

/* All of it or nothing: the number of bytes, or an error. Old views may overlap, hence memmove. */
x07_result_i32 x07_scratch_u8_fixed_v1_try_write(uint32_t handle, x07_bytes_view data,
                                                 const char *at)
{
    scratch *buffer = buffer_of(handle, at);
    if (data.len > buffer->cap - buffer->len) {
        return (x07_result_i32){.tag = 0, .err = FULL};
    }
    if (data.len) {
        memmove(buffer->data + buffer->len, data.ptr, data.len);
    }
    buffer->len += data.len;
    return (x07_result_i32){.tag = 1, .ok = data.len};
}
