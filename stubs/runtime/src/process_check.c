#include "process_check.h"

#include "guard.h"

x07_bytes_view x07_process_target(const x07_process_start *start)
{
    return start->has_request ? start->request.args[0] : X07_NO_BYTES_VIEW;
}

uint32_t x07_process_ask(const x07_process_start *start, x07_bytes_view target,
                         x07_verdict verdict)
{
    if (verdict.reason == X07_GRANTED || !x07_guard(verdict.field)) {
        return X07_PROCESS_OK;
    }
    x07_denied(start->operation, target, &verdict);
    return X07_PROCESS_DENIED;
}

uint32_t x07_process_first(uint32_t code, uint32_t next)
{
    return code != X07_PROCESS_OK ? code : next;
}

int x07_process_goes_on(uint32_t code)
{
    return code == X07_PROCESS_OK || (code == X07_PROCESS_DENIED && x07_denials_are_collected());
}

/* -- switches and limits: the program is the target */

static uint32_t ask_limit(const x07_process_start *start, uint64_t asked, uint64_t limit,
                          const char *field)
{
    return x07_process_ask(start, x07_process_target(start),
                           x07_verdict_limit(start->policy, asked, limit, field));
}

uint32_t x07_process_check_spawns(const x07_process_start *start, uint64_t spawned)
{
    uint32_t max = start->policy->process.max_spawns;
    return max != 0u ? ask_limit(start, spawned + 1u, max, "process.max_spawns") : X07_PROCESS_OK;
}

uint32_t x07_process_check_switches(const x07_process_start *start)
{
    const x07_policy *policy = start->policy;
    x07_bytes_view target = x07_process_target(start);
    const x07_verdict verdicts[] = {
        x07_verdict_switch(policy, policy->process.enabled, "process.enabled"),
        x07_verdict_spawn(policy, target),
        x07_verdict_switch(policy, policy->process.allow_exec, "process.allow_exec"),
    };
    uint32_t code = X07_PROCESS_OK;
    for (size_t i = 0; i < sizeof verdicts / sizeof verdicts[0] && x07_process_goes_on(code); i++) {
        code = x07_process_first(code, x07_process_ask(start, target, verdicts[i]));
    }
    return code;
}

uint32_t x07_process_check_live(const x07_process_start *start, uint32_t live)
{
    return ask_limit(start, (uint64_t)live + 1u, start->policy->process.max_live,
                     "process.max_live");
}

static uint32_t check_caps(x07_process_start *start)
{
    const x07_process_policy *policy = &start->policy->process;
    x07_process_caps *caps = &start->caps;
    if (!start->has_caps) {
        return X07_PROCESS_INVALID;
    }
    if (start->policy->sandboxed && caps->timeout_ms == 0u) {
        caps->timeout_ms = policy->max_runtime_ms;
        caps->timeout_is_policys = 1;
    }
    const struct {
        uint32_t asked, limit;
        const char *field;
    } limits[] = {
        {caps->timeout_ms, policy->max_runtime_ms, "process.max_runtime_ms"},
        {caps->max_stdout_bytes, policy->max_stdout_bytes, "process.max_stdout_bytes"},
        {caps->max_stderr_bytes, policy->max_stderr_bytes, "process.max_stderr_bytes"},
        {caps->max_total_bytes, policy->max_total_bytes, "process.max_total_bytes"},
    };
    uint32_t code = X07_PROCESS_OK;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0] && x07_process_goes_on(code); i++) {
        code = x07_process_first(
            code, ask_limit(start, limits[i].asked, limits[i].limit, limits[i].field));
    }
    return code;
}

/* -- the request */

static uint32_t check_args(const x07_process_start *start)
{
    const x07_process_policy *policy = &start->policy->process;
    const x07_process_request *request = &start->request;
    uint32_t code = ask_limit(start, request->args_count, policy->max_args, "process.max_args");
    for (uint32_t i = 0u; i < request->args_count && x07_process_goes_on(code); i++) {
        code = x07_process_first(code, ask_limit(start, request->args[i].len,
                                                 policy->max_arg_bytes, "process.max_arg_bytes"));
    }
    for (uint32_t i = 1u; i < request->args_count && x07_process_goes_on(code); i++) {
        code = x07_process_first(
            code, x07_process_ask(start, request->args[i],
                                  x07_verdict_exec_argument(start->policy, request->args[i])));
    }
    return code;
}

static uint32_t check_program(const x07_process_start *start)
{
    x07_bytes_view program = start->request.args[0];
    if (program.len == 0u) {
        return X07_PROCESS_INVALID;
    }
    uint32_t code = ask_limit(start, program.len, start->policy->process.max_exe_bytes,
                              "process.max_exe_bytes");
    if (x07_process_goes_on(code)) {
        x07_verdict verdict = x07_verdict_exec(start->policy, program);
        code = x07_process_first(code, x07_process_ask(start, program, verdict));
    }
    return code;
}

static uint32_t check_variables(const x07_process_start *start)
{
    const x07_process_request *request = &start->request;
    uint32_t code = ask_limit(start, request->variables_count, start->policy->process.max_env,
                              "process.max_env");
    for (uint32_t i = 0u; i < request->variables_count && x07_process_goes_on(code); i++) {
        const x07_process_variable *variable = &request->variables[i];
        x07_verdict verdict = x07_verdict_exec_env(start->policy, variable->key, variable->value);
        code = x07_process_first(code, x07_process_ask(start, variable->key, verdict));
    }
    return code;
}

static uint32_t check_folder(const x07_process_start *start)
{
    x07_bytes_view folder = start->request.folder;
    if (folder.len == 0u) {
        return X07_PROCESS_OK;
    }
    return x07_process_ask(start, folder, x07_verdict_exec_cwd(start->policy, folder));
}

static uint32_t check_input(const x07_process_start *start)
{
    return ask_limit(start, start->request.input.len, start->policy->process.max_stdin_bytes,
                     "process.max_stdin_bytes");
}

uint32_t x07_process_check_start(x07_process_start *start)
{
    static uint32_t (*const of_request[])(const x07_process_start *) = {
        check_args, check_program, check_variables, check_folder, check_input,
    };
    uint32_t code = check_caps(start);
    if (!start->has_request) {
        return x07_process_first(code, X07_PROCESS_INVALID);
    }
    size_t count = sizeof of_request / sizeof of_request[0];
    for (size_t i = 0; i < count && x07_process_goes_on(code); i++) {
        code = x07_process_first(code, of_request[i](start));
    }
    return code;
}
