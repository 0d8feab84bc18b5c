#include "process_table.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "handles.h"
#include "process_alarm.h"
#include "x07_policy.h"
#include "x07_release.h"
#include "x07_vec.h"

enum {
    INDEX_MAX = 65535,
    /* A handle is no negative number. */
    GENERATION_MAX = 32767,
    SIGNALED = 128,
    /* The exit code where a library has waited for our process. */
    UNKNOWN = 255,
};

x07_process_table x07_processes;

/* -- ends */

int x07_process_signal(const x07_process_slot *slot, int signal_number)
{
    return kill(x07_processes.kill_tree ? -slot->pid : slot->pid, signal_number);
}

static void close_end(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void close_input(x07_process_slot *slot)
{
    close_end(&slot->input.to);
    x07_vec_u8_drop(slot->input.held);
    slot->input.held = X07_NO_VEC_U8;
}

/* The exit code. The number of a process that was not waited for is nobody else's: signals to it,
 * and to its group, come before. */
static uint32_t reap(x07_process_slot *slot)
{
    int status = 0;
    pid_t waited;
    slot->state = X07_SLOT_ENDED;
    do {
        waited = waitpid(slot->pid, &status, 0);
    } while (waited < 0 && errno == EINTR);
    x07_processes.running--;
    close_end(&slot->watch);
    close_input(slot);
    if (waited < 0) {
        return UNKNOWN;
    }
    int code = WIFSIGNALED(status) ? SIGNALED + WTERMSIG(status) : WEXITSTATUS(status);
    return (uint32_t)code;
}

void x07_process_ended(x07_process_slot *slot)
{
    if (x07_processes.kill_stragglers) {
        x07_process_signal(slot, SIGKILL);
    }
    slot->exit_code = reap(slot);
}

void x07_process_fail(x07_process_slot *slot, uint32_t error_code)
{
    x07_process_signal(slot, SIGKILL);
    reap(slot);
    slot->error_code = error_code;
    close_end(&slot->output.from);
    close_end(&slot->errors.from);
}

/* -- the end of the program */

static void kill_running(void)
{
    for (uint32_t i = 0u; i < x07_processes.count && x07_processes.kill_on_drop; i++) {
        if (x07_processes.slots[i].state == X07_SLOT_RUNNING) {
            x07_process_signal(&x07_processes.slots[i], SIGKILL);
        }
    }
}

static void release(void)
{
    kill_running();
    for (uint32_t i = 0u; i < x07_processes.count; i++) {
        x07_process_slot *slot = &x07_processes.slots[i];
        if (slot->state == X07_SLOT_RUNNING && x07_processes.kill_on_drop) {
            x07_process_fail(slot, 0u);
        }
        x07_process_slot_free(slot);
    }
    x07_free(x07_processes.slots);
    x07_processes = (x07_process_table){.slots = NULL};
}

static x07_release release_processes = {.run = release};

static void change_signal(int signal_number, void (*from)(int), void (*to)(int))
{
    struct sigaction action;
    if (sigaction(signal_number, NULL, &action) == 0 && action.sa_handler == from) {
        signal(signal_number, to);
    }
}

/* An ignored SIGCHLD is inherited, and takes the exit codes away. */
static void start_table(void)
{
    const x07_policy *policy = x07_policy_current();
    change_signal(SIGCHLD, SIG_IGN, SIG_DFL);
    change_signal(SIGPIPE, SIG_DFL, SIG_IGN);
    x07_release_add(&release_processes);
    x07_before_exit_add(kill_running);
    x07_processes.kill_tree = policy->process.kill_tree != 0u;
    x07_processes.kill_on_drop = policy->process.kill_on_drop != 0u;
    x07_processes.kill_stragglers =
        policy->sandboxed && x07_processes.kill_tree && x07_processes.kill_on_drop;
}

/* -- slots */

/* Where all indices are used, also one whose result was given and that nobody dropped. */
static int is_reusable(const x07_process_slot *slot)
{
    return slot->state == X07_SLOT_FREE
           || (x07_processes.count == INDEX_MAX && slot->state == X07_SLOT_ENDED && slot->taken);
}

static x07_process_slot *reusable(void)
{
    for (uint32_t i = 0u; i < x07_processes.count; i++) {
        if (is_reusable(&x07_processes.slots[i])) {
            x07_process_slot_free(&x07_processes.slots[i]);
            return &x07_processes.slots[i];
        }
    }
    return NULL;
}

static x07_process_slot *added(const char *at)
{
    if (x07_processes.count == INDEX_MAX) {
        return NULL;
    }
    if (x07_processes.count == 0u) {
        start_table();
    }
    x07_process_alarm_hold();
    x07_processes.slots =
        x07_grow(x07_processes.slots, x07_processes.count, sizeof *x07_processes.slots, at);
    x07_process_slot *slot = &x07_processes.slots[x07_processes.count++];
    slot->generation = 0u;
    slot->state = X07_SLOT_FREE;
    x07_process_alarm_release();
    return slot;
}

static uint32_t handle_of(const x07_process_slot *slot)
{
    return slot->generation << 16 | ((uint32_t)(slot - x07_processes.slots) + 1u);
}

x07_process_slot *x07_process_slot_new(uint32_t *handle, const char *at)
{
    x07_process_slot *slot = reusable();
    slot = slot != NULL ? slot : added(at);
    if (slot == NULL) {
        return NULL;
    }
    uint32_t generation = slot->generation < GENERATION_MAX ? slot->generation + 1u : 1u;
    const x07_process_output nothing = {.from = -1, .held = X07_NO_VEC_U8};
    *slot = (x07_process_slot){
        .state = X07_SLOT_ENDED,
        .generation = generation,
        .watch = -1,
        .deadline_ms = UINT64_MAX,
        .output = nothing,
        .errors = nothing,
        .input = {.to = -1, .held = X07_NO_VEC_U8},
    };
    *handle = handle_of(slot);
    return slot;
}

x07_process_slot *x07_process_slot_of(uint32_t handle)
{
    uint32_t index = (handle & INDEX_MAX) - 1u;
    if (index >= x07_processes.count) {
        return NULL;
    }
    x07_process_slot *slot = &x07_processes.slots[index];
    int is_it = slot->state != X07_SLOT_FREE && slot->generation == handle >> 16;
    return is_it ? slot : NULL;
}

void x07_process_slot_free(x07_process_slot *slot)
{
    close_end(&slot->output.from);
    close_end(&slot->errors.from);
    close_end(&slot->watch);
    x07_vec_u8_drop(slot->output.held);
    x07_vec_u8_drop(slot->errors.held);
    close_input(slot);
    slot->state = X07_SLOT_FREE;
    slot->output.held = slot->errors.held = X07_NO_VEC_U8;
}
