/* Between fork and exec only what a signal handler may call is called. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "process_exec.h"
#include "x07_child_hook.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum {
    /* What follows the three standard descriptors. */
    FIRST_OTHER = 3,
    /* Descriptors that are looked at one by one where the kernel has no close_range. */
    ONE_BY_ONE = 65536,
    CANNOT_EXEC = 127,
};

/* -- pipes: none of their ends is a standard descriptor, none outlives exec */

typedef struct {
    int from;
    int to;
} channel;

/* The same file as a descriptor that is no standard one. -1: there is none, as if given. */
static int moved(int fd)
{
    if (fd < 0 || fd >= FIRST_OTHER) {
        return fd;
    }
    int other = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OTHER);
    int error = errno;
    close(fd);
    errno = error;
    return other;
}

static int make_pipe(int ends[2])
{
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) != 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

static int open_channel(channel *made)
{
    int ends[2];
    if (make_pipe(ends) != 0) {
        return -1;
    }
    made->from = moved(ends[0]);
    made->to = moved(ends[1]);
    return made->from < 0 || made->to < 0 ? -1 : 0;
}

static void close_end(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

typedef struct {
    channel input, output, errors;
    /* Carries the errno of a program that could not be executed. */
    channel failure;
} channels;

static const channel closed = {-1, -1};

static int open_channels(channels *all)
{
    *all = (channels){closed, closed, closed, closed};
    if (open_channel(&all->input) != 0 || open_channel(&all->output) != 0
        || open_channel(&all->errors) != 0) {
        return -1;
    }
    return open_channel(&all->failure);
}

static void close_theirs(const channels *all)
{
    close_end(all->input.from);
    close_end(all->output.to);
    close_end(all->errors.to);
    close_end(all->failure.to);
}

static void close_ours(const channels *all)
{
    close_end(all->input.to);
    close_end(all->output.from);
    close_end(all->errors.from);
    close_end(all->failure.from);
}

static void make_nonblocking(int fd)
{
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

/* -- in the new process */

static void mark_one_by_one(void)
{
    struct rlimit limit;
    int end = ONE_BY_ONE;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < (rlim_t)end) {
        end = (int)limit.rlim_cur;
    }
    for (int fd = FIRST_OTHER; fd < end; fd++) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

/* Whatever a library or the one who started us left open. */
static void close_others_on_exec(void)
{
#ifdef __linux__
    enum { CLOSE_RANGE = 436, ON_EXEC = 4 };
    if (syscall(CLOSE_RANGE, FIRST_OTHER, ~0u, ON_EXEC) == 0) {
        return;
    }
#endif
    mark_one_by_one();
}

/* The kernel watches the thread that started the process: the only one that starts any. */
static void die_with(pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(CANNOT_EXEC);
    }
#else
    (void)parent;
#endif
}

static void reset_signals(void)
{
    sigset_t none;
    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int set_up(const x07_process_new *made, const channels *all)
{
    const x07_process_files *files = made->files;
    if (dup2(all->input.from, STDIN_FILENO) < 0 || dup2(all->output.to, STDOUT_FILENO) < 0
        || dup2(all->errors.to, STDERR_FILENO) < 0) {
        return -1;
    }
    if (files->folder >= 0 && fchdir(files->folder) != 0) {
        return -1;
    }
    close_others_on_exec();
    if (files->script >= 0 && fcntl(files->script, F_SETFD, 0) != 0) {
        return -1;
    }
    reset_signals();
    return 0;
}

static void execute(const x07_process_new *made)
{
    const x07_process_files *files = made->files;
#ifdef __linux__
    if (files->program >= 0) {
        fexecve(files->program, files->args, made->variables);
        return;
    }
#endif
    execve(files->path, files->args, made->variables);
}

static _Noreturn void run_child(const x07_process_new *made, const channels *all, pid_t parent)
{
    if (made->has_group) {
        setpgid(0, 0);
    }
    if (made->has_group && made->dies_with_us && x07_child_hook != NULL) {
        x07_child_hook();
    }
    if (made->dies_with_us) {
        die_with(parent);
    }
    if (set_up(made, all) == 0) {
        execute(made);
    }
    int error = errno;
    ssize_t written = write(all->failure.to, &error, sizeof error);
    (void)written;
    _exit(CANNOT_EXEC);
}

/* -- in this process */

/* The errno that the new process tells; 0 when its end was closed by exec. */
static int read_failure(int from)
{
    int error = 0;
    ssize_t got;
    do {
        got = read(from, &error, sizeof error);
    } while (got < 0 && errno == EINTR);
    return got == (ssize_t)sizeof error ? error : 0;
}

static void reap(pid_t pid)
{
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static int started(const channels *all, pid_t pid, x07_process_ends *ends)
{
    int error = read_failure(all->failure.from);
    if (error != 0) {
        reap(pid);
        close_ours(all);
        return error;
    }
    close_end(all->failure.from);
    *ends = (x07_process_ends){
        .pid = pid, .input = all->input.to, .output = all->output.from, .errors = all->errors.from};
    make_nonblocking(ends->input);
    make_nonblocking(ends->output);
    make_nonblocking(ends->errors);
    return 0;
}

int x07_process_exec(const x07_process_new *made, x07_process_ends *ends)
{
    channels all;
    pid_t parent = getpid();
    pid_t pid = open_channels(&all) == 0 ? fork() : -1;
    if (pid == 0) {
        run_child(made, &all, parent);
    }
    int error = errno;
    close_theirs(&all);
    if (pid < 0) {
        close_ours(&all);
        return error;
    }
    if (made->has_group) {
        setpgid(pid, pid);
    }
    return started(&all, pid, ends);
}
