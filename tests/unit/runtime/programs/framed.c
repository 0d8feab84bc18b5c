#include "solve.h"

x07_bytes x07_program_solve(x07_bytes_view input)
{
    if (input.len == 0u) {
        return x07_bytes_empty();
    }
    return act(input.ptr[0], x07_view_slice(input, 1u, input.len - 1u, AT));
}

int main(void)
{
    return x07_framed_main();
}
