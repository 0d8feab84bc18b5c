/* Switches of a policy, as the heads of the operating system ask for them. */
#ifndef X07_OS_REQUIRE_H
#define X07_OS_REQUIRE_H

#include "x07_types.h"

/* A switch and what it is called in the policy's file. */
typedef struct {
    uint32_t on;
    const char *field;
} x07_os_switch;

/* Traps with `message` where the switch is off. */
void x07_os_require(x07_os_switch needed, const char *operation, const char *message,
                    const char *at);

/* 0, and the denial is told, where the switch is off, or `asked` is more than `limit`. */
int x07_os_allowed(x07_os_switch needed, const char *operation);
int x07_os_within(uint64_t asked, uint64_t limit, const char *field, const char *operation);

#endif
