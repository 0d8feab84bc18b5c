/* What Landlock is to allow. */
#ifndef X07_CONFINE_RULES_H
#define X07_CONFINE_RULES_H

#include "x07_policy.h"

/* `fs`, `net`: the rights that it handles, the only ones that a rule may name. */
typedef struct {
    int fd;
    uint64_t fs;
    uint64_t net;
} x07_ruleset;

/* Roots, programs and ports of the policy, and the files of the system without which what it grants
 * does not work. What is not there is left out; answers how many write roots that are. */
uint32_t x07_rules_add(const x07_ruleset *ruleset, const x07_policy *policy);

#endif
