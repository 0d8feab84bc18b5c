/* What comes before the ways in of a program (x07_main.h) in a sandbox: policy and kernel. */
#ifndef X07_SANDBOX_H
#define X07_SANDBOX_H

#include "x07_confine.h"
#include "x07_main.h"

/* What a bundle carries. `policy` ends with a pair without a name; `layers` are those to apply,
 * `required` those without which the program does not start: bits of x07_layer_id. */
typedef struct {
    const x07_policy_pair *policy;
    x07_policy_limits limits;
    uint32_t layers;
    uint32_t required;
} x07_sandbox_config;

/* Confines the process, at the first call. A variable of the environment that would grant more than
 * the bundle's policy, or a required layer that is not in force, ends the process with status 125.
 */
void x07_bundle_sandbox(const x07_sandbox_config *sandbox);

/* The same, where policy, limits and layers come from the runner, in the environment:
 *
 *   X07_OS_*                      as in contract/policy.md §5; without it: status 125
 *   X07_OS_LIMITS_CPU_MS, _WALL_MS, _MEM_BYTES, _FDS, _PROCS, _CORE_DUMPS
 *                                 limits.*; left out: no limit, no core dumps
 *   X07_OS_LAYERS                 the layers to apply, joined by `,`; left out: all
 *   X07_OS_REQUIRE_LAYERS         those that must be in force, joined by `,`
 *
 * The runner keeps limits.wall_ms itself. The metrics line has `sandbox_layers`: for each layer
 * {"in_force":…,"detail":"…"}; and where a limit was met, `limit_exceeded`:
 * {"field":"limits.cpu_ms","value":…}. */
void x07_framed_sandbox(void);

#ifdef __has_feature
#define X07_HAS_SANITIZER __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define X07_HAS_SANITIZER 1
#else
#define X07_HAS_SANITIZER 0
#endif

/* Behind the definition of `confine`, a function without arguments: it runs before any constructor
 * of a library that is linked in, and is called again by `main`. C libraries other than glibc start
 * shared libraries before; macOS and sanitizers have no place that is early enough. */
#if !defined(__linux__) || X07_HAS_SANITIZER
#define X07_FIRST(confine)
#elif defined(__GLIBC__)
/* glibc may not have taken over the environment by then. */
#define X07_FIRST(confine)                                                                         \
    static void x07_first(int argc, char **argv, char **variables)                                 \
    {                                                                                              \
        (void)argc, (void)argv;                                                                    \
        x07_sandbox_environment(variables);                                                        \
        confine();                                                                                 \
    }                                                                                              \
    __attribute__((used, section(".preinit_array"))) static void (*x07_is_first)(int, char **,     \
                                                                                 char **) =        \
        x07_first;
#else
#define X07_FIRST(confine)                                                                         \
    __attribute__((used, section(".init_array.00000"))) static void (*x07_is_first)(void) = confine;
#endif
void x07_sandbox_environment(char **variables);

#endif
