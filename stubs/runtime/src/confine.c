/* The order in which a process gives up what it may do, and words for what came of it. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "confine.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "x07_child_hook.h"

#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

const char *const x07_layer_names[X07_LAYERS] = {
    [X07_LAYER_NO_NEW_PRIVS] = "no_new_privs", [X07_LAYER_CAPABILITIES] = "capabilities",
    [X07_LAYER_LANDLOCK] = "landlock",         [X07_LAYER_SECCOMP] = "seccomp",
    [X07_LAYER_RLIMITS] = "rlimits",
};

/* -- words */

void x07_layer_say(x07_layer *layer, const char *text)
{
    size_t len = strlen(layer->detail), size = strlen(text);
    size_t room = sizeof layer->detail - 1 - len;
    memcpy(layer->detail + len, text, size < room ? size : room);
}

void x07_layer_say_number(x07_layer *layer, uint64_t number)
{
    char digits[21] = "";
    size_t at = sizeof digits - 1;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    x07_layer_say(layer, digits + at);
}

void x07_layer_say_errno(x07_layer *layer, int error)
{
    switch (error) {
    case ENOSYS:
        x07_layer_say(layer, "ENOSYS");
        return;
    case EPERM:
        x07_layer_say(layer, "EPERM");
        return;
    case EINVAL:
        x07_layer_say(layer, "EINVAL");
        return;
    case EOPNOTSUPP:
        x07_layer_say(layer, "off since boot");
        return;
    default:
        x07_layer_say(layer, "errno ");
        x07_layer_say_number(layer, (uint64_t)error);
    }
}

#ifdef __linux__

/* -- descriptors that whoever started the program left open */

static void close_others(void)
{
    enum { FIRST = 3, CLOSE_RANGE = 436, ONE_BY_ONE = 65536 };
    if (!x07_guard("descriptors") || syscall(CLOSE_RANGE, FIRST, ~0u, 0) == 0) {
        return;
    }
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = FIRST; fd < (end > 0 && end < ONE_BY_ONE ? end : ONE_BY_ONE); fd++) {
        close(fd);
    }
}

/* -- privileges */

static void give_up_new_privileges(x07_layer *layer)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
        layer->in_force = 1;
    } else {
        x07_layer_say(layer, "not in this kernel: ");
        x07_layer_say_errno(layer, errno);
    }
}

/* What a user who owns the files has anyway: chown, dac_override, dac_read_search, fowner, fsetid,
 * and net_bind_service. Every other capability is power over the system or other processes. */
static const uint32_t kept_capabilities = 0x1Fu | 1u << 10;

static void give_up_capabilities(x07_layer *layer)
{
    enum { VERSION = 0x20080522 };
    struct {
        uint32_t version;
        int pid;
    } header = {VERSION, 0};
    struct {
        uint32_t effective, permitted, inheritable;
    } sets[2] = {{0, 0, 0}, {0, 0, 0}};
    if (!x07_guard("capabilities")) {
        return;
    }
    if (syscall(SYS_capget, &header, sets) == 0) {
        const uint32_t kept = sets[0].permitted & kept_capabilities;
        sets[0].effective = sets[0].permitted = kept;
        sets[1].effective = sets[1].permitted = 0;
        sets[0].inheritable = sets[1].inheritable = 0;
        layer->in_force = syscall(SYS_capset, &header, sets) == 0;
    }
    if (!layer->in_force) {
        x07_layer_say(layer, "not given up: ");
        x07_layer_say_errno(layer, errno);
    }
}

#else

static void close_others(void)
{
    enum { FIRST = 3, ONE_BY_ONE = 65536 };
    long end = sysconf(_SC_OPEN_MAX);
    for (int fd = FIRST; fd < (end > 0 && end < ONE_BY_ONE ? end : ONE_BY_ONE); fd++) {
        if (x07_guard("descriptors")) {
            close(fd);
        }
    }
}

static void give_up_new_privileges(x07_layer *layer)
{
    x07_layer_say(layer, "only on Linux");
}

static void give_up_capabilities(x07_layer *layer)
{
    x07_layer_say(layer, "only on Linux");
}

#endif

/* -- in order */

static int is_wanted(const x07_confine_request *request, x07_layer_id id)
{
    return (request->layers >> id & 1u) != 0;
}

static void restrict_calls(const x07_confine_request *request, int landlock_abi, x07_layer *layer)
{
    const x07_filter_request filter = {
        .grants = x07_confine_grants(request->policy),
        .landlock_abi = landlock_abi,
        .keeps_time = request->keeps_time && request->limits.wall_ms != X07_NO_LIMIT,
    };
    x07_confine_seccomp(&filter, layer);
    x07_child_hook = layer->in_force ? x07_confine_group : NULL;
}

/* Limits and timers come before what forbids to set them, and the filter is last. */
void x07_confine(const x07_confine_request *request, x07_confine_result *result)
{
    x07_layer *layers = result->layers;
    int landlock_abi = 0;
    memset(result, 0, sizeof *result);
    close_others();
    x07_watch_limits(request);
    if (is_wanted(request, X07_LAYER_NO_NEW_PRIVS)) {
        give_up_new_privileges(&layers[X07_LAYER_NO_NEW_PRIVS]);
    }
    if (is_wanted(request, X07_LAYER_RLIMITS)) {
        x07_confine_rlimits(request, &layers[X07_LAYER_RLIMITS]);
    }
    if (is_wanted(request, X07_LAYER_LANDLOCK)) {
        landlock_abi = x07_confine_landlock(request->policy, &layers[X07_LAYER_LANDLOCK]);
    }
    if (is_wanted(request, X07_LAYER_RLIMITS)) {
        x07_confine_descriptors(request, &layers[X07_LAYER_RLIMITS]);
    }
    if (is_wanted(request, X07_LAYER_CAPABILITIES)) {
        give_up_capabilities(&layers[X07_LAYER_CAPABILITIES]);
    }
    if (is_wanted(request, X07_LAYER_SECCOMP)) {
        restrict_calls(request, landlock_abi, &layers[X07_LAYER_SECCOMP]);
    }
}
