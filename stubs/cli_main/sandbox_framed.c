/* A sandboxed program that a runner starts. The runner's word is law: nobody else sets up the
 * environment of such a program. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sandbox.h"
#include "x07_writer.h"

static _Noreturn void refuse(const char *what, const char *name, const char *hint)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_writer_text(&writer, "x07: ");
    x07_writer_text(&writer, what);
    x07_writer_text(&writer, name);
    x07_writer_text(&writer, "\nhint: ");
    x07_writer_text(&writer, hint);
    x07_writer_text(&writer, "\n");
    x07_writer_flush(&writer);
    _exit(X07_REFUSED);
}

/* -- numbers */

static uint64_t number_of(const char *name, const char *text)
{
    uint64_t number = 0;
    for (; *text >= '0' && *text <= '9' && number < UINT64_MAX / 16; text++) {
        number = number * 10 + (uint64_t)(*text - '0');
    }
    if (*text != '\0') {
        refuse("no number is in ", name, "`x07 run` sets it from the policy's limits");
    }
    return number;
}

static uint64_t limit_of(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? number_of(name, text) : otherwise;
}

static x07_policy_limits limits_of_environment(void)
{
    return (x07_policy_limits){
        .cpu_ms = limit_of("X07_OS_LIMITS_CPU_MS", X07_NO_LIMIT),
        .wall_ms = limit_of("X07_OS_LIMITS_WALL_MS", X07_NO_LIMIT),
        .mem_bytes = limit_of("X07_OS_LIMITS_MEM_BYTES", X07_NO_LIMIT),
        .fds = limit_of("X07_OS_LIMITS_FDS", X07_NO_LIMIT),
        .procs = limit_of("X07_OS_LIMITS_PROCS", X07_NO_LIMIT),
        .core_dumps = limit_of("X07_OS_LIMITS_CORE_DUMPS", 0) != 0,
    };
}

/* -- layers */

static uint32_t layer_bit(const char *variable, const char *name, size_t len)
{
    for (int id = 0; id < X07_LAYERS; id++) {
        if (strlen(x07_layer_names[id]) == len && memcmp(x07_layer_names[id], name, len) == 0) {
            return 1u << id;
        }
    }
    refuse("no layer has a name that stands in ", variable,
           "they are no_new_privs, capabilities, landlock, seccomp, rlimits");
}

static uint32_t layers_of(const char *variable, uint32_t otherwise)
{
    const char *text = getenv(variable);
    uint32_t layers = 0;
    if (text == NULL) {
        return otherwise;
    }
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        layers |= len != 0u ? layer_bit(variable, text, len) : 0u;
        text += len + (text[len] == ',');
    }
    return layers;
}

x07_sandbox_config x07_sandbox_of_environment(void)
{
    return (x07_sandbox_config){
        .limits = limits_of_environment(),
        .layers = layers_of("X07_OS_LAYERS", X07_ALL_LAYERS),
        .required = layers_of("X07_OS_REQUIRE_LAYERS", 0),
    };
}

void x07_framed_sandbox(void)
{
    if (x07_sandbox_is_entered()) {
        return;
    }
    const x07_sandbox_config config = x07_sandbox_of_environment();
    if (!x07_policy_current()->sandboxed) {
        refuse("this program runs under a policy only, and there is none in the environment", "",
               "start it with `x07 run --artifact` and `--policy`");
    }
    /* Where nobody sends it its alarm, as in a guest, it has one of its own. */
    x07_sandbox_enter(&config, limit_of("X07_OS_KEEPS_TIME", 0) != 0);
}
