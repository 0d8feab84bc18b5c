/* One line for a violation:
 * X07T_CONTRACT_V1 {"contract_kind":...,"witness":[{"ty":...},...]} */
#include "x07_contract.h"

#include <unistd.h>

#include "x07_writer.h"

enum {
    CLAUSE_FUEL = 50000,
    CLAUSE_HEAP_BYTES = 1 << 20,
    WITNESS_BYTES = 256,
};

void x07_clause_enter(x07_clause_frame *outside)
{
    outside->fuel = x07_state.fuel;
    outside->heap_limit = x07_state.heap_limit;
    outside->in_clause = x07_state.in_clause;
    uint64_t heap_left = x07_state.heap_limit - x07_state.memory.live_bytes;
    x07_state.fuel = CLAUSE_FUEL;
    if (heap_left > CLAUSE_HEAP_BYTES) {
        x07_state.heap_limit = x07_state.memory.live_bytes + CLAUSE_HEAP_BYTES;
    }
    x07_state.in_clause = 1u;
}

void x07_clause_leave(const x07_clause_frame *outside)
{
    x07_state.fuel = outside->fuel;
    x07_state.heap_limit = outside->heap_limit;
    x07_state.in_clause = outside->in_clause;
}

/* -- the line */

static x07_writer line;
static int witnesses;

static void text(const char *part)
{
    x07_writer_text(&line, part);
}

static void field(const char *key, const char *value)
{
    text(key);
    x07_writer_json_string(&line, value);
}

void x07_contract_begin(const char *kind, const char *function, const char *clause_id,
                        uint32_t clause_index, const char *clause_pointer)
{
    line = (x07_writer){.fd = STDERR_FILENO};
    witnesses = 0;
    field("X07T_CONTRACT_V1 {\"contract_kind\":", kind);
    field(",\"fn\":", function);
    field(",\"clause_id\":", clause_id);
    text(",\"clause_index\":");
    x07_writer_u64(&line, clause_index);
    field(",\"clause_ptr\":", clause_pointer);
    text(",\"witness\":[");
}

void x07_contract_end(const char *at)
{
    text("]}\n");
    x07_writer_flush(&line);
    x07_trap("contract violation", at);
}

/* -- witnesses */

static void begin(const char *type)
{
    field(witnesses++ ? ",{\"ty\":" : "{\"ty\":", type);
}

static void number(const char *key, uint32_t value)
{
    text(key);
    x07_writer_i32(&line, value);
}

static void buffer(x07_bytes_view value)
{
    uint32_t shown = value.len < WITNESS_BYTES ? value.len : WITNESS_BYTES;
    text(",\"len\":");
    x07_writer_u64(&line, value.len);
    text(",\"hex\":\"");
    x07_writer_hex(&line, value.ptr, shown);
    text(shown < value.len ? "\",\"truncated\":1" : "\",\"truncated\":0");
}

static void end(void)
{
    text("}");
}

static x07_bytes_view as_view(x07_bytes value)
{
    return (x07_bytes_view){.ptr = value.ptr, .len = value.len};
}

void x07_witness_i32(uint32_t value)
{
    begin("i32");
    number(",\"value_i32\":", value);
    end();
}

static void plain(const char *type, x07_bytes_view value)
{
    begin(type);
    buffer(value);
    end();
}

void x07_witness_bytes(x07_bytes_view value)
{
    plain("bytes", value);
}

void x07_witness_bytes_view(x07_bytes_view value)
{
    plain("bytes_view", value);
}

void x07_witness_vec_u8(x07_bytes_view value)
{
    plain("vec_u8", value);
}

/* Options and results: {"ty":...,"tag":0|1} and, by the tag, the value's own fields or "err". */

static void tagged_buffer(const char *type, uint32_t tag, x07_bytes_view value)
{
    begin(type);
    number(",\"tag\":", tag);
    buffer(value);
    end();
}

static void tagged_number(const char *type, uint32_t tag, const char *key, uint32_t value)
{
    begin(type);
    number(",\"tag\":", tag);
    number(key, value);
    end();
}

static void none(const char *type)
{
    begin(type);
    number(",\"tag\":", 0u);
    end();
}

void x07_witness_option_i32(x07_option_i32 value)
{
    if (value.tag != 0u) {
        tagged_number("option_i32", 1u, ",\"value_i32\":", value.value);
    } else {
        none("option_i32");
    }
}

void x07_witness_option_bytes(x07_option_bytes value)
{
    if (value.tag != 0u) {
        tagged_buffer("option_bytes", 1u, as_view(value.value));
    } else {
        none("option_bytes");
    }
}

void x07_witness_option_bytes_view(x07_option_bytes_view value)
{
    if (value.tag != 0u) {
        tagged_buffer("option_bytes_view", 1u, value.value);
    } else {
        none("option_bytes_view");
    }
}

void x07_witness_result_i32(x07_result_i32 value)
{
    const char *key = value.tag != 0u ? ",\"value_i32\":" : ",\"err_i32\":";
    tagged_number("result_i32", value.tag, key, value.ok);
}

void x07_witness_result_bytes(x07_result_bytes value)
{
    if (value.tag != 0u) {
        tagged_buffer("result_bytes", 1u, as_view(value.ok));
    } else {
        tagged_number("result_bytes", 0u, ",\"err_i32\":", value.err);
    }
}

void x07_witness_result_bytes_view(x07_result_bytes_view value)
{
    if (value.tag != 0u) {
        tagged_buffer("result_bytes_view", 1u, value.ok);
    } else {
        tagged_number("result_bytes_view", 0u, ",\"err_i32\":", value.err);
    }
}
