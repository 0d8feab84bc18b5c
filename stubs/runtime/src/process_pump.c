#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "process_pump.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "guard.h"
#include "handles.h"
#include "process_alarm.h"
#include "x07_limit_hook.h"
#include "x07_release.h"
#include "x07_vec.h"

enum {
    /* The least and the most that one read asks for. */
    CHUNK_MIN = 4096,
    CHUNK_MAX = 1 << 20,
    /* How long to wait for the end of a process that cannot be watched. */
    UNWATCHED_MS = 5,
    /* Of one process: output, errors, input, end. */
    DESCRIPTORS = 4,
};

/* The document of the result has 18 bytes besides. */
static const uint32_t OUTPUT_MAX = UINT32_MAX - 18u;

static uint32_t at_most(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void x07_process_running(x07_process_slot *slot, const x07_process_ends *ends,
                         const x07_process_caps *caps)
{
    x07_process_alarm_hold();
    slot->pid = ends->pid;
    slot->output.from = ends->output;
    slot->output.max_bytes = caps->max_stdout_bytes;
    slot->errors.from = ends->errors;
    slot->errors.max_bytes = caps->max_stderr_bytes;
    slot->input.to = ends->input;
    slot->max_total_bytes = at_most(caps->max_total_bytes, OUTPUT_MAX);
    slot->deadline_ms = caps->timeout_ms != 0u && x07_guard("process-time")
                            ? x07_process_now_ms() + caps->timeout_ms
                            : UINT64_MAX;
    slot->deadline_is_policys = caps->timeout_is_policys;
    slot->state = X07_SLOT_RUNNING;
    x07_processes.running++;
    x07_process_alarm_release();
    x07_process_alarm_set(slot->deadline_ms);
}

/* -- output */

static uint32_t untaken(const x07_process_output *output)
{
    return output->held.len - output->taken;
}

/* What may come of it before a limit is reached. */
static uint32_t room_of(const x07_process_slot *slot, const x07_process_output *output)
{
    uint32_t held = untaken(&slot->output) + untaken(&slot->errors);
    uint32_t own = output->max_bytes - at_most(untaken(output), output->max_bytes);
    return at_most(own, slot->max_total_bytes - at_most(held, slot->max_total_bytes));
}

static void close_end(int *fd)
{
    close(*fd);
    *fd = -1;
}

/* Moves what is behind the first `done` bytes to the front. */
static void forget(x07_vec_u8 *held, uint32_t *done)
{
    held->len -= *done;
    if (held->len != 0u) {
        memmove(held->data, held->data + *done, held->len);
    }
    *done = 0u;
}

static void make_room_for(x07_process_output *output, uint32_t chunk, const char *at)
{
    if (output->held.cap - output->held.len < chunk && output->taken != 0u) {
        forget(&output->held, &output->taken);
    }
    if (output->held.cap - output->held.len < chunk) {
        output->held = x07_vec_u8_grow(output->held, chunk, "os.process output too large", at);
    }
}

static void read_some(x07_process_output *output, uint32_t room, const char *at)
{
    uint32_t len = untaken(output);
    uint32_t chunk = at_most(at_most(len > CHUNK_MIN ? len : CHUNK_MIN, CHUNK_MAX), room);
    make_room_for(output, chunk, at);
    ssize_t got = read(output->from, output->held.data + output->held.len, chunk);
    if (got > 0) {
        output->held.len += (uint32_t)got;
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_end(&output->from);
    }
}

/* A limit is overrun where it is reached and something else comes, be it the end of the output. */
static void read_output(x07_process_slot *slot, x07_process_output *output, const char *at)
{
    uint32_t room = x07_guard("process-output") ? room_of(slot, output) : CHUNK_MAX;
    if (room == 0u) {
        x07_process_fail(slot, X07_PROCESS_OUTPUT_LIMIT);
        return;
    }
    read_some(output, room, at);
}

/* What an ended process has left in the pipe. */
static void read_rest(x07_process_slot *slot, x07_process_output *output, const char *at)
{
    struct pollfd ready = {.fd = output->from, .events = POLLIN};
    while (slot->state == X07_SLOT_RUNNING && output->from >= 0 && poll(&ready, 1, 0) > 0) {
        read_output(slot, output, at);
    }
}

x07_bytes x07_process_take(x07_process_slot *slot, x07_process_output *output, uint32_t max,
                           const char *at)
{
    uint32_t room = room_of(slot, output);
    if (untaken(output) == 0u && output->from >= 0 && slot->state == X07_SLOT_ENDED
        && room != 0u) {
        read_some(output, room, at);
    }
    uint32_t len = at_most(untaken(output), max);
    x07_bytes_view part = {.ptr = output->held.data + output->taken, .len = len};
    x07_bytes taken = x07_view_to_bytes(part, at);
    output->taken += len;
    if (untaken(output) == 0u) {
        forget(&output->held, &output->taken);
    }
    return taken;
}

/* -- input */

static void end_input(x07_process_slot *slot)
{
    close_end(&slot->input.to);
    x07_vec_u8_drop(slot->input.held);
    slot->input.held = X07_NO_VEC_U8;
    slot->input.written = 0u;
}

void x07_process_give(x07_process_slot *slot, x07_bytes_view data, const char *at)
{
    if (slot->input.written != 0u) {
        forget(&slot->input.held, &slot->input.written);
    }
    slot->input.held = x07_vec_u8_extend_bytes(slot->input.held, data, at);
}

static void write_input(x07_process_slot *slot)
{
    x07_process_input *input = &slot->input;
    uint32_t left = input->held.len - input->written;
    ssize_t sent = left != 0u ? write(input->to, input->held.data + input->written, left) : 0;
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        end_input(slot);
        return;
    }
    input->written += sent > 0 ? (uint32_t)sent : 0u;
    if (input->written == input->held.len) {
        input->written = input->held.len = 0u;
        if (input->closing) {
            end_input(slot);
        }
    }
}

/* -- ends */

/* Whether it has ended; it is not waited for yet, except by a library that waits for anything. */
static int has_ended(const x07_process_slot *slot, int *killed)
{
    siginfo_t info = {.si_pid = 0};
    if (waitid(P_PID, (id_t)slot->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) {
        return errno == ECHILD;
    }
    *killed = info.si_code == CLD_KILLED && info.si_status == SIGKILL;
    return info.si_pid != 0;
}

static int is_silent(const x07_process_slot *slot)
{
    return slot->output.from < 0 && slot->errors.from < 0;
}

static void end(x07_process_slot *slot, const char *at)
{
    read_rest(slot, &slot->output, at);
    read_rest(slot, &slot->errors, at);
    if (slot->state == X07_SLOT_RUNNING) {
        x07_process_ended(slot);
    }
}

/* A piped process has ended when it has. A captured one may have left others that write to its
 * output: it has ended when that has. `was_ready`: something happened just now, so that this is
 * not the time to say that its time is over. */
static void look_for_end(x07_process_slot *slot, uint64_t now_ms, int was_ready, const char *at)
{
    int killed = 0;
    int overdue = now_ms >= slot->deadline_ms;
    if (!overdue && !slot->piped && !is_silent(slot)) {
        return;
    }
    int ended = has_ended(slot, &killed);
    if (overdue && (!ended || killed || !(was_ready || slot->piped || is_silent(slot)))) {
        if (slot->deadline_is_policys) {
            x07_limit_met(ETIME);
        }
        x07_process_fail(slot, X07_PROCESS_TIMEOUT);
    } else if (ended && (slot->piped || is_silent(slot))) {
        end(slot, at);
    }
}

/* -- waiting for all */

static struct {
    struct pollfd *items;
    uint32_t room;
} polled;

static void free_polled(void)
{
    x07_free(polled.items);
    polled.items = NULL;
    polled.room = 0u;
}

static x07_release release_polled = {.run = free_polled};

static void make_room(const char *at)
{
    uint32_t needed = x07_processes.running * DESCRIPTORS;
    if (needed <= polled.room) {
        return;
    }
    if (polled.items == NULL) {
        x07_release_add(&release_polled);
        polled.items = x07_alloc((size_t)needed * sizeof *polled.items, at);
    } else {
        needed = needed < 2u * polled.room ? 2u * polled.room : needed;
        polled.items = x07_realloc(polled.items, (size_t)needed * sizeof *polled.items, at);
    }
    polled.room = needed;
}

/* Whether the end would come without any other sign. */
static int needs_watch(const x07_process_slot *slot)
{
    return slot->piped || is_silent(slot);
}

static void watch(x07_process_slot *slot)
{
#ifdef SYS_pidfd_open
    if (slot->watch < 0) {
        slot->watch = (int)syscall(SYS_pidfd_open, slot->pid, 0);
    }
#else
    (void)slot;
#endif
}

/* How long there may be waited for it: until its time is over, or it is to be looked at again. */
static int patience(x07_process_slot *slot, uint64_t now_ms, int wait_ms)
{
    uint64_t left_ms = slot->deadline_ms > now_ms ? slot->deadline_ms - now_ms : 0u;
    if (wait_ms != 0 && needs_watch(slot)) {
        watch(slot);
        if (slot->watch < 0 && left_ms > UNWATCHED_MS) {
            left_ms = UNWATCHED_MS;
        }
    }
    if (slot->deadline_ms == UINT64_MAX && left_ms > INT_MAX) {
        return wait_ms;
    }
    int left = left_ms < INT_MAX ? (int)left_ms : INT_MAX;
    return wait_ms < 0 || left < wait_ms ? left : wait_ms;
}

static uint32_t collect(const x07_process_slot *slot, struct pollfd to[DESCRIPTORS])
{
    to[0] = (struct pollfd){.fd = slot->output.from, .events = POLLIN};
    to[1] = (struct pollfd){.fd = slot->errors.from, .events = POLLIN};
    to[2] = (struct pollfd){.fd = slot->input.to};
    if (slot->input.held.len != 0u || slot->input.closing) {
        to[2].events = POLLOUT;
    }
    to[3] = (struct pollfd){.fd = slot->watch, .events = POLLIN};
    return DESCRIPTORS;
}

static void serve(x07_process_slot *slot, const struct pollfd ready[DESCRIPTORS], uint64_t now_ms,
                  const char *at)
{
    int was_ready = ready[0].revents || ready[1].revents;
    if (ready[2].revents & (POLLERR | POLLHUP | POLLNVAL)) {
        end_input(slot);
    } else if (ready[2].revents) {
        write_input(slot);
    }
    if (ready[0].revents) {
        read_output(slot, &slot->output, at);
    }
    if (ready[1].revents && slot->state == X07_SLOT_RUNNING) {
        read_output(slot, &slot->errors, at);
    }
    if (slot->state == X07_SLOT_RUNNING) {
        look_for_end(slot, now_ms, was_ready, at);
    }
}

static void serve_all(const char *at)
{
    uint64_t now_ms = x07_process_now_ms();
    const struct pollfd *ready = polled.items;
    for (uint32_t i = 0u; i < x07_processes.count; i++) {
        if (x07_processes.slots[i].state == X07_SLOT_RUNNING) {
            serve(&x07_processes.slots[i], ready, now_ms, at);
            ready += DESCRIPTORS;
        }
    }
}

void x07_process_pump(int wait_ms, const char *at)
{
    uint64_t now_ms = x07_process_now_ms();
    nfds_t count = 0;
    make_room(at);
    for (uint32_t i = 0u; i < x07_processes.count; i++) {
        x07_process_slot *slot = &x07_processes.slots[i];
        if (slot->state == X07_SLOT_RUNNING) {
            wait_ms = patience(slot, now_ms, wait_ms);
            count += collect(slot, polled.items + count);
        }
    }
    if (count == 0) {
        return;
    }
    if (poll(polled.items, count, wait_ms) < 0) {
        for (nfds_t i = 0; i < count; i++) {
            polled.items[i].revents = 0;
        }
    }
    serve_all(at);
}
