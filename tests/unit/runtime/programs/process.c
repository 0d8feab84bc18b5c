#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <signal.h>
#include <time.h>

#include "denials.h"
#include "stream.h"

/* Both outputs of a piped process, up to its end; at most `max` bytes at a time. */
static void give_all(uint32_t handle, uint32_t max)
{
    x07_vec_u8 output = X07_NO_VEC_U8, errors = X07_NO_VEC_U8;
    for (uint32_t quiet = 0; quiet < 3;) {
        quiet = x07_os_process_try_wait_v1(handle, AT) ? quiet + 1 : 0;
        x07_bytes out = x07_os_process_stdout_read_v1(handle, max, AT);
        x07_bytes err = x07_os_process_stderr_read_v1(handle, max, AT);
        quiet = out.len || err.len ? 0 : quiet;
        output = x07_vec_u8_extend_bytes(output, x07_bytes_as_view(out), AT);
        errors = x07_vec_u8_extend_bytes(errors, x07_bytes_as_view(err), AT);
        x07_bytes_drop(out);
        x07_bytes_drop(err);
    }
    give_bytes(x07_vec_u8_into_bytes(output));
    give_bytes(x07_vec_u8_into_bytes(errors));
}

/* The first output that comes. */
static void give_first(uint32_t handle)
{
    x07_bytes output = X07_NO_BYTES;
    for (uint32_t ended = 0; output.len == 0 && ended < 2;) {
        ended += x07_os_process_try_wait_v1(handle, AT);
        output = x07_os_process_stdout_read_v1(handle, 4096, AT);
    }
    give_bytes(output);
}

static void give_option(x07_option_bytes option)
{
    give_u32(option.tag);
    if (option.tag) {
        give_bytes(option.value);
    }
}

typedef uint32_t spawner(x07_bytes, x07_bytes, const char *);

static uint32_t spawn(spawner *by)
{
    x07_bytes request = take_bytes();
    return by(request, take_bytes(), AT);
}

/* Starts the same process many times; how many handles are those of processes. */
static uint32_t storm(uint32_t times)
{
    x07_bytes_view request = take_view(), caps = take_view();
    uint32_t started = 0;
    for (uint32_t i = 0; i < times; i++) {
        uint32_t handle = x07_os_process_spawn_capture_v1(
            x07_view_to_bytes(request, AT), x07_view_to_bytes(caps, AT), AT);
        started += !x07_os_process_try_wait_v1(handle, AT);
    }
    forget(request);
    forget(caps);
    return started;
}

/* Runs the same process many times; how often each exit code came, up to 1, then the errors. */
static void run_many(uint32_t times)
{
    x07_bytes_view request = take_view(), caps = take_view();
    uint32_t zeros = 0, ones = 0, errors = 0;
    for (uint32_t i = 0; i < times; i++) {
        x07_bytes document = x07_os_process_run_capture_v1(x07_view_to_bytes(request, AT),
                                                           x07_view_to_bytes(caps, AT), AT);
        errors += document.ptr[0] == 0;
        zeros += document.ptr[0] == 1 && document.ptr[2] == 0;
        ones += document.ptr[0] == 1 && document.ptr[2] == 1;
        x07_bytes_drop(document);
    }
    give_u32(zeros);
    give_u32(ones);
    give_u32(errors);
    forget(request);
    forget(caps);
}

/* Looks until the process has ended. */
static uint32_t wait_by_looking(uint32_t handle)
{
    while (!x07_os_process_try_wait_v1(handle, AT)) {
    }
    return 1;
}

/* Computes, without a look at any process. */
static void compute(uint32_t milliseconds)
{
    struct timespec start, now;
    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000
             < (long)milliseconds);
}

static void serve_pipes(uint32_t operation)
{
    uint32_t handle = take_u32();
    switch (operation) {
    case 10:
        give_bytes(x07_os_process_stdout_read_v1(handle, take_u32(), AT));
        return;
    case 11:
        give_bytes(x07_os_process_stderr_read_v1(handle, take_u32(), AT));
        return;
    case 12:
        give_u32(x07_os_process_stdin_write_v1(handle, take_bytes(), AT));
        return;
    case 13:
        give_u32(x07_os_process_stdin_close_v1(handle, AT));
        return;
    case 14:
        give_u32(x07_os_process_take_exit_v1(handle, AT));
        return;
    case 15:
        give_u32(x07_os_process_join_exit_v1(handle, AT));
        return;
    case 16:
        give_all(handle, take_u32());
        return;
    case 17:
        give_first(handle);
    }
}

static void serve_both(uint32_t operation)
{
    uint32_t handle = take_u32();
    switch (operation) {
    case 20:
        give_u32(x07_os_process_try_wait_v1(handle, AT));
        return;
    case 21:
        give_u32(x07_os_process_kill_v1(handle, take_u32(), AT));
        return;
    case 22:
        give_u32(x07_os_process_drop_v1(handle, AT));
        return;
    case 23:
        give_u32(wait_by_looking(handle));
    }
}

static void serve_other(uint32_t operation)
{
    switch (operation) {
    case 30:
        give_u32(x07_os_time_sleep_ms_v1(take_u32()));
        return;
    case 31:
        x07_os_process_exit(take_u32(), AT);
    case 32:
        x07_trap("asked for", AT);
    case 33:
        give_u32(storm(take_u32()));
        return;
    case 34:
        compute(take_u32());
        give_u32(0);
        return;
    case 35:
        /* What was answered so far is seen before the end. */
        fflush(stdout);
        return;
    case 36:
        raise((int)take_u32());
        return;
    case 37:
        run_many(take_u32());
        return;
    case 38:
        report();
    }
}

void serve(uint32_t operation)
{
    switch (operation) {
    case 0:
        give_u32(spawn(x07_os_process_spawn_capture_v1));
        return;
    case 1:
        give_u32(spawn(x07_os_process_spawn_piped_v1));
        return;
    case 2: {
        x07_bytes request = take_bytes();
        give_bytes(x07_os_process_run_capture_v1(request, take_bytes(), AT));
        return;
    }
    case 3:
        give_option(x07_os_process_try_join_capture_v1(take_u32(), AT));
        return;
    case 4:
        give_bytes(x07_os_process_join_capture_v1(take_u32(), AT));
        return;
    default:
        if (operation < 20) {
            serve_pipes(operation);
        } else if (operation < 30) {
            serve_both(operation);
        } else {
            serve_other(operation);
        }
    }
}
