/* The ways in of a sandboxed program (x07_main.h has the others): policy and kernel first. */
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

/* A variable of the environment that would grant more than the bundle's policy, or a required layer
 * that is not in force, ends the process with status 125. */
int x07_bundle_main_sandboxed(const x07_sandbox_config *sandbox, const x07_bundle_config *config,
                              int argc, char **argv);

/* Policy, limits and layers come from the runner, in the environment:
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
int x07_framed_main_sandboxed(void);

#endif
