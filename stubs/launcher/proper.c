/* Nothing of the environment reaches the launcher proper as it is: the first byte of each name gets
 * its highest bit, so that no loader, C library or Python takes it for its own. The launcher proper
 * (x07bundle/launcher/main.py) takes the bit off again, and reads the variables that are its. */
#include "proper.h"

#include "buffer.h"

#define ARCHIVE "_PYI_ARCHIVE_FILE="

enum {
    VEILED = 0x80,
    /* To variables, or to arguments: at most, with their end. */
    ADDED = 6,
    ARCHIVE_BYTES = 1 << 14,
};

/* The variables, veiled. Names that have the bit already are left out: nothing could tell them from
 * veiled ones. Then those of ours. Two keep files of other places from being read: a time zone is
 * looked for in folders unless it is a path. Two tell PyInstaller's loader that it has started
 * itself again already, which it does to have libraries looked for beside it: they would be looked
 * for in other places, too, where the path has a colon. None has to be. That of macOS never does,
 * and ends where it is told that it did. */
static char **veiled(char **environment, const char *path, char *role)
{
    static char no_locale[] = "LC_ALL=C";
    static char no_time_zone[] = "TZ=/dev/null";
    x07_buffer archive = x07_buffer_of(ARCHIVE_BYTES);
    x07_put_word(&archive, ARCHIVE);
    x07_put_word(&archive, path);
#if defined(__APPLE__)
    char *const ours[] = {no_locale, no_time_zone, archive.bytes, role, NULL};
#else
    static char level[] = "_PYI_PARENT_PROCESS_LEVEL=-1";
    char *const ours[] = {no_locale, no_time_zone, archive.bytes, level, role, NULL};
#endif
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
    if (result != NULL) {
        x07_copy(result + kept, ours, sizeof ours);
    }
    return archive.is_short ? NULL : result;
}

/* Its own path goes before the arguments. */
static char **with_self(const x07_proper *proper, bool has_arguments)
{
    const x07_process *process = proper->process;
    const size_t count = process->argument_count;
    char **result = x07_memory((count + ADDED) * sizeof *result);
    if (result != NULL) {
        result[0] = count > 0 ? process->arguments[0] : proper->self;
        result[1] = proper->self;
        for (size_t at = 1; has_arguments && at < count; at++) {
            result[at + 1] = process->arguments[at];
        }
    }
    return result;
}

void x07_become(const x07_proper *proper, char *role, bool has_arguments)
{
    char **arguments = with_self(proper, has_arguments);
    char **environment = veiled(proper->process->environment, proper->path, role);
    if (arguments != NULL && environment != NULL) {
        x07_execute(proper->path, arguments, environment);
    }
}
