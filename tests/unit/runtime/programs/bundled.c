#include "solve.h"

/* The command is argument 1; without a known one the whole input comes back. */
x07_bytes x07_program_solve(x07_bytes_view input)
{
    uint32_t name_len = x07_codec_read_u32_le(input, 4u, AT);
    uint32_t first = 8u + name_len;
    if (input.len <= first + 4u || input.ptr[first + 4u] == '-') {
        return x07_view_to_bytes(input, AT);
    }
    uint32_t len = x07_codec_read_u32_le(input, first, AT);
    return act(input.ptr[first + 4u], x07_view_slice(input, first + 5u, len - 1u, AT));
}

int main(int argc, char **argv)
{
    static const x07_bundle_config config = {
        .name = "bundled",
        .max_output_bytes = 6000u,
        .cpu_seconds = 1u,
    };
    return x07_bundle_main(&config, argc, argv);
}
