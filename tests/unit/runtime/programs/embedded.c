/* A C program around the same solve: its arena, its input, the program's output and exit code. */
#include "x07.h"

#include <stdio.h>

#include "x07_pkg.h"

X07_PROGRAM_LIMITS;

enum { ARENA_BYTES = 4096 };

static uint8_t arena[ARENA_BYTES + 1];

allocator_v1_t x07_custom_allocator(void)
{
    return (allocator_v1_t){.ctx = NULL};
}

x07_bytes x07_program_solve(x07_bytes_view input)
{
    x07_process_set_exit_code_v1(300u);
    x07_bytes_drop(x07_bytes_alloc(16u * input.len, "main.solve /solve"));
    bytes_t output = ev_bytes_alloc(input.len);
    if (input.len > 5u) {
        ev_trap(-9200);
    }
    for (uint32_t i = 0; i < input.len; i++) {
        output.ptr[i] = (uint8_t)(output.ptr[i] + input.ptr[i] + 1u);
    }
    return (x07_bytes){output.ptr, output.len};
}

static int solve(const char *text, uint32_t arena_bytes)
{
    memset(arena, 0x55, sizeof arena);
    bytes_t output =
        x07_solve_v2(arena + 1, arena_bytes, (const uint8_t *)text, (uint32_t)strlen(text));
    int inside = output.ptr > arena && output.ptr + output.len <= arena + sizeof arena;
    printf("%.*s %d %d\n", (int)output.len, (const char *)output.ptr, inside,
           (int)x07_exit_code_v1());
    return fflush(stdout);
}

int main(int argc, char **argv)
{
    (void)argv;
    return solve("abc", ARENA_BYTES) || solve("HAL", ARENA_BYTES)
           || solve(argc > 1 ? "abcdef" : "ab", argc > 2 ? 20u : ARENA_BYTES);
}
