/* For C programs that embed a compiled X07 program, and for native extensions of one
 * (abi.md §3). Stands alone: needs no other header of the runtime. */
#ifndef X07_PKG_H
#define X07_PKG_H

#include <stdint.h>

typedef struct {
    uint8_t *ptr;
    uint32_t len;
} bytes_t;

/* `alloc` returns zeroed memory, or NULL when there is none. */
typedef struct {
    void *ctx;
    void *(*alloc)(void *ctx, uint32_t size, uint32_t align);
    void *(*realloc)(void *ctx, void *ptr, uint32_t old_size, uint32_t new_size, uint32_t align);
    void (*free)(void *ctx, void *ptr, uint32_t size, uint32_t align);
} allocator_v1_t;

/* To be defined by the embedding program, if it likes. It is asked once; without both `alloc` and
 * `free` the program uses a heap of its own. `realloc` is not called: blocks are copied. */
allocator_v1_t x07_custom_allocator(void);

/* Runs the program. The arena is all the memory that it gets, and the output lives there; with a
 * NULL arena it takes memory from the system. Traps end the process. */
bytes_t x07_solve_v2(uint8_t *arena_mem, uint32_t arena_cap, const uint8_t *input_ptr,
                     uint32_t input_len);

/* The exit code that the program asked for, as it gave it. */
int32_t x07_exit_code_v1(void);

/* For native extensions: bytes that the program then owns, and a trap with a number. */
bytes_t ev_bytes_alloc(uint32_t len);
_Noreturn void ev_trap(int32_t code);

/* A reader that an extension brings. `read` writes at most `cap` bytes (never 0) to `into` and says
 * how many: 0 is the end, a negative number a failure, which traps. `data` is the first number of
 * the program's `iface.make_v1`. */
typedef struct {
    int64_t (*read)(uint32_t data, uint8_t *into, uint32_t cap);
} x07_io_reader_vtable_v1;

/* The second number of `iface.make_v1`: the same each time for the same `read`. 0, which is no
 * reader, when 64 others were registered. */
uint32_t x07_rt_register_io_reader_vtable_v1(const x07_io_reader_vtable_v1 *vtable);

#endif
