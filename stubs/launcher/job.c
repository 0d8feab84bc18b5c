#include "job.h"

#include "client.h"
#include "copies.h"
#include "host.h"
#include "reaper.h"
#include "record.h"

#include <signal.h>

enum { FOLDER_BYTES = 8192, ID_BYTES = 64, DECIMAL = 10, PATIENCE_MS = 300 };

/* `folder`: of the job. `line`: to its reaper, as `lifeline.py` has it. */
typedef struct {
    const x07_plan *plan;
    x07_holes holes;
    x07_buffer folder;
    int line;
    int lock;
    x07_client client;
} job;

/* Whether anybody hears it. */
static bool tell(const job *job, const char *word, x07_text rest)
{
    x07_buffer line = x07_buffer_of(X07_RECORD_BYTES);
    x07_put_word(&line, word);
    x07_put_word(&line, rest.length > 0 ? " " : "");
    x07_put(&line, rest);
    x07_put_word(&line, "\n");
    return !line.is_short && x07_write(job->line, line.bytes, line.length);
}

static bool tell_word(const job *job, const char *word)
{
    return tell(job, word, (x07_text){"", 0});
}

/* contract/vm.md §3. The name is nobody else's while we live, but of a job that was left behind. */
static bool name(job *job)
{
    x07_buffer id = x07_buffer_of(ID_BYTES);
    const uint64_t wall_ms = x07_number_of(x07_value_of(job->plan->fields, "wall"), DECIMAL);
    job->holes.created_ms = x07_unix_ms();
    job->holes.deadline_ms = job->holes.created_ms + wall_ms;
    x07_put_decimal(&id, job->holes.created_ms);
    x07_put_word(&id, "-");
    x07_put_decimal(&id, x07_process_id());
    job->holes.run_id = x07_content(&id);
    x07_put(&job->folder, job->plan->root);
    x07_put_word(&job->folder, "/");
    x07_put(&job->folder, job->holes.run_id);
    return !id.is_short && !job->folder.is_short && wall_ms > 0;
}

/* The reaper hears of it before it is made, and after. */
static bool make_folder(job *job)
{
    if (!tell(job, "folder", job->holes.run_id) || !x07_make_folder(job->folder.bytes)) {
        return false;
    }
    job->lock = x07_lock_folder(job->folder.bytes);
    return tell_word(job, "made") && job->lock >= 0;
}

static bool fill_folder(const job *job)
{
    const x07_copies copies = {
        .sidecar = job->plan->sidecar,
        .trailer = job->plan->trailer,
        .folder = x07_content(&job->folder),
        .fields = job->plan->fields,
        .holes = &job->holes,
    };
    const x07_text line = x07_copies_line(&copies);
    return line.length > 0 && x07_copies_made(&copies) && tell(job, "job", line);
}

static void say(x07_text fields)
{
    enum { STDERR = 2 };
    x07_field field;
    while (x07_next_of(&fields, "say", &field)) {
        x07_write(STDERR, field.value.start, field.value.length);
        x07_write(STDERR, "\n", 1);
    }
}

/* Not where the reaper was killed: nobody would end the guest in our place. */
static bool start_client(job *job)
{
    x07_buffer id = x07_buffer_of(ID_BYTES);
    if (!tell_word(job, "starting")) {
        return false;
    }
    job->client = x07_client_start(job->plan->proper->process, job->plan->fields, &job->holes,
                                   x07_content(&job->folder));
    if (job->client.process <= 0) {
        tell_word(job, "none");
        return false;
    }
    x07_put_decimal(&id, (uint64_t)job->client.process);
    tell(job, "client", x07_content(&id));
    return true;
}

static void put_pair(x07_buffer *to, const char *name, uint64_t number)
{
    x07_put_word(to, " ");
    x07_put_word(to, name);
    x07_put_word(to, "=");
    x07_put_decimal(to, number);
}

static void put_feed(x07_buffer *role, int feed)
{
    if (feed > 0) {
        put_pair(role, "feed", (uint64_t)feed);
    } else {
        x07_put_word(role, " feed=-1");
    }
}

static void put_role(const job *job, x07_buffer *role)
{
    x07_put_word(role, "X07_ADOPT=run=");
    x07_put(role, job->holes.run_id);
    put_pair(role, "client", (uint64_t)job->client.process);
    put_pair(role, "line", (uint64_t)job->line);
    put_pair(role, "lock", (uint64_t)job->lock);
    put_feed(role, job->client.feed);
}

/* Files of the bundle may be gone by now, and then nobody goes on with the guest. */
static bool can_go_on(const job *job)
{
    const bool is_there = x07_can_execute(job->plan->proper->path);
    if (!is_there) {
        x07_send(job->client.process, SIGTERM);
    }
    return is_there;
}

static bool start(job *job)
{
    if (!make_folder(job) || !fill_folder(job)) {
        return false;
    }
    say(job->plan->fields);
    if (!start_client(job)) {
        return false;
    }
    x07_await_child(job->client.process, job->client.feed > 0 ? 0 : -1, PATIENCE_MS);
    return can_go_on(job);
}

bool x07_job_start(const x07_plan *plan, x07_buffer *role)
{
    job job = {.plan = plan, .folder = x07_buffer_of(FOLDER_BYTES), .lock = -1};
    if (!name(&job)) {
        return false;
    }
    x07_ignore_failed_writes();
    x07_keep_exit_statuses();
    job.line = x07_reaper_start(plan->proper, plan->root);
    if (job.line < 0) {
        return false;
    }
    if (start(&job)) {
        put_role(&job, role);
        return true;
    }
    /* The reaper hears that we are gone, and removes the folder. */
    x07_close(job.line);
    x07_close(job.lock);
    return false;
}
