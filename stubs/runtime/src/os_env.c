#include "guard.h"
#include "os_text.h"
#include "x07_bytes.h"
#include "x07_os.h"
#include "x07_policy.h"

#include <stdlib.h>

static const char HEAD[] = "os.env.get";

static const char *message_of(x07_reason reason)
{
    switch (reason) {
    case X07_IS_LISTED:
        return "os.env.get key denied";
    case X07_NOT_LISTED:
    case X07_IS_RESERVED:
        return "os.env.get key not allowed";
    default:
        return "os.env disabled by policy";
    }
}

/* Keys are compared byte by byte, and before they become text, which ends at a NUL. */
static void ask(x07_bytes_view key, const char *at)
{
    x07_verdict verdict = x07_verdict_env(x07_policy_current(), key);
    if (verdict.reason != X07_GRANTED && x07_guard(verdict.field)) {
        x07_denied_trap(HEAD, key, &verdict, message_of(verdict.reason), at);
    }
}

x07_bytes x07_os_env_get(x07_bytes key, const char *at)
{
    ask(x07_bytes_as_view(key), at);
    char *name = x07_os_text(key, at);
    if (!name) {
        return x07_bytes_empty();
    }
    /* getenv may take a name with a sign of equality for the start of a line. */
    const char *value = strchr(name, '=') ? NULL : getenv(name);
    size_t len = value ? strlen(value) : 0;
    x07_free(name);
    if (len > UINT32_MAX) {
        x07_trap("os.env.get too large", at);
    }
    return x07_bytes_lit(value ? value : "", (uint32_t)len, at);
}
