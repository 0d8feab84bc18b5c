/* What a program has at run time besides its values: one struct, so that it can be saved, shown and
 * taken over as a whole. Hot code does not read it, except to charge fuel. */
#ifndef X07_STATE_H
#define X07_STATE_H

#include "x07_types.h"

/* Counts of the metrics line, in its order (abi.md §1). */
typedef struct {
    uint64_t alloc_calls;
    uint64_t realloc_calls;
    uint64_t free_calls;
    uint64_t bytes_alloc_total;
    uint64_t bytes_freed_total;
    uint64_t live_bytes;
    uint64_t peak_live_bytes;
    uint64_t live_allocs;
    uint64_t peak_live_allocs;
    uint64_t memcpy_bytes;
} x07_memory_counts;

typedef struct {
    uint64_t fs_read_file_calls;
    uint64_t fs_list_dir_calls;
    uint64_t rr_open_calls;
    uint64_t rr_close_calls;
    uint64_t rr_stats_calls;
    uint64_t rr_next_calls;
    uint64_t rr_next_miss_calls;
    uint64_t rr_append_calls;
    uint64_t kv_get_calls;
    uint64_t kv_set_calls;
} x07_world_counts;

typedef struct {
    uint64_t tasks_spawned;
    uint64_t spawn_calls;
    uint64_t join_calls;
    uint64_t yield_calls;
    uint64_t sleep_calls;
    uint64_t chan_send_calls;
    uint64_t chan_recv_calls;
    uint64_t ctx_switches;
    uint64_t wake_events;
    uint64_t blocked_waits;
    uint64_t virtual_time_end;
    uint64_t sched_trace_hash;
} x07_schedule_counts;

/* Prefixes of the operands of the last `bytes.eq`, when they differed. */
enum { X07_MISMATCH_PREFIX_BYTES = 64 };

typedef struct {
    uint32_t known;
    uint32_t got_len;
    uint32_t expected_len;
    uint8_t got[X07_MISMATCH_PREFIX_BYTES];
    uint8_t expected[X07_MISMATCH_PREFIX_BYTES];
} x07_mismatch;

typedef struct {
    /* Fuel left. Nothing is charged in a program that was compiled without a limit. */
    uint64_t fuel;
    /* `live_bytes` may not pass it. */
    uint64_t heap_limit;
    /* A contract clause is being evaluated, under limits of its own. */
    uint32_t in_clause;
    /* What the process ends with; values outside 0..255 become 255. */
    uint32_t exit_code;
    x07_bytes_view input;
    x07_memory_counts memory;
    x07_world_counts world;
    x07_schedule_counts schedule;
    x07_mismatch mismatch;
} x07_program_state;

extern x07_program_state x07_state;

/* The value of `input`, in every function. */
static inline x07_bytes_view x07_input(void)
{
    return x07_state.input;
}

#endif
