/* Time limits of processes while the program does something else. */
#ifndef X07_PROCESS_ALARM_H
#define X07_PROCESS_ALARM_H

#include <stdint.h>

/* Milliseconds of the monotonic clock. */
uint64_t x07_process_now_ms(void);

/* Has the process killed when the time is `deadline_ms`, whatever the program does then. Where the
 * system has no such timer, it is killed by the next call about any process. */
void x07_process_alarm_set(uint64_t deadline_ms);

/* While the table of processes moves, or a process of it is not yet described as a whole. */
void x07_process_alarm_hold(void);
void x07_process_alarm_release(void);

#endif
