/* A program for the mains: its command says what to do, in the first byte. */
#ifndef SOLVE_H
#define SOLVE_H

#define X07_FUEL_LIMIT 1000ULL
#define X07_HEAP_LIMIT 100000ULL

#include "x07.h"

X07_PROGRAM_LIMITS;

#define AT X07_AT("main.solve", "/solve/1")

static uint32_t sink;

static uint32_t fall(uint32_t depth);
static uint32_t (*volatile fall_again)(uint32_t) = fall;

static uint32_t fall(uint32_t depth)
{
    volatile uint8_t frame[256];
    frame[depth % 256u] = (uint8_t)depth;
    return fall_again(depth + 1u) + frame[depth % 256u];
}

static void burn(void)
{
    for (;;) {
        X07_FUEL(7u, AT);
        sink++;
    }
}

static void spin(void)
{
    for (;;) {
        fall_again = fall;
    }
}

static void touch_wild(void)
{
    volatile uintptr_t nowhere = 8u;
    *(volatile uint8_t *)nowhere = 1u;
}

/* What the message says, in bytes of its own. */
static x07_bytes failed_assertion(x07_bytes_view expected)
{
    x07_bytes output = x07_bytes_lit("\0\353\003\0\0", 5u, AT);
    x07_bytes_eq(x07_text("abc", 3u), expected);
    return output;
}

static x07_bytes act(uint32_t command, x07_bytes_view rest)
{
    switch (command) {
    case 'x':
        x07_process_set_exit_code_v1(x07_parse_u32_dec(rest, AT));
        return x07_bytes_empty();
    case 'm':
        return failed_assertion(rest);
    case 'o':
        x07_bytes_drop(x07_bytes_alloc(x07_parse_u32_dec(rest, AT), AT));
        return x07_bytes_empty();
    case 'z':
        return x07_bytes_alloc(x07_parse_u32_dec(rest, AT), AT);
    case 'f':
        burn();
        return x07_bytes_empty();
    case 's':
        return x07_bytes1(fall(0u), AT);
    case 'c':
        spin();
        return x07_bytes_empty();
    case 'w':
        touch_wild();
        return x07_bytes_empty();
    default:
        X07_FUEL(5u, AT);
        return x07_view_to_bytes(rest, AT);
    }
}

#endif
