/* What both mains do before the program starts. */
#ifndef X07_PROCESS_SETUP_H
#define X07_PROCESS_SETUP_H

/* A reader that goes away is a failed write, not a signal; a stack that overflows is a trap.
 * To be called by `main` itself, or by what it calls at once. */
void x07_process_setup(void);

#endif
