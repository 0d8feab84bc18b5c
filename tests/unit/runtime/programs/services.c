#include "stream.h"

static void give_result_bytes(x07_result_bytes result)
{
    give_u32(result.tag);
    if (result.tag) {
        give_bytes(result.ok);
    } else {
        give_u32(result.err);
    }
}

void serve(uint32_t operation)
{
    x07_bytes data;
    uint32_t count;
    switch (operation) {
    case 0:
        give_bytes(x07_os_time_now_instant_v1(AT));
        return;
    case 1:
        give_bytes(x07_os_time_local_tzid_v1(AT));
        return;
    case 2:
        give_u32(x07_os_time_sleep_ms_v1(take_u32()));
        return;
    case 3:
        count = take_u32();
        give_result_bytes(x07_os_rand_bytes_v1(count, take_bytes(), AT));
        return;
    case 4:
        give_result_bytes(x07_os_rand_u64_v1(take_bytes(), AT));
        return;
    case 5:
        data = take_bytes();
        give_result_i32(x07_os_stdio_write_stderr_v1(data, take_bytes()));
        return;
    case 6:
        give_result_i32(x07_os_stdio_flush_stdout_v1());
        give_result_i32(x07_os_stdio_flush_stderr_v1());
    }
}
