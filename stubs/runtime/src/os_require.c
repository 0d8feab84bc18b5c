#include "os_require.h"

#include "guard.h"
#include "x07_policy.h"

static int is_granted(x07_verdict verdict)
{
    return verdict.reason == X07_GRANTED || !x07_guard(verdict.field);
}

static x07_verdict verdict_of(x07_os_switch needed)
{
    return x07_verdict_switch(x07_policy_current(), needed.on, needed.field);
}

void x07_os_require(x07_os_switch needed, const char *operation, const char *message,
                    const char *at)
{
    x07_verdict verdict = verdict_of(needed);
    if (!is_granted(verdict)) {
        x07_denied_trap(operation, X07_NO_BYTES_VIEW, &verdict, message, at);
    }
}

static int told(x07_verdict verdict, const char *operation)
{
    if (is_granted(verdict)) {
        return 1;
    }
    x07_denied(operation, X07_NO_BYTES_VIEW, &verdict);
    return 0;
}

int x07_os_allowed(x07_os_switch needed, const char *operation)
{
    return told(verdict_of(needed), operation);
}

int x07_os_within(uint64_t asked, uint64_t limit, const char *field, const char *operation)
{
    return told(x07_verdict_limit(x07_policy_current(), asked, limit, field), operation);
}
