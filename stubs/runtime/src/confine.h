/* The parts of x07_confine. */
#ifndef X07_CONFINE_PARTS_H
#define X07_CONFINE_PARTS_H

#include "x07_confine.h"

/* What a policy grants, as far as a kernel can tell it apart: confine_grants.c. */
enum {
    X07_CAN_READ = 1 << 0,
    X07_CAN_WRITE = 1 << 1,
    X07_CAN_MKDIR = 1 << 2,
    X07_CAN_REMOVE = 1 << 3,
    X07_CAN_RENAME = 1 << 4,
    /* TCP to the policy's ports; answering on them; UDP, whatever the port; names. */
    X07_CAN_TCP = 1 << 5,
    X07_CAN_LISTEN = 1 << 6,
    X07_CAN_UDP = 1 << 7,
    X07_CAN_RESOLVE = 1 << 8,
    X07_CAN_SPAWN = 1 << 9,
    X07_CAN_THREAD = 1 << 10,
    X07_CAN_TELL_ZONE = 1 << 11,
    X07_CAN_NETWORK = X07_CAN_TCP | X07_CAN_UDP | X07_CAN_RESOLVE,
};
uint32_t x07_confine_grants(const x07_policy *policy);

/* -- each sets its layer; Landlock answers its ABI, 0 where it is not in force */

int x07_confine_landlock(const x07_policy *policy, x07_layer *layer);

typedef struct {
    uint32_t grants;
    int landlock_abi;
    int keeps_time;
} x07_filter_request;
void x07_confine_seccomp(const x07_filter_request *request, x07_layer *layer);

/* A second filter, for a process that the program starts and all that it starts in turn: they stay
 * in the group that is killed. */
void x07_confine_group(void);

/* Before Landlock, which hides the tasks that are counted; the limit of descriptors after it, since
 * its rules need some. */
void x07_confine_rlimits(const x07_confine_request *request, x07_layer *layer);
void x07_confine_descriptors(const x07_confine_request *request, x07_layer *layer);

/* -- confine_watch.c: what says which limit was met */

void x07_watch_limits(const x07_confine_request *request);

/* Timers of the system below this number belong to it. */
enum { X07_WATCH_TIMERS = 2 };

/* -- words of a layer's detail */

void x07_layer_say(x07_layer *layer, const char *text);
void x07_layer_say_number(x07_layer *layer, uint64_t number);
/* The name of an errno that a kernel gives where it lacks a layer, or its number. */
void x07_layer_say_errno(x07_layer *layer, int error);

#endif
