#include "reaper.h"

#include "buffer.h"
#include "host.h"

enum {
    STREAMS = 3,
    /* The number that its pipe gets. */
    HEARING = STREAMS,
    ROLE_BYTES = 8192,
    /* Leaves the processors to the engine, which starts the guest. */
    PATIENCE_MS = 300,
};

/* Words wait in the pipe until they are read: a file of the bundle may be gone later, so that is not
 * put off until there is something to do. */
static _Noreturn void serve(const x07_proper *proper, x07_text root)
{
    x07_buffer role = x07_buffer_of(ROLE_BYTES);
    x07_put_word(&role, "X07_REAP=");
    x07_put_decimal(&role, HEARING);
    x07_put_word(&role, " ");
    x07_put(&role, root);
    x07_await_hang_up(HEARING, PATIENCE_MS);
    if (!role.is_short) {
        x07_become(proper, role.bytes, false);
    }
    x07_exit(1);
}

/* In a session of its own, nobody's child, with no descriptor but its pipe. Whoever waits for us
 * hears whether it is there. */
static _Noreturn void detach(const x07_proper *proper, x07_text root, int hearing)
{
    x07_new_session();
    const int reaper = x07_fork();
    if (reaper != 0) {
        x07_exit(reaper > 0 ? 0 : 1);
    }
    x07_ignore_requests();
    x07_release_signals();
    x07_change_folder("/");
    x07_place(hearing, HEARING);
    x07_close_from(HEARING + 1);
    for (int stream = 0; stream < STREAMS; stream++) {
        x07_close(stream);
        x07_open_null();
    }
    serve(proper, root);
}

int x07_reaper_start(const x07_proper *proper, x07_text root)
{
    int ends[2];
    if (!x07_pipe(ends)) {
        return -1;
    }
    const int process = x07_fork();
    if (process == 0) {
        detach(proper, root, ends[0]);
    }
    x07_close(ends[0]);
    if (process < 0 || !x07_has_succeeded(process)) {
        x07_close(ends[1]);
        return -1;
    }
    return ends[1];
}
