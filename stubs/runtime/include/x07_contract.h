/* Contracts, checked at run time (abi.md §10): limits of a clause, and the report of a violation.
 *
 * A report is begun, given one witness after another, and ended, in that order. Witnesses look at
 * values and take nothing away. */
#ifndef X07_CONTRACT_H
#define X07_CONTRACT_H

#include "x07_state.h"
#include "x07_trap.h"

/* What a clause sets aside. */
typedef struct {
    uint64_t fuel;
    uint64_t heap_limit;
    uint32_t in_clause;
} x07_clause_frame;

/* A clause gets fuel and memory of its own; what it spends is not taken from the program's. */
void x07_clause_enter(x07_clause_frame *outside);
void x07_clause_leave(const x07_clause_frame *outside);

X07_COLD void x07_contract_begin(const char *kind, const char *function, const char *clause_id,
                                 uint32_t clause_index, const char *clause_pointer);
_Noreturn X07_COLD void x07_contract_end(const char *at);

X07_COLD void x07_witness_i32(uint32_t value);
X07_COLD void x07_witness_bytes(x07_bytes_view value);
X07_COLD void x07_witness_bytes_view(x07_bytes_view value);
X07_COLD void x07_witness_vec_u8(x07_bytes_view value);
X07_COLD void x07_witness_option_i32(x07_option_i32 value);
X07_COLD void x07_witness_option_bytes(x07_option_bytes value);
X07_COLD void x07_witness_option_bytes_view(x07_option_bytes_view value);
X07_COLD void x07_witness_result_i32(x07_result_i32 value);
X07_COLD void x07_witness_result_bytes(x07_result_bytes value);
X07_COLD void x07_witness_result_bytes_view(x07_result_bytes_view value);

#endif
