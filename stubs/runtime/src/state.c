#include "x07_state.h"

uint8_t x07_nothing[1];

/* Without limits until a program starts. */
x07_program_state x07_state = {.fuel = UINT64_MAX, .heap_limit = UINT64_MAX};
