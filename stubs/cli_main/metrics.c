#include "metrics.h"

#include <stddef.h>

#include "x07_program.h"
#include "x07_report.h"
#include "x07_state.h"
#include "x07_writer.h"

/* A count of x07_state. */
typedef struct {
    const char *key;
    size_t offset;
} count;

#define WORLD(name) {#name, offsetof(x07_program_state, world.name)}
#define SCHEDULE(name) {#name, offsetof(x07_program_state, schedule.name)}
#define MEMORY(name) {#name, offsetof(x07_program_state, memory.name)}

static const count world_counts[] = {
    WORLD(fs_read_file_calls), WORLD(fs_list_dir_calls), WORLD(rr_open_calls),
    WORLD(rr_close_calls),     WORLD(rr_stats_calls),    WORLD(rr_next_calls),
    WORLD(rr_next_miss_calls), WORLD(rr_append_calls),   WORLD(kv_get_calls),
    WORLD(kv_set_calls),       {NULL, 0},
};

static const count schedule_counts[] = {
    SCHEDULE(tasks_spawned),   SCHEDULE(spawn_calls),     SCHEDULE(join_calls),
    SCHEDULE(yield_calls),     SCHEDULE(sleep_calls),     SCHEDULE(chan_send_calls),
    SCHEDULE(chan_recv_calls), SCHEDULE(ctx_switches),    SCHEDULE(wake_events),
    SCHEDULE(blocked_waits),   SCHEDULE(virtual_time_end), {NULL, 0},
};

static const count memory_counts[] = {
    MEMORY(alloc_calls),       MEMORY(realloc_calls),     MEMORY(free_calls),
    MEMORY(bytes_alloc_total), MEMORY(bytes_freed_total), MEMORY(live_bytes),
    MEMORY(peak_live_bytes),   MEMORY(live_allocs),       MEMORY(peak_live_allocs),
    MEMORY(memcpy_bytes),      {NULL, 0},
};

static void write_count(x07_writer *writer, const char *key, uint64_t value)
{
    x07_writer_json_string(writer, key);
    x07_writer_text(writer, ":");
    x07_writer_u64(writer, value);
}

static void write_counts(x07_writer *writer, const count *counts)
{
    const char *separator = "";
    for (; counts->key != NULL; counts++) {
        const void *value = (const char *)&x07_state + counts->offset;
        x07_writer_text(writer, separator);
        write_count(writer, counts->key, *(const uint64_t *)value);
        separator = ",";
    }
}

static void write_trace_hash(x07_writer *writer)
{
    uint8_t digest[8];
    for (int i = 0; i < 8; i++) {
        digest[i] = (uint8_t)(x07_state.schedule.sched_trace_hash >> (56 - 8 * i));
    }
    x07_writer_text(writer, ",\"sched_trace_hash\":\"0x");
    x07_writer_hex(writer, digest, sizeof digest);
    x07_writer_text(writer, "\"");
}

/* The input stays for the whole run: it is part of every peak. */
static uint64_t heap_used(void)
{
    uint64_t used = x07_state.memory.peak_live_bytes + x07_state.input.len;
    return used < UINT32_MAX ? used : UINT32_MAX;
}

void x07_metrics_write(int fd)
{
    x07_writer writer = {.fd = fd};
    x07_writer_text(&writer, "{");
    write_count(&writer, "fuel_used", x07_program_fuel_used());
    x07_writer_text(&writer, ",");
    write_count(&writer, "heap_used", heap_used());
    x07_writer_text(&writer, ",");
    write_counts(&writer, world_counts);
    x07_writer_text(&writer, ",\"sched_stats\":{");
    write_counts(&writer, schedule_counts);
    write_trace_hash(&writer);
    x07_writer_text(&writer, "},\"mem_stats\":{");
    write_counts(&writer, memory_counts);
    x07_writer_text(&writer, "}");
    if (x07_report_more) {
        x07_writer_text(&writer, ",");
        x07_report_more(&writer);
    }
    x07_writer_text(&writer, "}\n");
    x07_writer_flush(&writer);
}
