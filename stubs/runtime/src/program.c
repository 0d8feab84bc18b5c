#include "x07_program.h"

#include "x07_bytes.h"
#include "x07_limits.h"
#include "x07_number.h"
#include "x07_release.h"

static const uint64_t TRACE_HASH_START = UINT64_C(1469598103934665603);
static const uint32_t ASSERT_BYTES_CODE = 1003;

static uint64_t or_unlimited(uint64_t limit)
{
    return limit != 0u ? limit : UINT64_MAX;
}

/* The input takes its part of the heap, although the program did not allocate it. */
static uint64_t heap_left(uint32_t input_len)
{
    uint64_t limit = or_unlimited(x07_program_limits.heap_bytes);
    if (limit < input_len) {
        x07_trap("out of memory", NULL);
    }
    return limit == UINT64_MAX ? limit : limit - input_len;
}

static void start(x07_bytes_view input)
{
    x07_state = (x07_program_state){
        .fuel = or_unlimited(x07_program_limits.fuel),
        .heap_limit = heap_left(input.len),
        .input = input,
        .schedule = {.sched_trace_hash = TRACE_HASH_START},
    };
}

/* -- the output of a failed assertion */

static uint32_t is_failed_assertion(x07_bytes output)
{
    x07_bytes_view view = x07_bytes_as_view(output);
    return output.len == 5u && output.ptr[0] == 0u
           && x07_codec_read_u32_le(view, 1u, NULL) == ASSERT_BYTES_CODE;
}

static uint8_t *put(uint8_t *to, const void *data, uint32_t size)
{
    memcpy(to, data, size);
    return to + size;
}

static uint8_t *put_u32(uint8_t *to, uint32_t word)
{
    const uint8_t bytes[4] = {(uint8_t)word, (uint8_t)(word >> 8), (uint8_t)(word >> 16),
                              (uint8_t)(word >> 24)};
    return put(to, bytes, sizeof bytes);
}

static uint32_t prefix_len(uint32_t len)
{
    return len < X07_MISMATCH_PREFIX_BYTES ? len : X07_MISMATCH_PREFIX_BYTES;
}

static x07_bytes with_mismatch(x07_bytes output)
{
    const x07_mismatch *mismatch = &x07_state.mismatch;
    const uint8_t head[5] = {'X', '7', 'T', '1', X07_MISMATCH_PREFIX_BYTES};
    uint32_t got_len = prefix_len(mismatch->got_len);
    uint32_t expected_len = prefix_len(mismatch->expected_len);
    x07_bytes full = x07_bytes_raw(output.len + 13u + got_len + expected_len, NULL);
    uint8_t *next = put(full.ptr, output.ptr, output.len);
    next = put(next, head, sizeof head);
    next = put_u32(next, mismatch->got_len);
    next = put_u32(next, mismatch->expected_len);
    next = put(next, mismatch->got, got_len);
    put(next, mismatch->expected, expected_len);
    x07_bytes_drop(output);
    return full;
}

/* -- the run */

x07_bytes x07_program_run(x07_bytes_view input)
{
    start(input);
    x07_bytes output = x07_program_solve(input);
    if (x07_state.mismatch.known && is_failed_assertion(output)) {
        return with_mismatch(output);
    }
    return output;
}

void x07_program_end(void)
{
    x07_release_all();
}

uint64_t x07_program_fuel_used(void)
{
    return or_unlimited(x07_program_limits.fuel) - x07_state.fuel;
}

int x07_program_exit_code(void)
{
    return x07_state.exit_code <= 255u ? (int)x07_state.exit_code : 255;
}
