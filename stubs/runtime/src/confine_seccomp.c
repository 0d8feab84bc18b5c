/* The filter of system calls: a search tree over ranges of numbers that have one answer. The kernel
 * runs it once for every number when it is loaded, so it is short on every way. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "confine.h"
#include "confine_calls.h"
#include "guard.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* -- the language */

enum {
    LOAD = 0x20,
    AND = 0x54,
    JUMP = 0x05,
    IF_EQUAL = 0x15,
    IF_AT_LEAST = 0x35,
    IF_ANY_BIT = 0x45,
    RETURN = 0x06,
};

typedef struct {
    uint16_t code;
    uint8_t if_true;
    uint8_t if_false;
    uint32_t value;
} instruction;

enum { PROGRAM_MAX = 2048 };

typedef struct {
    uint16_t len;
    uint32_t grants;
    uint32_t pid;
    x07_call_answers answers;
    instruction code[PROGRAM_MAX];
} filter;

static const uint32_t ALLOW = 0x7FFF0000u, REFUSE = 0x00050000u;

static void put(filter *to, uint16_t code, uint32_t value, uint8_t if_true, uint8_t if_false)
{
    if (to->len < PROGRAM_MAX) {
        to->code[to->len++] = (instruction){code, if_true, if_false, value};
    }
}

static void put_return(filter *to, int error)
{
    put(to, RETURN, error ? REFUSE + (uint32_t)error : ALLOW, 0, 0);
}

/* The lower half: all that the kernel reads of a number that is an int. */
static void load_argument(filter *to, uint32_t argument)
{
    put(to, LOAD, 16 + 8 * argument, 0, 0);
}

static void refuse_if_equal(filter *to, uint32_t value)
{
    put(to, IF_EQUAL, value, 0, 1);
    put_return(to, EPERM);
}

static void refuse_if_any(filter *to, uint32_t bits)
{
    put(to, IF_ANY_BIT, bits, 0, 1);
    put_return(to, EPERM);
}

/* -- questions: each starts with the number in the accumulator, and returns on every way */

static void ask_protocol(filter *to, uint32_t type, uint32_t protocol, int is_granted)
{
    /* Skips what follows where the type is another. */
    put(to, IF_EQUAL, type, 0, is_granted ? 5 : 1);
    if (is_granted) {
        load_argument(to, 2);
        put(to, IF_EQUAL, 0, 1, 0);
        put(to, IF_EQUAL, protocol, 0, 1);
        put_return(to, 0);
    }
    put_return(to, EPERM);
}

static void ask_socket(filter *to)
{
    enum { INET = 2, INET6 = 10, STREAM = 1, DATAGRAM = 2, TCP = 6, UDP = 17, TYPE_MASK = 15 };
    uint32_t streams = X07_CAN_TCP | X07_CAN_RESOLVE, datagrams = X07_CAN_UDP | X07_CAN_RESOLVE;
    load_argument(to, 0);
    put(to, IF_EQUAL, INET, 2, 0);
    put(to, IF_EQUAL, INET6, 1, 0);
    put_return(to, EPERM);
    load_argument(to, 1);
    put(to, AND, TYPE_MASK, 0, 0);
    ask_protocol(to, STREAM, TCP, (to->grants & streams) != 0);
    ask_protocol(to, DATAGRAM, UDP, (to->grants & datagrams) != 0);
    put_return(to, EPERM);
}

static void ask_clone(filter *to)
{
    static const uint32_t NAMESPACES = 0x7E020000u, THREAD = 0x00010000u;
    load_argument(to, 0);
    refuse_if_any(to, NAMESPACES);
    put(to, IF_ANY_BIT, THREAD, 0, 1);
    put_return(to, to->grants & X07_CAN_THREAD ? 0 : EPERM);
    put_return(to, to->grants & X07_CAN_SPAWN ? 0 : EPERM);
}

static void refuse_commands(filter *to, const uint32_t *commands, size_t count)
{
    load_argument(to, 1);
    for (size_t i = 0; i < count; i++) {
        refuse_if_equal(to, commands[i]);
    }
    put_return(to, 0);
}

static void ask_fcntl(filter *to)
{
    /* F_SETOWN, F_SETOWN_EX. */
    static const uint32_t commands[] = {8, 15};
    refuse_commands(to, commands, sizeof commands / sizeof commands[0]);
}

static void ask_ioctl(filter *to)
{
    /* TIOCSTI, TIOCLINUX; FIOSETOWN, SIOCSPGRP; FS_IOC_SETFLAGS of both sizes, FS_IOC_FSSETXATTR. */
    static const uint32_t commands[] = {
        0x5412, 0x541C, 0x8901, 0x8902, 0x40086602, 0x40046602, 0x401C5820,
    };
    refuse_commands(to, commands, sizeof commands / sizeof commands[0]);
}

static void ask_pid(filter *to, int or_zero)
{
    load_argument(to, 0);
    put(to, IF_EQUAL, to->pid, 1, 0);
    put(to, IF_EQUAL, or_zero ? 0 : to->pid, 0, 1);
    put_return(to, 0);
    put_return(to, EPERM);
}

static void ask_flags(filter *to, uint32_t argument)
{
    enum { FAST_OPEN = 0x20000000 };
    load_argument(to, argument);
    refuse_if_any(to, FAST_OPEN);
    put_return(to, 0);
}

static void ask_timer(filter *to, uint32_t first_free)
{
    load_argument(to, 0);
    put(to, IF_AT_LEAST, first_free, 0, 1);
    put_return(to, 0);
    put_return(to, EPERM);
}

static void put_question(filter *to, x07_call_question question)
{
    switch (question) {
    case X07_ASK_SOCKET:
        ask_socket(to);
        return;
    case X07_ASK_CLONE:
        ask_clone(to);
        return;
    case X07_ASK_FCNTL:
        ask_fcntl(to);
        return;
    case X07_ASK_IOCTL:
        ask_ioctl(to);
        return;
    case X07_ASK_OWN_PID:
    case X07_ASK_OWN_LIMITS:
        ask_pid(to, question == X07_ASK_OWN_LIMITS);
        return;
    case X07_ASK_FLAGS_2:
    case X07_ASK_FLAGS_3:
        ask_flags(to, question == X07_ASK_FLAGS_2 ? 2 : 3);
        return;
    case X07_ASK_TIMER:
        ask_timer(to, X07_WATCH_TIMERS);
        return;
    case X07_ASK_ITIMER:
        ask_timer(to, 1);
        return;
    }
}

static void put_answer(filter *to, uint16_t answer)
{
    if (answer >= X07_CALL_ASKS) {
        put_question(to, (x07_call_question)(answer - X07_CALL_ASKS));
    } else {
        put_return(to, answer);
    }
}

/* -- the tree */

/* The number at or after the middle where another answer begins; `end` where none does. */
static int border(const filter *of, int start, int end)
{
    int middle = start + (end - start) / 2;
    for (int at = middle; at > start; at--) {
        if (of->answers[at] != of->answers[at - 1]) {
            return at;
        }
    }
    for (int at = middle + 1; at < end; at++) {
        if (of->answers[at] != of->answers[at - 1]) {
            return at;
        }
    }
    return end;
}

/* Where its condition holds, the instruction before `lower` skips what is there from `lower` on. It
 * reaches 255 instructions; over more, a jump by itself goes in between. */
static void skip(filter *to, uint16_t lower)
{
    uint16_t size = (uint16_t)(to->len - lower);
    instruction *condition = &to->code[lower - 1];
    if (size <= UINT8_MAX) {
        condition->if_true = (uint8_t)size;
    } else if (to->len < PROGRAM_MAX) {
        condition->if_false = 1;
        to->len++;
        memmove(condition + 2, condition + 1, size * sizeof *condition);
        condition[1] = (instruction){.code = JUMP, .value = size};
    }
}

/* The numbers from `start` to before `end`. Depth: at most that of halving all numbers, and a bit.
 */
static void put_range(filter *to, int start, int end)
{
    int upper = border(to, start, end);
    if (upper == end) {
        put_answer(to, to->answers[start]);
        return;
    }
    put(to, IF_AT_LEAST, (uint32_t)upper, 0, 0);
    uint16_t lower = to->len;
    put_range(to, start, upper);
    skip(to, lower);
    put_range(to, upper, end);
}

static void put_start(filter *to)
{
#ifdef __x86_64__
    static const uint32_t ARCHITECTURE = 0xC000003Eu;
#else
    static const uint32_t ARCHITECTURE = 0xC00000B7u;
#endif
    put(to, LOAD, 4, 0, 0);
    put(to, IF_EQUAL, ARCHITECTURE, 1, 0);
    put_return(to, ENOSYS);
    put(to, LOAD, 0, 0, 0);
}

static void put_filter(filter *to)
{
    put_start(to);
    /* Those of x32 are beyond the known ones, too. */
    put(to, IF_AT_LEAST, X07_CALLS, 0, 1);
    put_return(to, ENOSYS);
    put_range(to, 0, X07_CALLS);
}

/* -- loading */

static int load(const filter *loaded, int *all_threads)
{
    enum { SECCOMP = 2, SET_FILTER = 1, ALL_THREADS = 1 };
    const struct {
        uint16_t len;
        const instruction *code;
    } program = {loaded->len, loaded->code};
    *all_threads = syscall(SYS_seccomp, SET_FILTER, ALL_THREADS, &program) == 0;
    return *all_threads ? 0 : prctl(PR_SET_SECCOMP, SECCOMP, &program, 0, 0);
}

static filter built;

void x07_confine_seccomp(const x07_filter_request *request, x07_layer *layer)
{
    int all_threads;
    if (!x07_guard("seccomp")) {
        return;
    }
    built.grants = request->grants;
    built.pid = (uint32_t)getpid();
    x07_calls_answer(request, built.answers);
    put_filter(&built);
    if (built.len == PROGRAM_MAX || load(&built, &all_threads) != 0) {
        x07_layer_say(layer, "not accepted: ");
        x07_layer_say_errno(layer, built.len == PROGRAM_MAX ? E2BIG : errno);
        return;
    }
    layer->in_force = 1;
    x07_layer_say(layer, all_threads ? "filter" : "filter, of the main thread alone");
}

/* The filter before this one is in force, too. */
void x07_confine_group(void)
{
    int all_threads;
    if (x07_guard("group")) {
        built.len = 0;
        put_start(&built);
        refuse_if_equal(&built, SYS_setsid);
        refuse_if_equal(&built, SYS_setpgid);
        put_return(&built, 0);
        (void)load(&built, &all_threads);
    }
}

#else

void x07_confine_group(void)
{
}

void x07_confine_seccomp(const x07_filter_request *request, x07_layer *layer)
{
    (void)request;
#ifdef __linux__
    x07_layer_say(layer, "only on x86-64 and arm64");
#else
    x07_layer_say(layer, "only on Linux");
#endif
}

#endif
