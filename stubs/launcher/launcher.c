/* The executable of a VM bundle. It carries the SHA-256 of each file of the folder beside it,
 * compares them, and only then starts the launcher proper, which is one of them.
 *
 * Nothing of the environment reaches what it starts as it is: the first byte of each name gets its
 * highest bit, so that no loader, C library or Python takes it for its own. The launcher proper
 * (x07bundle/launcher/main.py) takes the bit off again, and reads the variables that are its. */
#include <stdbool.h>

#include "sha256.h"
#include "system.h"
#include "trailer.h"
#include "verify.h"

#define SUFFIX ".vm"
#define RUNTIME "/runtime/launcher"
#define ARCHIVE "_PYI_ARCHIVE_FILE="
#define MAKE "make a bundle with `x07 bundle`"

enum {
    REFUSED = 125,
    NOT_STARTED = 127,
    STREAMS = 3,
    VEILED = 0x80,
    /* To variables, or to arguments: at most, with their end. */
    ADDED = 5,
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
    const long length = x07_read_link("/proc/self/exe", here->self, X07_PATH_BYTES);
    if (length <= 0 || length == X07_PATH_BYTES) {
        const char *problem = " cannot be read, or the path in it is too long";
        x07_say("the bundle cannot find itself:", x07_text_of("/proc/self/exe"), problem,
                "mount /proc, or move the bundle to a shorter path");
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

static bool read_trailer(const places *here, x07_trailer *trailer)
{
    const int program = x07_open_file(0, here->self);
    if (program < 0) {
        x07_say("refused: the executable", x07_text_of(here->self), " cannot be read",
                "whoever starts it has to be able to read it, not to execute it alone");
        return false;
    }
    const bool is_read = x07_trailer_read(program, trailer);
    x07_close(program);
    if (!is_read) {
        const char *problem = " is not the executable of a bundle, or not whole";
        x07_say("refused:", x07_text_of(here->self), problem, MAKE);
    }
    return is_read;
}

static bool is_right(const x07_process *process, const places *here, const x07_trailer *trailer)
{
    x07_sidecar sidecar = {
        .folder = x07_open_folder(0, here->folder),
        .name = x07_text_of(here->folder),
        .blocks = x07_sha256_choose(process->hardware),
    };
    if (sidecar.folder < 0) {
        x07_say("refused: the folder", sidecar.name, " is missing, is a link, or cannot be read",
                "a bundle is an executable and the folder beside it, which has its name and `.vm`: "
                "move and rename both together");
        return false;
    }
    const bool is_whole = x07_is_sidecar_right(&sidecar, trailer);
    x07_close(sidecar.folder);
    return is_whole;
}

/* The variables, veiled. Names that have the bit already are left out: nothing could tell them from
 * veiled ones. Then four of ours. Two keep files of other places from being read: a time zone is
 * looked for in folders unless it is a path. Two tell PyInstaller's loader that it has started
 * itself again already, which it does to have libraries looked for beside it: they would be looked
 * for in other places, too, where the path has a colon. None has to be. */
static char **veiled(char **environment, const char *runtime)
{
    static char no_locale[] = "LC_ALL=C";
    static char no_time_zone[] = "TZ=/dev/null";
    static char archive[sizeof ARCHIVE + sizeof((places *)0)->runtime];
    static char level[] = "_PYI_PARENT_PROCESS_LEVEL=-1";
    char *const ours[] = {no_locale, no_time_zone, archive, level};
    size_t count = 0;
    while (environment[count] != NULL) {
        count++;
    }
    char **result = x07_memory((count + ADDED) * sizeof *result);
    size_t kept = 0;
    for (size_t at = 0; result != NULL && at < count; at++) {
        const unsigned char first = (unsigned char)environment[at][0];
        if (first != '\0' && first != '=' && first < VEILED) {
            environment[at][0] = (char)(first | VEILED);
            result[kept++] = environment[at];
        }
    }
    join(archive, ARCHIVE, runtime);
    if (result != NULL) {
        x07_copy(result + kept, ours, sizeof ours);
    }
    return result;
}

/* Its own path goes before the arguments. */
static char **with_self(const x07_process *process, char *self)
{
    const size_t count = process->argument_count;
    char **result = x07_memory((count + ADDED) * sizeof *result);
    if (result != NULL) {
        result[0] = count > 0 ? process->arguments[0] : self;
        result[1] = self;
        for (size_t at = 1; at < count; at++) {
            result[at + 1] = process->arguments[at];
        }
    }
    return result;
}

int x07_launch(const x07_process *process)
{
    static places here;
    x07_trailer trailer;
    open_closed_streams();
    if (!find(&here) || !read_trailer(&here, &trailer) || !is_right(process, &here, &trailer)) {
        return REFUSED;
    }
    char **arguments = with_self(process, here.self);
    char **environment = veiled(process->environment, here.runtime);
    if (arguments != NULL && environment != NULL) {
        x07_execute(here.runtime, arguments, environment);
    }
    x07_say("the launcher", x07_text_of(here.runtime), " cannot be executed",
            "it must be on a file system that is not mounted noexec, of a machine of this kind");
    return NOT_STARTED;
}
