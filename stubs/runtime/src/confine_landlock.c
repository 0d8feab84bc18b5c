/* Landlock: files below the roots, TCP by port, signals and abstract sockets (Linux 5.13 and on,
 * each version a little more). Constants stand here, since headers are older than kernels. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "confine.h"
#include "confine_rules.h"
#include "guard.h"

#ifdef __linux__

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    CREATE_RULESET = 444,
    RESTRICT_SELF = 446,
    ASK_VERSION = 1,
    /* restrict_self: all threads, not this one alone. */
    ALL_THREADS = 8,
    /* The first ABI that has it. */
    HAS_NET = 4,
    HAS_SCOPES = 6,
    HAS_ALL_THREADS = 8,
    /* What is added later is not known here. */
    NEWEST_KNOWN = 9,
};

#define BITS(first, last) ((UINT64_C(2) << (last)) - (UINT64_C(1) << (first)))

/* The rights to files that each ABI has. */
static const uint64_t fs_rights[NEWEST_KNOWN + 1] = {
    0,           BITS(0, 12), BITS(0, 13), BITS(0, 14), BITS(0, 14),
    BITS(0, 15), BITS(0, 15), BITS(0, 15), BITS(0, 15), BITS(0, 16),
};

static int abi_of_kernel(void)
{
    long abi = syscall(CREATE_RULESET, NULL, 0, ASK_VERSION);
    return abi > NEWEST_KNOWN ? NEWEST_KNOWN : (int)abi;
}

static x07_ruleset new_ruleset(int abi)
{
    const struct {
        uint64_t fs, net, scopes;
    } handled = {fs_rights[abi], abi >= HAS_NET ? BITS(0, 1) : 0, abi >= HAS_SCOPES ? BITS(0, 1) : 0};
    size_t size = abi >= HAS_SCOPES ? 24 : abi >= HAS_NET ? 16 : 8;
    return (x07_ruleset){(int)syscall(CREATE_RULESET, &handled, size, 0), handled.fs, handled.net};
}

/* Threads that libraries started before `main` stay free where the kernel cannot reach them. The
 * folder of tasks has a link for each, and two more. */
static int leaves_threads_free(int abi)
{
    struct stat tasks;
    return abi < HAS_ALL_THREADS && stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3;
}

static int restrict_self(const x07_ruleset *ruleset, int abi)
{
    return (int)syscall(RESTRICT_SELF, ruleset->fd, abi >= HAS_ALL_THREADS ? ALL_THREADS : 0);
}

static void say_why_not(x07_layer *layer, const char *what)
{
    x07_layer_say(layer, what);
    x07_layer_say_errno(layer, errno);
}

/* Nothing can be granted that is not there. */
static void say_missing(x07_layer *layer, uint32_t missing)
{
    if (missing != 0) {
        x07_layer_say(layer, "; write roots not there, and not made: ");
        x07_layer_say_number(layer, missing);
    }
}

static void say_in_force(x07_layer *layer, int abi, int is_partial)
{
    layer->in_force = !is_partial;
    x07_layer_say(layer, "abi ");
    x07_layer_say_number(layer, (uint64_t)abi);
    x07_layer_say(layer, is_partial ? "; threads that a library started are free" : "");
    if (abi < HAS_NET) {
        x07_layer_say(layer, "; no TCP ports before abi 4, no scopes before abi 6");
    } else if (abi < HAS_SCOPES) {
        x07_layer_say(layer, "; no scopes before abi 6");
    }
}

static void apply(const x07_policy *policy, int abi, x07_layer *layer)
{
    int is_partial = leaves_threads_free(abi);
    x07_ruleset ruleset = new_ruleset(abi);
    if (ruleset.fd < 0) {
        say_why_not(layer, "no ruleset: ");
        return;
    }
    uint32_t missing = x07_rules_add(&ruleset, policy);
    if (restrict_self(&ruleset, abi) == 0) {
        say_in_force(layer, abi, is_partial);
        say_missing(layer, missing);
    } else {
        say_why_not(layer, "not accepted: ");
    }
    close(ruleset.fd);
}

int x07_confine_landlock(const x07_policy *policy, x07_layer *layer)
{
    if (!x07_guard("landlock")) {
        return 0;
    }
    int abi = abi_of_kernel();
    if (abi <= 0) {
        say_why_not(layer, "not in this kernel: ");
        return 0;
    }
    apply(policy, abi, layer);
    return layer->in_force ? abi : 0;
}

#else

int x07_confine_landlock(const x07_policy *policy, x07_layer *layer)
{
    (void)policy;
    x07_layer_say(layer, "only on Linux");
    return 0;
}

#endif
