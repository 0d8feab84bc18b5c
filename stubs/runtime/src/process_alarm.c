/* One timer for the first deadline. Its signal kills what is overdue; what that means for a
 * process's result is found by the next look at it. The timer is made by system calls: older C
 * libraries have it in a library of its own. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "process_alarm.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "process_table.h"

#if defined(__linux__) && defined(__LP64__)
#include <sys/syscall.h>
#endif

uint64_t x07_process_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

#ifdef SYS_timer_create

/* glibc has had no name for it before 2.36. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

static int timer = -1;

/* Libraries that use such signals begin at the other end. */
static int alarm_signal(void)
{
    return SIGRTMAX;
}

static void arm(uint64_t deadline_ms)
{
    const struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(deadline_ms / 1000u),
                     .tv_nsec = (long)(deadline_ms % 1000u) * 1000000L}};
    syscall(SYS_timer_settime, timer, TIMER_ABSTIME, &when, NULL);
}

/* Kills what is overdue; the first deadline that is not. */
static uint64_t kill_overdue(uint64_t now_ms)
{
    uint64_t first_ms = UINT64_MAX;
    for (uint32_t i = 0u; i < x07_processes.count; i++) {
        const x07_process_slot *slot = &x07_processes.slots[i];
        if (slot->state != X07_SLOT_RUNNING) {
            continue;
        }
        if (slot->deadline_ms <= now_ms) {
            x07_process_signal(slot, SIGKILL);
        } else if (slot->deadline_ms < first_ms) {
            first_ms = slot->deadline_ms;
        }
    }
    return first_ms;
}

static void on_alarm(int signal_number)
{
    (void)signal_number;
    int error = errno;
    uint64_t next_ms = kill_overdue(x07_process_now_ms());
    if (next_ms != UINT64_MAX) {
        arm(next_ms);
    }
    errno = error;
}

/* The signal comes to this thread, which is the one that changes the table. */
static void make_timer(void)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = alarm_signal()};
    struct sigaction action = {.sa_flags = SA_RESTART};
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    action.sa_handler = on_alarm;
    sigemptyset(&action.sa_mask);
    if (sigaction(alarm_signal(), &action, NULL) == 0) {
        syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
    }
}

void x07_process_alarm_set(uint64_t deadline_ms)
{
    if (deadline_ms == UINT64_MAX) {
        return;
    }
    if (timer < 0) {
        make_timer();
    }
    x07_process_alarm_hold();
    uint64_t first_ms = kill_overdue(0u);
    arm(first_ms);
    x07_process_alarm_release();
}

static void mask(int how)
{
    sigset_t alone;
    sigemptyset(&alone);
    sigaddset(&alone, alarm_signal());
    sigprocmask(how, &alone, NULL);
}

void x07_process_alarm_hold(void)
{
    mask(SIG_BLOCK);
}

void x07_process_alarm_release(void)
{
    mask(SIG_UNBLOCK);
}

#else

void x07_process_alarm_set(uint64_t deadline_ms)
{
    (void)deadline_ms;
}

void x07_process_alarm_hold(void)
{
}

void x07_process_alarm_release(void)
{
}

#endif
