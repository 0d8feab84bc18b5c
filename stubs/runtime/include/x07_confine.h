/* Confinement of this process by its kernel, from a policy: what holds for native code that is
 * linked in, too. Only `main` of a sandboxed program refers to it, so that others do not carry it.
 *
 * What a policy says of hosts, of prefixes of paths, of arguments and keys is beyond the kernel's
 * part: it knows ports, folders and system calls. Names, sizes and times of files (stat) can be
 * asked for anywhere. */
#ifndef X07_CONFINE_H
#define X07_CONFINE_H

#include "x07_policy.h"

typedef enum {
    X07_LAYER_NO_NEW_PRIVS,
    X07_LAYER_CAPABILITIES,
    X07_LAYER_LANDLOCK,
    X07_LAYER_SECCOMP,
    X07_LAYER_RLIMITS,
    X07_LAYERS,
} x07_layer_id;

/* As reports and `--require-layer` call them: "landlock". */
extern const char *const x07_layer_names[X07_LAYERS];

/* Sets of layers have one bit for each, 1u << id. */
enum { X07_ALL_LAYERS = (1 << X07_LAYERS) - 1, X07_RLIMITS_ONLY = 1 << X07_LAYER_RLIMITS };

#define X07_NO_LIMIT UINT64_MAX

/* `limits` of a policy, X07_NO_LIMIT where there is none. */
typedef struct {
    uint64_t cpu_ms;
    uint64_t wall_ms;
    uint64_t mem_bytes;
    uint64_t fds;
    uint64_t procs;
    uint32_t core_dumps;
} x07_policy_limits;

typedef struct {
    const x07_policy *policy;
    x07_policy_limits limits;
    uint32_t layers;
    /* The program keeps limits.wall_ms itself, since nobody watches it. */
    uint32_t keeps_time;
} x07_confine_request;

enum { X07_LAYER_DETAIL_BYTES = 120 };

/* `detail`: how far it is in force (`abi 7`), or why it is not. */
typedef struct {
    uint32_t in_force;
    char detail[X07_LAYER_DETAIL_BYTES];
} x07_layer;

typedef struct {
    x07_layer layers[X07_LAYERS];
} x07_confine_result;

/* Once, before anything of the program runs. Closes all descriptors but the standard ones; makes
 * the write roots that are not there, where the policy allows to make folders, since what does not
 * exist cannot be granted later. What the kernel lacks is said in the result, and no error.
 *
 * From then on an overrun of a limit is told on stderr by the policy's field, as
 * `limit exceeded: limits.cpu_ms=1000`; of time, it also ends the process, with status 124. */
void x07_confine(const x07_confine_request *request, x07_confine_result *result);

/* The field and the value of the limit that was met first; NULL where none was. */
const char *x07_confine_limit(uint64_t *value);

#endif
