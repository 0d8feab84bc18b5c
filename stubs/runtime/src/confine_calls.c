/* System calls by purpose. Numbers are those of x86-64 and arm64, -1 where there is none. What is
 * not in a list is allowed: programs that a sandboxed one starts need nearly all of it. */
#include "confine_calls.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <stddef.h>

#ifdef __x86_64__
#define CALL(x86, arm) x86
#else
#define CALL(x86, arm) arm
#endif

#define COUNT(list) (sizeof(list) / sizeof(list)[0])
#define ANSWER(answers, list, answer) set(answers, list, COUNT(list), answer)

/* -- for nobody */

static const int16_t never[] = {
    /* Other processes: ptrace, process_vm_readv, process_vm_writev, process_madvise, kcmp,
     * pidfd_getfd, process_mrelease, setpriority, ioprio_set. */
    CALL(101, 117), CALL(310, 270), CALL(311, 271), 440, CALL(312, 272), 438, 448, CALL(141, 140),
    CALL(251, 30),
    /* What they share by number or name: shmget, shmat, shmctl, semget, semop, semctl, semtimedop,
     * msgget, msgsnd, msgrcv, msgctl, mq_open, mq_unlink. */
    CALL(29, 194), CALL(30, 196), CALL(31, 195), CALL(64, 190), CALL(65, 193), CALL(66, 191),
    CALL(220, 192), CALL(68, 186), CALL(69, 189), CALL(70, 188), CALL(71, 187), CALL(240, 180),
    CALL(241, 181),
    /* mount, umount2, pivot_root, chroot, open_tree to fspick, mount_setattr, statmount, listmount,
     * open_tree_attr. */
    CALL(165, 40), CALL(166, 39), CALL(155, 41), CALL(161, 51), 428, 429, 430, 431, 432, 433, 442,
    457, 458, 467,
    /* bpf, keyctl, add_key, request_key, userfaultfd, io_uring, perf_event_open. */
    CALL(321, 280), CALL(250, 219), CALL(248, 217), CALL(249, 218), CALL(323, 282), 425, 426, 427,
    CALL(298, 241),
    /* kexec_load, kexec_file_load, reboot, init_module, finit_module, delete_module. */
    CALL(246, 104), CALL(320, 294), CALL(169, 142), CALL(175, 105), CALL(313, 273), CALL(176, 106),
    /* open_by_handle_at, name_to_handle_at, quotactl, quotactl_fd, acct, swapon, swapoff. */
    CALL(304, 265), CALL(303, 264), CALL(179, 60), 443, CALL(163, 89), CALL(167, 224),
    CALL(168, 225),
    /* settimeofday, clock_settime, adjtimex, clock_adjtime. */
    CALL(164, 170), CALL(227, 112), CALL(159, 171), CALL(305, 266),
    /* setns, unshare, syslog, vhangup, personality, sethostname, setdomainname. */
    CALL(308, 268), CALL(272, 97), CALL(103, 116), CALL(153, 58), CALL(135, 92), CALL(170, 161),
    CALL(171, 162),
    /* move_pages, migrate_pages, mbind, set_mempolicy, set_mempolicy_home_node. */
    CALL(279, 239), CALL(256, 238), CALL(237, 235), CALL(238, 237), 450,
    /* inotify_add_watch, fanotify_init, fanotify_mark, lookup_dcookie, nfsservctl, the modules of lsm. */
    CALL(254, 27), CALL(300, 262), CALL(301, 263), CALL(212, 18), CALL(180, 42), 459, 460, 461,
    /* memfd_create, memfd_secret: code that no rule for files sees. */
    CALL(319, 279), 447,
    /* Only on x86: iopl, ioperm, modify_ldt, uselib, ustat, sysfs, _sysctl. */
    CALL(172, -1), CALL(173, -1), CALL(154, -1), CALL(134, -1), CALL(136, -1), CALL(139, -1),
    CALL(156, -1),
    /* Devices, links: mknod, mknodat, link, linkat, symlink, symlinkat. */
    CALL(133, -1), CALL(259, 33), CALL(86, -1), CALL(265, 37), CALL(88, -1), CALL(266, 36),
    /* Owners and attributes, which Landlock does not know: chown, fchown, lchown, fchownat,
     * setxattr to removexattr, setxattrat, removexattrat, file_setattr. */
    CALL(92, -1), CALL(93, 55), CALL(94, -1), CALL(260, 54), CALL(188, 5), CALL(189, 6),
    CALL(190, 7), CALL(197, 14), CALL(198, 15), CALL(199, 16), 463, 466, 469,
};

/* -- by policy */

static const int16_t making_processes[] = {
    /* execve, execveat, fork, vfork. */
    CALL(59, 221), CALL(322, 281), CALL(57, -1), CALL(58, -1),
    /* pidfd_open, pidfd_send_signal. */
    434, 424,
    /* setpgid, setsid: ways out of the group that is killed in the end. */
    CALL(109, 154), CALL(112, 157),
};

/* kill, tgkill, tkill, rt_sigqueueinfo, rt_tgsigqueueinfo. */
static const int16_t signalling[] = {
    CALL(62, 129), CALL(234, 131), CALL(200, 130), CALL(129, 138), CALL(297, 240),
};

/* sched_setparam, sched_setscheduler, sched_setaffinity, sched_setattr, prlimit64. */
static const int16_t tuning[] = {
    CALL(142, 118), CALL(144, 119), CALL(203, 122), CALL(314, 274), CALL(302, 261),
};

/* Modes and times, which Landlock does not know: chmod, fchmod, fchmodat, fchmodat2, utime, utimes,
 * futimesat, utimensat. */
static const int16_t changing_status[] = {
    CALL(90, -1),  CALL(91, 52),  CALL(268, 53), 452,
    CALL(132, -1), CALL(235, -1), CALL(261, -1), CALL(280, 88),
};

static const int16_t networking[] = {
    /* socket, socketpair, connect, bind, listen, accept, accept4. */
    CALL(41, 198), CALL(53, 199), CALL(42, 203), CALL(49, 200), CALL(50, 201), CALL(43, 202),
    CALL(288, 242),
    /* sendto, sendmsg, sendmmsg, recvfrom, recvmsg, recvmmsg, shutdown, setsockopt. */
    CALL(44, 206), CALL(46, 211), CALL(307, 269), CALL(45, 207), CALL(47, 212), CALL(299, 243),
    CALL(48, 210), CALL(54, 208),
};

/* listen, accept, accept4. */
static const int16_t answering[] = {CALL(50, 201), CALL(43, 202), CALL(288, 242)};

/* mkdir, mkdirat; unlink, unlinkat, rmdir; rename, renameat, renameat2. */
static const int16_t making_folders[] = {CALL(83, -1), CALL(258, 34)};
static const int16_t removing[] = {CALL(87, -1), CALL(263, 35), CALL(84, -1)};
static const int16_t renaming[] = {CALL(82, -1), CALL(264, 38), CALL(316, 276)};

/* truncate, which Landlock knows since ABI 3. */
static const int16_t truncating[] = {CALL(76, 45)};

/* open, creat, openat, openat2. */
static const int16_t opening[] = {CALL(2, -1), CALL(85, -1), CALL(257, 56), 437};

enum {
    SOCKET = CALL(41, 198),
    SENDTO = CALL(44, 206),
    SENDMSG = CALL(46, 211),
    SENDMMSG = CALL(307, 269),
    CLONE = CALL(56, 220),
    CLONE3 = 435,
    FCNTL = CALL(72, 25),
    IOCTL = CALL(16, 29),
    TIMER_SETTIME = CALL(223, 110),
    TIMER_DELETE = CALL(226, 111),
    SETITIMER = CALL(38, 103),
    ALARM = CALL(37, -1),
    HAS_TRUNCATE = 3,
};

static uint16_t ask(x07_call_question question)
{
    return (uint16_t)(X07_CALL_ASKS + (int)question);
}

static void set(x07_call_answers answers, const int16_t *list, size_t count, uint16_t answer)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i] >= 0) {
            answers[list[i]] = answer;
        }
    }
}

static void answer_files(const x07_filter_request *request, x07_call_answers answers)
{
    if (!(request->grants & X07_CAN_MKDIR)) {
        ANSWER(answers, making_folders, EPERM);
    }
    if (!(request->grants & X07_CAN_REMOVE)) {
        ANSWER(answers, removing, EPERM);
    }
    if (!(request->grants & X07_CAN_RENAME)) {
        ANSWER(answers, renaming, EPERM);
    }
    if (!(request->grants & X07_CAN_WRITE) || request->landlock_abi < HAS_TRUNCATE) {
        ANSWER(answers, truncating, EPERM);
    }
    /* Where nothing tells one file from another, all or none. */
    uint32_t opens = X07_CAN_READ | X07_CAN_WRITE | X07_CAN_SPAWN | X07_CAN_NETWORK;
    if (request->landlock_abi == 0 && !(request->grants & opens)) {
        ANSWER(answers, opening, EACCES);
    }
}

static void answer_network(const x07_filter_request *request, x07_call_answers answers)
{
    if (!(request->grants & X07_CAN_NETWORK)) {
        ANSWER(answers, networking, EPERM);
        return;
    }
    answers[SOCKET] = ask(X07_ASK_SOCKET);
    answers[SENDTO] = ask(X07_ASK_FLAGS_3);
    answers[SENDMSG] = ask(X07_ASK_FLAGS_2);
    answers[SENDMMSG] = ask(X07_ASK_FLAGS_3);
    if (!(request->grants & X07_CAN_LISTEN)) {
        ANSWER(answers, answering, EPERM);
    }
}

static void answer_processes(const x07_filter_request *request, x07_call_answers answers)
{
    /* Its flags cannot be read; C libraries then use clone. */
    answers[CLONE3] = ENOSYS;
    answers[CLONE] = ask(X07_ASK_CLONE);
    if (!(request->grants & X07_CAN_SPAWN)) {
        ANSWER(answers, making_processes, EPERM);
        ANSWER(answers, changing_status, EPERM);
        ANSWER(answers, signalling, ask(X07_ASK_OWN_PID));
    }
}

static void answer_timers(const x07_filter_request *request, x07_call_answers answers)
{
    static const int16_t alarms[] = {ALARM};
    if (request->keeps_time) {
        ANSWER(answers, alarms, EPERM);
        answers[TIMER_SETTIME] = answers[TIMER_DELETE] = ask(X07_ASK_TIMER);
        answers[SETITIMER] = ask(X07_ASK_ITIMER);
    }
}

void x07_calls_answer(const x07_filter_request *request, x07_call_answers answers)
{
    for (int i = 0; i < X07_CALLS; i++) {
        answers[i] = 0;
    }
    answers[FCNTL] = ask(X07_ASK_FCNTL);
    answers[IOCTL] = ask(X07_ASK_IOCTL);
    ANSWER(answers, tuning, ask(X07_ASK_OWN_LIMITS));
    answer_files(request, answers);
    answer_network(request, answers);
    answer_processes(request, answers);
    answer_timers(request, answers);
    ANSWER(answers, never, EPERM);
}

#endif
