#include "os_require.h"
#include "x07_os.h"
#include "x07_policy.h"
#include "x07_release.h"
#include "x07_report.h"

#include <stdlib.h>
#include <unistd.h>

static void ask(const char *at)
{
    static const char head[] = "os.process.exit";
    const x07_process_policy *policy = &x07_policy_current()->process;
    const x07_os_switch enabled = {policy->enabled, "process.enabled"};
    const x07_os_switch allowed = {policy->allow_exit, "process.allow_exit"};
    x07_os_require(enabled, head, "os.process disabled by policy", at);
    x07_os_require(allowed, head, "os.process.exit disabled by policy", at);
}

/* Through exit(), since linked C libraries may have something to flush. What was denied until then
 * is told: there is no other end. */
_Noreturn void x07_os_process_exit(uint32_t code, const char *at)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    ask(at);
    x07_report_write(&writer);
    x07_writer_flush(&writer);
    if (x07_before_exit != NULL) {
        x07_before_exit();
    }
    exit((int)(code & 255));
}
