#include "blocks.h"
#include "x07_bytes.h"
#include "x07_pkg.h"
#include "x07_program.h"
#include "x07_writer.h"

#include <unistd.h>

bytes_t x07_solve_v2(uint8_t *arena_mem, uint32_t arena_cap, const uint8_t *input_ptr,
                     uint32_t input_len)
{
    x07_blocks_use(arena_mem, arena_cap);
    x07_bytes_view input = {.ptr = input_len != 0u ? input_ptr : x07_nothing, .len = input_len};
    x07_bytes output = x07_program_run(input);
    x07_program_end();
    return (bytes_t){.ptr = output.ptr, .len = output.len};
}

int32_t x07_exit_code_v1(void)
{
    return (int32_t)x07_state.exit_code;
}

bytes_t ev_bytes_alloc(uint32_t len)
{
    x07_bytes made = x07_bytes_alloc(len, NULL);
    return (bytes_t){.ptr = made.ptr, .len = made.len};
}

void ev_trap(int32_t code)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_writer_text(&writer, "native extension failed code=");
    x07_writer_i32(&writer, (uint32_t)code);
    x07_writer_text(&writer, "\n");
    x07_writer_flush(&writer);
    _exit(132);
}
