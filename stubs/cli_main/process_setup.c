/* The stack grows down from where `main` runs, to a limit; a fault in that range, or just below it,
 * can only be an overflow, since the system adds pages for every other access there. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _XOPEN_SOURCE
#define _XOPEN_SOURCE 700
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif

#include "process_setup.h"

#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "x07_trap.h"

enum {
    /* Room for the largest register state that x86-64 saves, and for the trap. */
    SIGNAL_STACK_BYTES = 32 << 10,
    /* What Linux keeps free below a stack. */
    GUARD_BYTES = 1 << 20,
};

static _Alignas(16) uint8_t signal_stack[SIGNAL_STACK_BYTES];
static uintptr_t stack_top;

static int is_stack_overflow(uintptr_t fault)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) {
        return 0;
    }
    uint64_t depth = (uint64_t)limit.rlim_cur + GUARD_BYTES;
    return fault < stack_top && stack_top - fault <= depth;
}

static void on_fault(int signal_number, siginfo_t *info, void *context)
{
    (void)context;
    if (is_stack_overflow((uintptr_t)info->si_addr)) {
        x07_trap("stack overflow", NULL);
    }
    signal(signal_number, SIG_DFL);
}

static void catch_stack_overflow(void)
{
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
    action.sa_sigaction = on_fault;
    sigemptyset(&action.sa_mask);
    if (sigaltstack(&stack, NULL) == 0) {
        sigaction(SIGSEGV, &action, NULL);
        sigaction(SIGBUS, &action, NULL);
    }
}

void x07_process_setup(void)
{
    stack_top = (uintptr_t)__builtin_frame_address(0);
    signal(SIGPIPE, SIG_IGN);
    catch_stack_overflow();
}
