/* The executable of a VM bundle. It carries the SHA-256 of each file of the folder beside it,
 * compares them, and only then becomes the launcher proper, which is one of them. Where a start is as
 * one before was, the engine is asked first: Python needs longer to begin than all else together. */
#include <errno.h>
#include <stdbool.h>

#include "proper.h"
#include "replay.h"
#include "sha256.h"
#include "system.h"
#include "trailer.h"
#include "verify.h"

#define SUFFIX ".vm"
#define RUNTIME "/runtime/launcher"
#define MAKE "make a bundle with `x07 bundle`"

enum {
    REFUSED = 125,
    NOT_STARTED = 127,
    STREAMS = 3,
    SUFFIX_BYTES = sizeof SUFFIX,
    RUNTIME_BYTES = sizeof RUNTIME,
};

/* `self`: the executable, links resolved. `folder`: the sidecar. `runtime`: what is started. */
typedef struct {
    char self[X07_PATH_BYTES];
    char folder[X07_PATH_BYTES + SUFFIX_BYTES];
    char runtime[X07_PATH_BYTES + SUFFIX_BYTES + RUNTIME_BYTES];
} places;

static void join(char *target, const char *one, const char *other)
{
    const size_t length = x07_length(one);
    x07_copy(target, one, length);
    x07_copy(target + length, other, x07_length(other) + 1);
}

/* Python, which the launcher proper is frozen from, starts in no other folder. */
static bool is_text(const char *path)
{
    const bool is_utf8 = x07_is_utf8(x07_text_of(path));
    if (!is_utf8) {
        x07_say("refused: the path of the bundle,", x07_text_of(path), ", is not UTF-8",
                "move the bundle to a folder whose path is");
    }
    return is_utf8;
}

static bool find(places *here)
{
    const long length = x07_own_path(here->self, X07_PATH_BYTES);
    if (length <= 0 || length == X07_PATH_BYTES) {
        const char *problem = " cannot be read, or the path in it is too long";
        x07_say("the bundle cannot find itself:", x07_text_of(x07_own_place), problem,
                x07_own_place_hint);
        return false;
    }
    here->self[length] = '\0';
    join(here->folder, here->self, SUFFIX);
    join(here->runtime, here->folder, RUNTIME);
    return is_text(here->self);
}

/* A stream that the caller closed leads nowhere; its number must not go to another file. */
static void open_closed_streams(void)
{
    for (int stream = 0; stream < STREAMS; stream++) {
        if (!x07_is_open(stream)) {
            x07_open_null();
        }
    }
}

static bool read_trailer(
    const places *here, x07_sha256_blocks *blocks, x07_trailer *trailer)
{
    const int program = x07_open_file(0, here->self);
    if (program < 0) {
        x07_say("refused: the executable", x07_text_of(here->self), " cannot be read",
                "whoever starts it has to be able to read it, not to execute it alone");
        return false;
    }
    const bool is_read = x07_trailer_read(program, trailer);
    const bool is_right = is_read && x07_is_program_right(program, trailer, blocks);
    x07_close(program);
    if (!is_right) {
        const char *problem = is_read ? " is not what the bundle was made with: it was changed"
                                      : " is not the executable of a bundle, or not whole";
        x07_say("refused:", x07_text_of(here->self), problem, is_read ? X07_DAMAGED : MAKE);
    }
    return is_right;
}

/* Python, which the launcher proper is frozen from, does not begin with one. */
static bool has_folder_for_input(void)
{
    char byte;
    const bool is_folder = x07_read(0, &byte, 0) == -EISDIR;
    if (is_folder) {
        x07_say("refused: standard input,", x07_text_of("stdin"), ", is a folder",
                "give it a file, a pipe or /dev/null");
    }
    return is_folder;
}

static bool is_right(
    const places *here, x07_sha256_blocks *blocks, const x07_trailer *trailer,
    x07_sidecar *sidecar)
{
    *sidecar = (x07_sidecar){
        .folder = x07_open_folder(0, here->folder),
        .name = x07_text_of(here->folder),
        .blocks = blocks,
    };
    if (sidecar->folder < 0) {
        x07_say("refused: the folder", sidecar->name, " is missing, is a link, or cannot be read",
                "a bundle is an executable and the folder beside it, which has its name and `.vm`: "
                "move and rename both together");
        return false;
    }
    return x07_is_sidecar_right(sidecar, trailer);
}

int x07_launch(const x07_process *process)
{
    static places here;
    const x07_proper proper = {.process = process, .self = here.self, .path = here.runtime};
    x07_sha256_blocks *blocks = x07_sha256_choose(process->hardware);
    x07_sidecar sidecar;
    x07_trailer trailer;
    open_closed_streams();
    if (has_folder_for_input() || !find(&here) || !read_trailer(&here, blocks, &trailer) ||
        !is_right(&here, blocks, &trailer, &sidecar)) {
        return REFUSED;
    }
    x07_become(&proper, x07_replay(&proper, &sidecar, &trailer), true);
    x07_say("the launcher", x07_text_of(here.runtime), " cannot be executed",
            "it must be on a file system that is not mounted noexec, of a machine of this kind");
    return NOT_STARTED;
}
