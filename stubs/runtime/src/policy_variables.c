/* The caller's variables in a bundle, of which a program sees those that its policy names: the others
 * may hold credentials, and native code reads what is in memory. */
#include "policy_table.h"

#include <stddef.h>
#include <string.h>

#include "guard.h"

extern char **environ;

static int is_shown(const x07_policy *policy, const char *entry)
{
    static const char ours[] = "X07_OS_", authorities[] = "X07_CA_FILE=";
    x07_bytes_view key = {(const uint8_t *)entry, (uint32_t)strcspn(entry, "=")};
    return strncmp(entry, ours, sizeof ours - 1) == 0
           || strncmp(entry, authorities, sizeof authorities - 1) == 0
           || x07_verdict_env(policy, key).reason == X07_GRANTED;
}

void x07_policy_hide_variables(const x07_policy *policy)
{
    char **shown = environ, **entry = environ;
    if (environ == NULL || !x07_guard("variables")) {
        return;
    }
    for (; *entry; entry++) {
        if (is_shown(policy, *entry)) {
            *shown++ = *entry;
        } else {
            memset(*entry, 0, strlen(*entry));
        }
    }
    while (shown != entry) {
        *shown++ = NULL;
    }
}
