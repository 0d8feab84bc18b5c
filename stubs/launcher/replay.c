#include "replay.h"

#include "buffer.h"
#include "conditions.h"
#include "host.h"
#include "job.h"
#include "record.h"
#include "state.h"

enum { PATH_BYTES = 4096, ROOT_BYTES = 8192, ROLE_BYTES = 1024, NO_DESCRIPTOR = 1 << 30 };

static bool are_texts(const x07_process *process)
{
    for (size_t at = 1; at < process->argument_count; at++) {
        if (!x07_is_utf8(x07_text_of(process->arguments[at]))) {
            return false;
        }
    }
    return true;
}

/* Terminals have settings and signals that take a decision each time; engines hand on no arguments
 * but texts; and a kernel that does not close descriptors at once would hand them on. Somebody has to
 * go on with the guest. */
static bool is_simple(const x07_proper *proper)
{
    return !x07_is_terminal(0) && are_texts(proper->process) && x07_can_execute(proper->path) &&
           x07_close_from(NO_DESCRIPTOR);
}

static bool is_as_before(
    const x07_proper *proper, const x07_sidecar *sidecar, const x07_trailer *trailer,
    x07_plan *plan, x07_buffer *root)
{
    static char folder[PATH_BYTES];
    if (!x07_current_folder(folder, sizeof folder) ||
        !x07_state_find(proper->process->environment, root)) {
        return false;
    }
    const x07_situation now = {
        .trailer = trailer->text,
        .sidecar = sidecar,
        .self = proper->self,
        .current_folder = folder,
        .environment = proper->process->environment,
        .blocks = sidecar->blocks,
    };
    plan->root = x07_content(root);
    plan->fields = x07_state_record(root, proper->self, folder, sidecar->blocks);
    return plan->fields.start != NULL && x07_conditions_hold(&now, plan->fields);
}

char *x07_replay(
    const x07_proper *proper, const x07_sidecar *sidecar, const x07_trailer *trailer)
{
    x07_buffer root = x07_buffer_of(ROOT_BYTES);
    x07_buffer role = x07_buffer_of(ROLE_BYTES);
    x07_plan plan = {.proper = proper, .sidecar = sidecar, .trailer = trailer};
    /* Until Python has begun: it would say where it was interrupted, line by line. */
    x07_hold_requests();
    const bool is_started = is_simple(proper) &&
                            is_as_before(proper, sidecar, trailer, &plan, &root) &&
                            !role.is_short && x07_job_start(&plan, &role);
    return is_started ? role.bytes : NULL;
}
