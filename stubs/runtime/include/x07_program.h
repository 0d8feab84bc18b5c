/* The program, as the runtime sees it, and how the runtime starts it. */
#ifndef X07_PROGRAM_H
#define X07_PROGRAM_H

#include "x07_types.h"

/* `solve`, compiled. */
x07_bytes x07_program_solve(x07_bytes_view input);

/* Sets limits and counts from the start, runs `solve`, completes the output of a failed assertion
 * (abi.md §5). The input stays the caller's. */
x07_bytes x07_program_run(x07_bytes_view input);

/* Frees what lives until the program ends, the output apart. */
void x07_program_end(void);

/* Fuel that was charged since the start. */
uint64_t x07_program_fuel_used(void);

/* The exit code that the program asked for: 0 to 255. */
int x07_program_exit_code(void);

#endif
