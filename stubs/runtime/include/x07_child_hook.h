/* What a new process does before its program runs, where a sandbox has something to say. Programs
 * without one have a pointer that stays NULL. */
#ifndef X07_CHILD_HOOK_H
#define X07_CHILD_HOOK_H

/* Between fork and exec, by a process that leads its group: calls what a signal handler may. */
extern void (*x07_child_hook)(void);

#endif
