#include "x07_trap.h"

#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include "x07_limits.h"
#include "x07_policy.h"
#include "x07_release.h"
#include "x07_report.h"
#include "x07_writer.h"

/* What a shell reports for an illegal instruction on x86-64, here without the signal. */
enum { TRAP_STATUS = 132 };

/* A path, should each byte that is shown be `\xNN`. */
enum { SHOWN_BYTES = 4096 };

/* The JSON pointer of a site; function names hold no spaces. */
static const char *pointer_of(const char *at)
{
    const char *space = strchr(at, ' ');
    return space != NULL ? space + 1 : at;
}

static void write_function(x07_writer *writer, const char *at)
{
    const char *pointer = pointer_of(at);
    size_t name_len = (size_t)(pointer - at);
    if (name_len > 0u) {
        x07_writer_text(writer, "  in ");
        x07_writer_bytes(writer, at, name_len - 1u);
    }
}

static _Noreturn void end(x07_writer *writer)
{
    x07_writer_text(writer, "\n");
    x07_writer_flush(writer);
    if (x07_before_exit != NULL) {
        x07_before_exit();
    }
    _exit(TRAP_STATUS);
}

/* `path` may be NULL. */
static _Noreturn void trap(const char *message, const char *path, const char *at)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_report_write(&writer);
    if (at != NULL) {
        write_function(&writer, at);
        x07_writer_text(&writer, "\n");
    }
    x07_writer_text(&writer, message);
    if (path != NULL) {
        x07_writer_text(&writer, " path=");
        x07_writer_text(&writer, path);
    }
    if (at != NULL) {
        x07_writer_text(&writer, " ptr=");
        x07_writer_text(&writer, pointer_of(at));
    }
    end(&writer);
}

void x07_trap(const char *message, const char *at)
{
    trap(message, NULL, at);
}

/* A program may name any path, also one that looks like lines of a trap. */
void x07_trap_path(const char *message, const char *path, const char *at)
{
    char text[SHOWN_BYTES] = "";
    if (path == NULL) {
        trap(message, NULL, at);
    }
    x07_bytes_view named = {(const uint8_t *)path, (uint32_t)strlen(path)};
    x07_words_shown(&(x07_words){text, sizeof text, 0}, named);
    trap(message, text, at);
}

void x07_trap_plain(const char *message, const char *at)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_report_write(&writer);
    if (at != NULL) {
        write_function(&writer, at);
        x07_writer_text(&writer, " at ");
        x07_writer_text(&writer, pointer_of(at));
        x07_writer_text(&writer, "\n");
    }
    x07_writer_text(&writer, message);
    end(&writer);
}

void x07_fuel_exhausted(const char *at)
{
    x07_trap_plain(x07_state.in_clause ? "X07T_BUDGET_EXCEEDED_FUEL" : "fuel exhausted", at);
}
