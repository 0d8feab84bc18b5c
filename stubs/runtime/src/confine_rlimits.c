/* Limits of the process, as rlimits (contract/abi.md §9). An inherited limit that is lower stays. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "confine.h"
#include "guard.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#endif

static void refuse(x07_layer *layer, const char *field, const char *why)
{
    x07_layer_say(layer, layer->in_force ? "all but " : ", ");
    layer->in_force = 0;
    x07_layer_say(layer, field);
    x07_layer_say(layer, why);
}

static rlim_t at_most(uint64_t wanted, rlim_t inherited)
{
    return inherited != RLIM_INFINITY && wanted > (uint64_t)inherited ? inherited : (rlim_t)wanted;
}

static void limit(int resource, uint64_t soft, uint64_t hard, const char *field, x07_layer *layer)
{
    struct rlimit now;
    if (soft == X07_NO_LIMIT || getrlimit(resource, &now) != 0) {
        return;
    }
    const struct rlimit wanted = {at_most(soft, now.rlim_max), at_most(hard, now.rlim_max)};
    if (setrlimit(resource, &wanted) != 0) {
        refuse(layer, field, " (not accepted)");
    }
}

/* -- processor time: a second between the signal that is told and the one that kills */

static void limit_cpu(const x07_policy_limits *limits, x07_layer *layer)
{
    if (limits->cpu_ms != X07_NO_LIMIT) {
        uint64_t seconds = limits->cpu_ms / 1000 + (limits->cpu_ms % 1000 != 0);
        limit(RLIMIT_CPU, seconds, seconds + 1, "limits.cpu_ms", layer);
    }
}

/* -- memory */

static void limit_memory(const x07_policy_limits *limits, x07_layer *layer)
{
#ifdef __linux__
    limit(RLIMIT_AS, limits->mem_bytes, limits->mem_bytes, "limits.mem_bytes", layer);
#else
    if (limits->mem_bytes != X07_NO_LIMIT) {
        refuse(layer, "limits.mem_bytes", " (only on Linux)");
    }
#endif
}

/* -- processes: the system counts all tasks of the user, the policy those that the program adds */

#ifdef __linux__

/* The tasks of a process of this user; the folder of tasks has a link for each, and two more. */
static uint64_t tasks_of(int proc, const char *pid)
{
    struct stat status;
    int tasks = openat(proc, pid, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int found = tasks >= 0 && fstatat(tasks, "task", &status, 0) == 0;
    if (tasks >= 0) {
        close(tasks);
    }
    return found && status.st_uid == getuid() && status.st_nlink > 2 ? status.st_nlink - 2 : 0;
}

static uint64_t tasks_of_user(void)
{
    uint64_t count = 0;
    DIR *folder = opendir("/proc");
    if (!folder) {
        return 0;
    }
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder)) {
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9') {
            count += tasks_of(dirfd(folder), entry->d_name);
        }
    }
    closedir(folder);
    return count;
}

/* Those of all users: more than need be, but known at once. */
static uint64_t tasks_of_system(void)
{
    struct sysinfo system;
    return sysinfo(&system) == 0 ? system.procs : 0;
}

static int has_filters(void)
{
    return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0;
}

#else

static uint64_t tasks_of_system(void)
{
    return 0;
}

static int has_filters(void)
{
    return 0;
}

static uint64_t tasks_of_user(void)
{
    return 0;
}

#endif

/* Where the filter refuses processes, threads are left, and the limit need not be sharp. */
static int can_only_thread(const x07_confine_request *request)
{
    int is_filtered = (request->layers >> X07_LAYER_SECCOMP & 1u) != 0 && has_filters();
    return is_filtered && !(x07_confine_grants(request->policy) & X07_CAN_SPAWN);
}

static void limit_processes(const x07_confine_request *request, x07_layer *layer)
{
    uint64_t procs = request->limits.procs;
    int only_threads = can_only_thread(request);
    if (procs == X07_NO_LIMIT) {
        return;
    }
    if (getuid() != 0) {
        uint64_t most = procs + (only_threads ? tasks_of_system() : tasks_of_user());
        limit(RLIMIT_NPROC, most, most, "limits.procs", layer);
    } else if (!only_threads) {
        refuse(layer, "limits.procs", " (does not bind root)");
    }
}

/* -- files: no file grows beyond fs.max_write_bytes. Output that goes to one may append to
 * something large, and is no file of the program's */

static int goes_to_a_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static void limit_files(const x07_policy *policy, x07_layer *layer)
{
    uint64_t most = policy->fs.max_write_bytes;
    int writes = (x07_confine_grants(policy) & X07_CAN_WRITE) != 0;
    if (!writes || goes_to_a_file(STDOUT_FILENO) || goes_to_a_file(STDERR_FILENO)) {
        return;
    }
    limit(RLIMIT_FSIZE, most, most, "fs.max_write_bytes", layer);
}

void x07_confine_rlimits(const x07_confine_request *request, x07_layer *layer)
{
    const x07_policy_limits *limits = &request->limits;
    if (!x07_guard("rlimits")) {
        return;
    }
    layer->in_force = 1;
    limit_cpu(limits, layer);
    limit_memory(limits, layer);
    limit_processes(request, layer);
    limit_files(request->policy, layer);
    if (!limits->core_dumps) {
        limit(RLIMIT_CORE, 0, 0, "limits.core_dumps", layer);
    }
}

void x07_confine_descriptors(const x07_confine_request *request, x07_layer *layer)
{
    uint64_t fds = request->limits.fds;
    if (x07_guard("rlimits")) {
        limit(RLIMIT_NOFILE, fds, fds, "limits.fds", layer);
    }
}
