#define X07_FUEL_LIMIT 60000ULL

#include "stream.h"

static const uint8_t many[300] = {0xab, 0xcd};

static void report(void)
{
    x07_contract_begin("requires", "main.f", "positive \"x\"\n", 2u, "/decls/0/requires/2");
    x07_witness_i32((uint32_t)-5);
    x07_witness_bytes(x07_text("ab", 2u));
    x07_witness_bytes_view((x07_bytes_view){many, sizeof many});
    x07_witness_vec_u8(x07_text("", 0u));
    x07_witness_option_i32(x07_option_i32_some(7u));
    x07_witness_option_i32(x07_option_i32_none());
    x07_witness_option_bytes((x07_option_bytes){.tag = 1u, .value = X07_NO_BYTES});
    x07_witness_option_bytes(X07_NO_OPTION_BYTES);
    x07_witness_option_bytes_view(x07_option_bytes_view_some(x07_text("c", 1u)));
    x07_witness_option_bytes_view(x07_option_bytes_view_none());
    x07_witness_result_i32(x07_result_i32_ok(8u));
    x07_witness_result_i32(x07_result_i32_err(9u));
    x07_witness_result_bytes((x07_result_bytes){.tag = 1u, .ok = X07_NO_BYTES});
    x07_witness_result_bytes(x07_result_bytes_err(3u));
    x07_witness_result_bytes_view(x07_result_bytes_view_ok(x07_text("d", 1u)));
    x07_witness_result_bytes_view(x07_result_bytes_view_err(4u));
    x07_contract_end(X07_AT("main.f", "/decls/0/requires/2"));
}

/* A clause spends fuel and memory; what is left outside does not change. */
static void clause(uint32_t fuel, uint32_t bytes)
{
    x07_clause_frame outside;
    x07_state.fuel = 10u;
    x07_clause_enter(&outside);
    X07_FUEL(fuel, AT);
    x07_bytes_drop(x07_bytes_alloc(bytes, AT));
    x07_clause_leave(&outside);
    give_u32((uint32_t)x07_state.fuel);
    x07_bytes_drop(x07_bytes_alloc(2u << 20, AT));
}

void serve(uint32_t operation)
{
    uint32_t fuel;
    switch (operation) {
    case 0:
        report();
        return;
    case 1:
        fuel = take_u32();
        clause(fuel, take_u32());
        return;
    case 2:
        x07_state.fuel = 10u;
        X07_FUEL(take_u32(), AT);
        return;
    case 3:
        x07_trap_path("os.fs.read_file open failed", "out/a b", AT);
    case 4:
        x07_trap("bad", NULL);
    }
}
