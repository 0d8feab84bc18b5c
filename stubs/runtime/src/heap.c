#include "blocks.h"
#include "x07_memory.h"

static void *payload_of(x07_block *block)
{
    return block + 1;
}

static x07_block *block_of(void *payload)
{
    return (x07_block *)payload - 1;
}

static void count_taken(uint64_t size)
{
    x07_memory_counts *counts = &x07_state.memory;
    counts->bytes_alloc_total += size;
    counts->live_bytes += size;
    counts->live_allocs++;
    if (counts->live_bytes > counts->peak_live_bytes) {
        counts->peak_live_bytes = counts->live_bytes;
    }
    if (counts->live_allocs > counts->peak_live_allocs) {
        counts->peak_live_allocs = counts->live_allocs;
    }
}

static void count_given(uint64_t size)
{
    x07_memory_counts *counts = &x07_state.memory;
    counts->bytes_freed_total += size;
    counts->live_bytes -= size;
    counts->live_allocs--;
}

static _Noreturn X07_COLD void out_of_memory(const char *at)
{
    x07_trap(x07_state.in_clause ? "X07T_BUDGET_EXCEEDED_ALLOC_BYTES" : "out of memory", at);
}

static x07_block *take(size_t size, int *is_zero, const char *at)
{
    if (X07_UNLIKELY(size > x07_state.heap_limit - x07_state.memory.live_bytes)) {
        out_of_memory(at);
    }
    x07_block *block = x07_block_take(size, is_zero);
    if (X07_UNLIKELY(block == NULL)) {
        out_of_memory(at);
    }
    count_taken(size);
    return block;
}

void *x07_alloc_raw(size_t size, const char *at)
{
    int is_zero;
    x07_state.memory.alloc_calls++;
    return payload_of(take(size, &is_zero, at));
}

void *x07_alloc(size_t size, const char *at)
{
    int is_zero;
    x07_state.memory.alloc_calls++;
    void *payload = payload_of(take(size, &is_zero, at));
    if (!is_zero) {
        memset(payload, 0, size);
    }
    return payload;
}

void x07_free(void *payload)
{
    x07_block *block = block_of(payload);
    x07_state.memory.free_calls++;
    count_given(block->size);
    x07_block_give(block);
}

/* -- a new size: counted as a new block, a copy and a free, even where the block stays */

static void zero_gained(uint8_t *payload, size_t old_size, size_t size)
{
    if (size > old_size) {
        memset(payload + old_size, 0, size - old_size);
    }
}

static void *resized_in_place(x07_block *block, size_t size, const char *at)
{
    if (size > x07_state.heap_limit - x07_state.memory.live_bytes) {
        out_of_memory(at);
    }
    count_taken(size);
    count_given(block->size);
    x07_state.memory.memcpy_bytes += block->size;
    zero_gained(payload_of(block), block->size, size);
    block->size = size;
    return payload_of(block);
}

static void *moved(x07_block *block, size_t size, const char *at)
{
    int is_zero;
    x07_block *target = take(size, &is_zero, at);
    size_t kept = block->size < size ? block->size : size;
    x07_copy(payload_of(target), payload_of(block), kept);
    if (!is_zero) {
        zero_gained(payload_of(target), kept, size);
    }
    count_given(block->size);
    x07_block_give(block);
    return payload_of(target);
}

void *x07_realloc(void *payload, size_t size, const char *at)
{
    x07_block *block = block_of(payload);
    x07_state.memory.realloc_calls++;
    if (size >= block->size && size <= x07_block_room(block)) {
        return resized_in_place(block, size, at);
    }
    return moved(block, size, at);
}
