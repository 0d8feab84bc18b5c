#include "stream.h"

#include "../../../../stubs/runtime/src/size_class.h"
#include "x07_pkg.h"

enum { SLOTS = 64 };

static uint8_t *blocks[SLOTS];
static size_t sizes[SLOTS];
static uint64_t wrong;

/* The heap itself, also where a sanitizer would take its place. */
allocator_v1_t x07_custom_allocator(void)
{
    return (allocator_v1_t){.ctx = NULL};
}

static uint8_t mark(uint32_t slot, size_t offset)
{
    return (uint8_t)(slot * 7u + offset * 13u + 1u);
}

static void fill(uint32_t slot)
{
    for (size_t i = 0; i < sizes[slot]; i++) {
        blocks[slot][i] = mark(slot, i);
    }
}

/* Marks up to `kept`, zeros from there. */
static void look(uint32_t slot, size_t kept)
{
    for (size_t i = 0; i < sizes[slot]; i++) {
        wrong += blocks[slot][i] != (i < kept ? mark(slot, i) : 0);
    }
    wrong += (uintptr_t)blocks[slot] % 16u != 0;
}

static void allocate(uint32_t slot, size_t size)
{
    blocks[slot] = x07_alloc(size, AT);
    sizes[slot] = size;
    look(slot, 0);
    fill(slot);
}

static void resize(uint32_t slot, size_t size)
{
    size_t kept = sizes[slot] < size ? sizes[slot] : size;
    blocks[slot] = x07_realloc(blocks[slot], size, AT);
    sizes[slot] = size;
    look(slot, kept);
    fill(slot);
}

static void release(uint32_t slot)
{
    look(slot, sizes[slot]);
    x07_free(blocks[slot]);
}

static void give_counts(void)
{
    const x07_memory_counts *counts = &x07_state.memory;
    const uint64_t shown[] = {
        counts->alloc_calls,       counts->realloc_calls,     counts->free_calls,
        counts->bytes_alloc_total, counts->bytes_freed_total, counts->live_bytes,
        counts->peak_live_bytes,   counts->live_allocs,       counts->peak_live_allocs,
        counts->memcpy_bytes,
    };
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        give_u32((uint32_t)shown[i]);
    }
}

/* Every size has the smallest class that holds it. */
static void give_class_faults(void)
{
    uint32_t faults = 0;
    for (size_t bytes = 1; bytes <= X07_LARGEST_CLASS_BYTES; bytes += 1 + bytes / 97) {
        uint32_t size_class = x07_size_class(bytes);
        faults += size_class >= X07_SIZE_CLASSES;
        faults += x07_size_class_bytes(size_class) < bytes;
        faults += size_class > 0 && x07_size_class_bytes(size_class - 1) >= bytes;
        faults += x07_size_class(x07_size_class_bytes(size_class)) != size_class;
        faults += x07_size_class_bytes(size_class) % 16u != 0;
    }
    give_u32(faults);
    give_u32((uint32_t)x07_size_class_bytes(X07_SIZE_CLASSES - 1));
}

void serve(uint32_t operation)
{
    uint32_t slot = operation < 3 ? take_u32() : 0u;
    switch (operation) {
    case 0:
        allocate(slot, take_u32());
        return;
    case 1:
        resize(slot, take_u32());
        return;
    case 2:
        release(slot);
        return;
    case 3:
        give_u32((uint32_t)wrong);
        give_counts();
        return;
    case 4:
        give_class_faults();
        return;
    case 5:
        x07_state.heap_limit = take_u32();
        return;
    }
}
