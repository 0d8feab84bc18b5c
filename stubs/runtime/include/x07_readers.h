/* Readers (language.md §4): in-memory sources, and buffers over any source.
 *
 * A source keeps a copy of its input, freed by the read that finds its end. Buffers, and sources
 * that were not read to the end, live until the program ends. */
#ifndef X07_READERS_H
#define X07_READERS_H

#include "x07_types.h"

/* The vtable of in-memory sources; `data` is then a handle, from 1. */
#define X07_VTABLE_BYTES 1u

static inline x07_iface x07_iface_make_v1(uint32_t data, uint32_t vtable)
{
    return (x07_iface){.data = data, .vtable = vtable};
}

x07_iface x07_io_open_read_bytes(x07_bytes_view input, const char *at);

/* At most `max` bytes; none at the end of the input. */
x07_bytes x07_io_read(x07_iface source, uint32_t max, const char *at);

uint32_t x07_bufread_new(x07_iface source, uint32_t cap, const char *at);

/* What is buffered and not consumed; where that is nothing, more is read. Empty: the end. */
x07_bytes_view x07_bufread_fill(uint32_t handle, const char *at);

/* `count` */
uint32_t x07_bufread_consume(uint32_t handle, uint32_t count, const char *at);

#endif
