#include "guard.h"
#include "policy_list.h"
#include "policy_roots.h"
#include "regex_lite.h"

#include <string.h>

static const x07_verdict GRANTED = {.reason = X07_GRANTED};

static x07_verdict refused(x07_reason reason, const char *field, x07_bytes_view wanted)
{
    return (x07_verdict){.reason = reason, .field = field, .wanted = wanted};
}

static int is_refused(x07_verdict verdict)
{
    return verdict.reason != X07_GRANTED;
}

x07_verdict x07_verdict_switch(const x07_policy *policy, uint32_t on, const char *field)
{
    return on || !policy->sandboxed ? GRANTED : refused(X07_IS_OFF, field, X07_NO_BYTES_VIEW);
}

x07_verdict x07_verdict_limit(const x07_policy *policy, uint64_t asked, uint64_t limit,
                              const char *field)
{
    if (asked <= limit || !policy->sandboxed) {
        return GRANTED;
    }
    return (x07_verdict){X07_OVER_LIMIT, field, X07_NO_BYTES_VIEW, asked, limit};
}

/* -- files */

/* Roots, and what of them grants a path. */
typedef struct {
    x07_policy_list roots;
    const char *field;
    /* A root that is the target grants what is done to it. Files are written beside their place,
     * and renamed into it, which takes their folder. */
    int whole;
    /* A root is not its own. */
    int strictly;
} reach;

static x07_verdict by_spelling(const x07_policy *policy, x07_bytes_view path)
{
    x07_verdict verdict = x07_verdict_switch(policy, policy->fs.enabled, "fs.enabled");
    if (is_refused(verdict)) {
        return verdict;
    }
    if (x07_guard("spelling") && !x07_path_is_good(path)) {
        return refused(X07_NOT_A_PATH, "fs.enabled", path);
    }
    if (x07_guard("hidden") && policy->fs.deny_hidden && x07_path_is_hidden(path)) {
        return refused(X07_IS_HIDDEN, "fs.deny_hidden", path);
    }
    return GRANTED;
}

static x07_verdict under(const x07_policy *policy, reach reach, x07_bytes_view path)
{
    x07_root_match match;
    x07_verdict verdict = policy->sandboxed ? by_spelling(policy, path) : GRANTED;
    if (is_refused(verdict) || !policy->sandboxed
        || x07_policy_root(policy, reach.roots, path, reach.strictly, &match)) {
        return verdict;
    }
    x07_bytes_view wanted = reach.whole ? path : x07_path_folder(path);
    int is_root = reach.strictly && x07_policy_root(policy, reach.roots, path, 0, &match);
    return refused(is_root ? X07_IS_ROOT : X07_NOT_UNDER, reach.field, wanted);
}

x07_verdict x07_verdict_read(const x07_policy *policy, x07_bytes_view path)
{
    return under(policy, (reach){policy->fs.read_roots, "fs.read_roots", 1, 0}, path);
}

x07_verdict x07_verdict_write(const x07_policy *policy, x07_bytes_view path)
{
    return under(policy, (reach){policy->fs.write_roots, "fs.write_roots", 0, 0}, path);
}

x07_verdict x07_verdict_write_folder(const x07_policy *policy, x07_bytes_view path)
{
    return under(policy, (reach){policy->fs.write_roots, "fs.write_roots", 1, 0}, path);
}

x07_verdict x07_verdict_replace(const x07_policy *policy, x07_bytes_view path)
{
    return under(policy, (reach){policy->fs.write_roots, "fs.write_roots", 0, 1}, path);
}

/* -- variables */

/* What the sandbox is told by, and what makes a C library load code. */
static int is_reserved(x07_bytes_view key)
{
    static const char *const starts[] = {"X07_", "LD_", "DYLD_", "GLIBC_TUNABLES", "MALLOC_",
                                         "GCONV_PATH"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        x07_bytes_view start = {(const uint8_t *)starts[i], (uint32_t)strlen(starts[i])};
        if (x07_view_starts(key, start)) {
            return 1;
        }
    }
    return 0;
}

x07_verdict x07_verdict_env(const x07_policy *policy, x07_bytes_view key)
{
    x07_verdict verdict = x07_verdict_switch(policy, policy->env.enabled, "env.enabled");
    if (is_refused(verdict) || !policy->sandboxed) {
        return verdict;
    }
    if (x07_policy_lists(policy->env.deny_keys, key)) {
        return refused(X07_IS_LISTED, "env.deny_keys", key);
    }
    if (is_reserved(key)) {
        return refused(X07_IS_RESERVED, "env.allow_keys", key);
    }
    return x07_policy_lists(policy->env.allow_keys, key)
               ? GRANTED
               : refused(X07_NOT_LISTED, "env.allow_keys", key);
}

/* -- processes */

/* By bytes, as the contract has it; but `deps/x07/../../bin/sh` does not lie where it starts. */
static int has_prefix(x07_policy_list prefixes, x07_bytes_view program)
{
    x07_bytes_view prefix;
    if (x07_guard("exec-parent") && x07_path_has_parent(program)) {
        return 0;
    }
    while (x07_policy_next(&prefixes, &prefix)) {
        if (x07_view_starts(program, prefix)) {
            return 1;
        }
    }
    return 0;
}

static int is_listed(const x07_process_policy *process, x07_bytes_view program)
{
    return x07_policy_lists(process->allow_execs, program)
           || has_prefix(process->allow_exec_prefixes, program);
}

x07_verdict x07_verdict_spawn(const x07_policy *policy, x07_bytes_view program)
{
    const x07_process_policy *process = &policy->process;
    x07_verdict verdict =
        x07_verdict_switch(policy, process->allow_spawn, "process.allow_spawn");
    verdict.wanted = program;
    verdict.asked = (process->allow_exec ? 0u : X07_NEEDS_EXEC)
                    | (is_listed(process, program) ? 0u : X07_NEEDS_PROGRAM)
                    | (process->max_live != 0 ? 0u : X07_NEEDS_LIVE)
                    | (process->max_spawns != 0 ? 0u : X07_NEEDS_SPAWNS)
                    | (process->max_runtime_ms != 0 ? 0u : X07_NEEDS_RUNTIME);
    return verdict;
}

x07_verdict x07_verdict_exec(const x07_policy *policy, x07_bytes_view program)
{
    const x07_process_policy *process = &policy->process;
    const x07_verdict needed[] = {
        x07_verdict_switch(policy, process->enabled, "process.enabled"),
        x07_verdict_spawn(policy, program),
        x07_verdict_switch(policy, process->allow_exec, "process.allow_exec"),
        x07_verdict_limit(policy, program.len, process->max_exe_bytes, "process.max_exe_bytes"),
    };
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++) {
        if (is_refused(needed[i])) {
            return needed[i];
        }
    }
    if (!policy->sandboxed || is_listed(process, program)) {
        return GRANTED;
    }
    return refused(X07_NOT_LISTED, "process.allow_execs", program);
}

x07_verdict x07_verdict_exec_argument(const x07_policy *policy, x07_bytes_view argument)
{
    const char *patterns = policy->process.allow_args_regex_lite;
    x07_verdict verdict = x07_verdict_limit(policy, argument.len, policy->process.max_arg_bytes,
                                            "process.max_arg_bytes");
    if (is_refused(verdict) || !policy->sandboxed || *patterns == '\0') {
        return verdict;
    }
    x07_bytes_view pattern;
    while (x07_policy_next(&patterns, &pattern)) {
        if (x07_regex_lite_matches(pattern, argument) > 0) {
            return GRANTED;
        }
    }
    return refused(X07_NOT_MATCHED, "process.allow_args_regex_lite", argument);
}

x07_verdict x07_verdict_exec_env(const x07_policy *policy, x07_bytes_view key,
                                 x07_bytes_view value)
{
    const x07_process_policy *process = &policy->process;
    x07_verdict verdict = x07_verdict_limit(policy, key.len, process->max_env_key_bytes,
                                            "process.max_env_key_bytes");
    if (!is_refused(verdict)) {
        verdict = x07_verdict_limit(policy, value.len, process->max_env_val_bytes,
                                    "process.max_env_val_bytes");
    }
    if (is_refused(verdict) || !policy->sandboxed
        || x07_policy_lists(process->allow_env_keys, key)) {
        return verdict;
    }
    return refused(X07_NOT_LISTED, "process.allow_env_keys", key);
}

static x07_verdict in_folder(const x07_policy *policy, x07_bytes_view folder)
{
    x07_root_match match;
    if (!x07_path_is_good(folder)) {
        return refused(X07_NOT_A_PATH, "process.allow_cwd", folder);
    }
    if (policy->fs.deny_hidden && x07_path_is_hidden(folder)) {
        return refused(X07_IS_HIDDEN, "fs.deny_hidden", folder);
    }
    if (x07_policy_root(policy, policy->process.allow_cwd_roots, folder, 0, &match)) {
        return GRANTED;
    }
    return refused(X07_NOT_UNDER, "process.allow_cwd_roots", folder);
}

x07_verdict x07_verdict_exec_cwd(const x07_policy *policy, x07_bytes_view folder)
{
    x07_verdict verdict =
        x07_verdict_switch(policy, policy->process.allow_cwd, "process.allow_cwd");
    if (!policy->sandboxed) {
        return verdict;
    }
    x07_verdict otherwise = in_folder(policy, folder);
    if (!is_refused(verdict) || (is_refused(otherwise) && otherwise.reason != X07_NOT_UNDER)) {
        return otherwise;
    }
    verdict.wanted = folder;
    verdict.asked = is_refused(otherwise) ? X07_NEEDS_FOLDER : 0u;
    return verdict;
}
