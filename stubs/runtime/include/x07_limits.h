/* Limits that are compiled into a program: X07_FUEL_LIMIT and X07_HEAP_LIMIT, defined before x07.h
 * is included. Without X07_FUEL_LIMIT charges compile to nothing. */
#ifndef X07_LIMITS_H
#define X07_LIMITS_H

#include "x07_state.h"
#include "x07_trap.h"

/* 0: no limit. */
typedef struct {
    uint64_t fuel;
    uint64_t heap_bytes;
} x07_limits;

extern const x07_limits x07_program_limits;

_Noreturn X07_COLD void x07_fuel_exhausted(const char *at);

static inline void x07_fuel_take(uint64_t amount, const char *at)
{
    if (X07_UNLIKELY(x07_state.fuel < amount)) {
        x07_fuel_exhausted(at);
    }
    x07_state.fuel -= amount;
}

#ifdef X07_FUEL_LIMIT
#define X07_FUEL(amount, at) x07_fuel_take(amount, at)
#define X07_PROGRAM_FUEL X07_FUEL_LIMIT
#else
#define X07_FUEL(amount, at) ((void)0)
#define X07_PROGRAM_FUEL 0
#endif

#ifdef X07_HEAP_LIMIT
#define X07_PROGRAM_HEAP_BYTES X07_HEAP_LIMIT
#else
#define X07_PROGRAM_HEAP_BYTES 0
#endif

/* Stands once in a program; followed by a semicolon. */
#define X07_PROGRAM_LIMITS                                                                         \
    const x07_limits x07_program_limits = {                                                        \
        .fuel = X07_PROGRAM_FUEL,                                                                  \
        .heap_bytes = X07_PROGRAM_HEAP_BYTES,                                                      \
    }

#endif
