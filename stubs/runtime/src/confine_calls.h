/* What the filter answers to each system call, by its number on this architecture. */
#ifndef X07_CONFINE_CALLS_H
#define X07_CONFINE_CALLS_H

#include <stdint.h>

#include "confine.h"

/* The first number that nobody here has looked at: Linux 6.17. */
enum { X07_CALLS = 470 };

/* 0: allowed. Below X07_CALL_ASKS an errno, else X07_CALL_ASKS plus an x07_call_question, which is
 * about arguments. */
enum { X07_CALL_ASKS = 1 << 12 };
typedef uint16_t x07_call_answers[X07_CALLS];

typedef enum {
    /* TCP and UDP as granted, nothing else. */
    X07_ASK_SOCKET,
    /* Threads and processes as granted, and no namespace. */
    X07_ASK_CLONE,
    /* Nothing that has the kernel send signals to others. */
    X07_ASK_FCNTL,
    /* The same, nothing that types for somebody at the terminal, no attributes of files. */
    X07_ASK_IOCTL,
    /* Argument 0 is this process; is this process or 0. */
    X07_ASK_OWN_PID,
    X07_ASK_OWN_LIMITS,
    /* Argument 1, 2, 3 without the flag that connects on the way. */
    X07_ASK_FLAGS_2,
    X07_ASK_FLAGS_3,
    /* Argument 0 is no timer that keeps limits.wall_ms: of the system, of the process. */
    X07_ASK_TIMER,
    X07_ASK_ITIMER,
} x07_call_question;

void x07_calls_answer(const x07_filter_request *request, x07_call_answers answers);

#endif
