/* What the mains of sandboxed programs do first. Ends the process with status 125 where it refuses.
 */
#ifndef X07_CLI_SANDBOX_H
#define X07_CLI_SANDBOX_H

#include "x07_sandbox.h"

enum { X07_REFUSED = 125 };

/* Once: confines the process, and sees to it that its layers are reported. */
void x07_sandbox_enter(const x07_sandbox_config *config, int keeps_time);
int x07_sandbox_is_entered(void);

/* Limits and layers of the environment (x07_sandbox.h); its policy is loaded by itself. */
x07_sandbox_config x07_sandbox_of_environment(void);

#endif
