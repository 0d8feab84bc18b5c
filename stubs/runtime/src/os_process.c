/* Heads of processes: what they mean for handles and results. */
#include "x07_os_process.h"

#include "guard.h"
#include "process_pump.h"
#include "x07_limit_hook.h"
#include "x07_option.h"
#include "x07_vec.h"

enum {
    /* What a question waits for an answer, so that programs that ask in a loop do not spin. */
    QUESTION_MS = 1,
    SIGNAL_MAX = 64,
};

static uint64_t spawned;

/* -- documents of the result */

static uint8_t *put_u32(uint8_t *to, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> 8 * i);
    }
    return to + 4;
}

static uint8_t *put_data(uint8_t *to, x07_vec_u8 data)
{
    to = put_u32(to, data.len);
    if (data.len != 0u) {
        x07_copy(to, data.data, data.len);
    }
    return to + data.len;
}

static x07_bytes error_document(uint32_t code, const char *at)
{
    x07_bytes document = x07_bytes_alloc(9u, at);
    put_u32(document.ptr + 1, code);
    return document;
}

static x07_bytes result_document(const x07_process_slot *slot, const char *at)
{
    uint32_t len = 18u + slot->output.held.len + slot->errors.held.len;
    x07_bytes document = x07_bytes_raw(len, at);
    document.ptr[0] = document.ptr[1] = 1u;
    uint8_t *next = put_u32(document.ptr + 2, slot->exit_code);
    next = put_u32(next, 0u);
    next = put_data(next, slot->output.held);
    put_data(next, slot->errors.held);
    return document;
}

/* -- starting */

static uint32_t start_program(const x07_process_start *start, x07_process_slot *slot,
                              const char *at)
{
    x07_process_files files;
    x07_process_ends ends;
    x07_process_text text = x07_process_text_of(&start->request, at);
    uint32_t code = x07_process_open(start, &text, &files);
    if (code == X07_PROCESS_OK) {
        const x07_process_new made = {
            .files = &files,
            .variables = text.variables,
            .has_group = x07_processes.kill_tree,
            .dies_with_us = x07_processes.kill_on_drop,
        };
        int error = x07_process_exec(&made, &ends);
        x07_limit_met(error);
        code = error == 0 ? X07_PROCESS_OK : X07_PROCESS_FAILED;
    }
    x07_process_files_close(&files);
    x07_process_text_drop(text);
    if (code == X07_PROCESS_OK) {
        x07_process_running(slot, &ends, &start->caps);
    }
    return code;
}

static uint32_t try_start(x07_process_start *start, x07_process_slot *slot, const char *at)
{
    uint32_t code = x07_process_check_switches(start);
    if (!x07_process_goes_on(code)) {
        return code;
    }
    spawned++;
    x07_process_pump(0, at);
    code = x07_process_first(code, x07_process_check_live(start, x07_processes.running));
    if (x07_process_goes_on(code)) {
        code = x07_process_first(code, x07_process_check_start(start));
    }
    return code == X07_PROCESS_OK ? start_program(start, slot, at) : code;
}

/* What the request says for the standard input. */
static void give_input(x07_process_slot *slot, x07_bytes_view input, const char *at)
{
    x07_process_give(slot, input, at);
    slot->input.closing = !slot->piped;
    x07_process_pump(0, at);
}

static uint32_t start_in_slot(x07_process_start *start, int piped, const char *at)
{
    uint32_t handle;
    x07_process_slot *slot = x07_process_slot_new(&handle, at);
    if (slot == NULL) {
        return (uint32_t)X07_PROCESS_FAILED << 16;
    }
    slot->piped = piped;
    slot->error_code = try_start(start, slot, at);
    if (slot->error_code == X07_PROCESS_OK) {
        give_input(slot, start->request.input, at);
    }
    return handle;
}

static uint32_t spawn(const char *operation, x07_bytes request, x07_bytes caps, int piped,
                      const char *at)
{
    x07_process_start start = {.policy = x07_policy_current(), .operation = operation};
    start.has_request = x07_process_read_request(x07_bytes_as_view(request), &start.request);
    start.has_caps = x07_process_read_caps(x07_bytes_as_view(caps), &start.caps);
    uint32_t handle = (uint32_t)X07_PROCESS_DENIED << 16;
    if (x07_process_check_spawns(&start, spawned) == X07_PROCESS_OK) {
        handle = start_in_slot(&start, piped, at);
    } else if (x07_denials_are_collected()) {
        /* So that the next one asks for one more. */
        spawned++;
    }
    x07_bytes_drop(request);
    x07_bytes_drop(caps);
    return handle;
}

uint32_t x07_os_process_spawn_capture_v1(x07_bytes request, x07_bytes caps, const char *at)
{
    return spawn("os.process.spawn_capture_v1", request, caps, 0, at);
}

uint32_t x07_os_process_spawn_piped_v1(x07_bytes request, x07_bytes caps, const char *at)
{
    return spawn("os.process.spawn_piped_v1", request, caps, 1, at);
}

/* -- handles */

static int is_error_handle(uint32_t handle)
{
    return (handle & 0xffffu) == 0u;
}

/* The slot of a handle; NULL for the handle of an error. */
static x07_process_slot *slot_of(uint32_t handle, const char *at)
{
    x07_process_slot *slot = x07_process_slot_of(handle);
    if (slot == NULL && !is_error_handle(handle)) {
        x07_trap("os.process invalid handle", at);
    }
    return slot;
}

static x07_process_slot *captured(uint32_t handle, const char *at)
{
    x07_process_slot *slot = slot_of(handle, at);
    if (slot != NULL && slot->piped) {
        x07_trap("os.process join of a piped process", at);
    }
    return slot;
}

static x07_process_slot *piped(uint32_t handle, const char *at)
{
    x07_process_slot *slot = slot_of(handle, at);
    if (slot != NULL && !slot->piped) {
        x07_trap("os.process pipe of a captured process", at);
    }
    return slot;
}

/* Whether it runs after a look at it. */
static int is_running(const x07_process_slot *slot, int wait_ms, const char *at)
{
    if (slot->state == X07_SLOT_RUNNING) {
        x07_process_pump(wait_ms, at);
    }
    return slot->state == X07_SLOT_RUNNING;
}

static void wait_for(const x07_process_slot *slot, const char *at)
{
    while (slot->state == X07_SLOT_RUNNING) {
        x07_process_pump(X07_PROCESS_FOREVER, at);
    }
}

/* -- captured processes */

static x07_bytes take_document(x07_process_slot *slot, const char *at)
{
    if (slot->taken) {
        x07_trap("os.process join already taken", at);
    }
    slot->taken = 1;
    x07_bytes document = slot->error_code != X07_PROCESS_OK
                             ? error_document(slot->error_code, at)
                             : result_document(slot, at);
    x07_vec_u8_drop(slot->output.held);
    x07_vec_u8_drop(slot->errors.held);
    slot->output.held = slot->errors.held = X07_NO_VEC_U8;
    return document;
}

x07_option_bytes x07_os_process_try_join_capture_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = captured(handle, at);
    if (slot == NULL) {
        return x07_option_bytes_some(error_document(handle >> 16, at));
    }
    return is_running(slot, QUESTION_MS, at) ? x07_option_bytes_none()
                                : x07_option_bytes_some(take_document(slot, at));
}

x07_bytes x07_os_process_join_capture_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = captured(handle, at);
    if (slot == NULL) {
        return error_document(handle >> 16, at);
    }
    wait_for(slot, at);
    return take_document(slot, at);
}

x07_bytes x07_os_process_run_capture_v1(x07_bytes request, x07_bytes caps, const char *at)
{
    uint32_t handle = spawn("os.process.run_capture_v1", request, caps, 0, at);
    x07_bytes document = x07_os_process_join_capture_v1(handle, at);
    x07_os_process_drop_v1(handle, at);
    return document;
}

/* -- piped processes */

static uint32_t take_exit(x07_process_slot *slot, const char *at)
{
    if (slot->taken) {
        x07_trap("os.process exit already taken", at);
    }
    slot->taken = 1;
    return slot->error_code != X07_PROCESS_OK ? 0u - slot->error_code : slot->exit_code;
}

uint32_t x07_os_process_join_exit_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    if (slot == NULL) {
        return 0u - (handle >> 16);
    }
    wait_for(slot, at);
    return take_exit(slot, at);
}

uint32_t x07_os_process_take_exit_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    if (slot == NULL) {
        return 0u - (handle >> 16);
    }
    if (slot->state == X07_SLOT_RUNNING) {
        x07_trap("os.process.take_exit_v1 process still runs", at);
    }
    return take_exit(slot, at);
}

static x07_bytes read_from(x07_process_slot *slot, x07_process_output *output, uint32_t max,
                           const char *at)
{
    is_running(slot, output->held.len == output->taken ? QUESTION_MS : 0, at);
    return x07_process_take(slot, output, max <= INT32_MAX ? max : 0u, at);
}

x07_bytes x07_os_process_stdout_read_v1(uint32_t handle, uint32_t max, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    return slot != NULL ? read_from(slot, &slot->output, max, at) : X07_NO_BYTES;
}

x07_bytes x07_os_process_stderr_read_v1(uint32_t handle, uint32_t max, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    return slot != NULL ? read_from(slot, &slot->errors, max, at) : X07_NO_BYTES;
}

static void check_pending(const x07_process_slot *slot, uint32_t more, const char *at)
{
    static const char field[] = "process.max_stdin_bytes";
    const x07_policy *policy = x07_policy_current();
    uint64_t pending = (uint64_t)(slot->input.held.len - slot->input.written) + more;
    x07_verdict verdict =
        x07_verdict_limit(policy, pending, policy->process.max_stdin_bytes, field);
    if (verdict.reason != X07_GRANTED && x07_guard(field)) {
        x07_denied_trap("os.process.stdin_write_v1", X07_NO_BYTES_VIEW, &verdict,
                        "os.process.stdin_write_v1 pending exceeds policy max_stdin_bytes", at);
    }
}

static int takes_input(const x07_process_slot *slot)
{
    return slot != NULL && slot->input.to >= 0 && !slot->input.closing;
}

static void add_input(x07_process_slot *slot, x07_bytes_view chunk, const char *at)
{
    x07_process_pump(0, at);
    if (takes_input(slot)) {
        check_pending(slot, chunk.len, at);
        x07_process_give(slot, chunk, at);
        x07_process_pump(0, at);
    }
}

uint32_t x07_os_process_stdin_write_v1(uint32_t handle, x07_bytes chunk, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    uint32_t was_open = (uint32_t)takes_input(slot);
    if (was_open) {
        add_input(slot, x07_bytes_as_view(chunk), at);
    }
    x07_bytes_drop(chunk);
    return was_open;
}

uint32_t x07_os_process_stdin_close_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = piped(handle, at);
    if (!takes_input(slot)) {
        return 0u;
    }
    slot->input.closing = 1;
    x07_process_pump(0, at);
    return 1u;
}

/* -- both */

uint32_t x07_os_process_try_wait_v1(uint32_t handle, const char *at)
{
    const x07_process_slot *slot = slot_of(handle, at);
    return slot == NULL || !is_running(slot, QUESTION_MS, at);
}

uint32_t x07_os_process_kill_v1(uint32_t handle, uint32_t signal_number, const char *at)
{
    const x07_process_slot *slot = slot_of(handle, at);
    if (slot == NULL || signal_number > SIGNAL_MAX || !is_running(slot, 0, at)) {
        return 0u;
    }
    return x07_process_signal(slot, (int)signal_number) == 0;
}

uint32_t x07_os_process_drop_v1(uint32_t handle, const char *at)
{
    x07_process_slot *slot = x07_process_slot_of(handle);
    (void)at;
    if (slot == NULL) {
        return (uint32_t)is_error_handle(handle);
    }
    if (slot->state == X07_SLOT_RUNNING) {
        if (!x07_processes.kill_on_drop) {
            return 0u;
        }
        x07_process_fail(slot, X07_PROCESS_OK);
    }
    x07_process_slot_free(slot);
    return 1u;
}
