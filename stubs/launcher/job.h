/* Starts a guest as a record says, with a folder of its own and somebody who cleans up. */
#ifndef X07_LAUNCHER_JOB_H
#define X07_LAUNCHER_JOB_H

#include "buffer.h"
#include "proper.h"
#include "text.h"
#include "trailer.h"
#include "verify.h"

/* `root`: the folder of all jobs. `fields`: of the record. */
typedef struct {
    const x07_proper *proper;
    const x07_sidecar *sidecar;
    const x07_trailer *trailer;
    x07_text root;
    x07_text fields;
} x07_plan;

/* Puts what the launcher proper has to know to go on with the guest. False: nothing was started, and
 * what was made is being removed. */
bool x07_job_start(const x07_plan *plan, x07_buffer *role);

#endif
