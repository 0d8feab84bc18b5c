/* The denials so far: four texts each, one after another, every one ended by a NUL. */
#include "denial.h"
#include "x07_report.h"
#include "x07_trap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_BYTES = 1 << 16,
    PARTS = 4,
    /* A target that is cut, should all of it be shown as `\xNN`; and as much around it. */
    PART_BYTES = 4096,
    SENTENCE_BYTES = 3 * PART_BYTES,
};

static struct {
    uint32_t count;
    uint32_t len;
    char text[LOG_BYTES];
} denials;

/* -- remembering */

static size_t put_part(char *record, size_t len, const char *part)
{
    size_t size = strlen(part) + 1;
    memcpy(record + len, part, size);
    return len + size;
}

static size_t make_record(char *record, const char *operation, x07_bytes_view target,
                          const x07_verdict *verdict)
{
    char shown[PART_BYTES] = "", grant[PART_BYTES] = "";
    x07_words_shown(&(x07_words){shown, sizeof shown, 0}, target);
    x07_denial_grant(&(x07_words){grant, sizeof grant, 0}, verdict);
    size_t len = put_part(record, 0, operation);
    len = put_part(record, len, shown);
    len = put_part(record, len, verdict->field);
    return put_part(record, len, grant);
}

static const char *after_record(const char *record)
{
    for (int i = 0; i < PARTS; i++) {
        record += strlen(record) + 1;
    }
    return record;
}

static int is_known(const char *record, size_t size)
{
    const char *next = denials.text;
    for (uint32_t i = 0; i < denials.count; i++) {
        const char *known = next;
        next = after_record(known);
        if ((size_t)(next - known) == size && memcmp(known, record, size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* 0: it was there already, or there is no room for it. */
static int remember(const char *operation, x07_bytes_view target, const x07_verdict *verdict)
{
    char record[PARTS * PART_BYTES];
    size_t size = make_record(record, operation, target, verdict);
    int fits = denials.count < X07_DENIALS_MAX && size <= LOG_BYTES - denials.len;
    if (!fits || is_known(record, size)) {
        return 0;
    }
    memcpy(denials.text + denials.len, record, size);
    denials.len += (uint32_t)size;
    denials.count++;
    return 1;
}

/* -- telling */

static const char *write_record(x07_writer *writer, const char *record)
{
    static const char *const keys[PARTS] = {
        "{\"operation\":", ",\"target\":", ",\"field\":", ",\"grant\":"};
    for (int i = 0; i < PARTS; i++) {
        x07_writer_text(writer, keys[i]);
        x07_writer_json_string(writer, record);
        record += strlen(record) + 1;
    }
    x07_writer_text(writer, "}");
    return record;
}

void x07_denials_write(x07_writer *writer)
{
    const char *next = denials.text;
    x07_writer_text(writer, "\"policy_denials\":[");
    for (uint32_t i = 0; i < denials.count; i++) {
        x07_writer_text(writer, i == 0 ? "" : ",");
        next = write_record(writer, next);
    }
    x07_writer_text(writer, "]");
}

static void say(x07_writer *writer, const char *head, const char *operation,
                x07_bytes_view target, const x07_verdict *verdict)
{
    char text[SENTENCE_BYTES] = "";
    x07_denial_sentence(&(x07_words){text, sizeof text, 0}, operation, target, verdict);
    x07_writer_text(writer, head);
    x07_writer_text(writer, text);
    x07_writer_text(writer, "\n");
    x07_writer_flush(writer);
}

/* stderr is the program's own, so that it is told only where someone asks. */
static int is_asked_for(void)
{
    const char *where = getenv("X07_OS_DENIALS");
    return where != NULL && strcmp(where, "stderr") == 0;
}

void x07_denied(const char *operation, x07_bytes_view target, const x07_verdict *verdict)
{
    int error = errno;
    if (remember(operation, target, verdict) && is_asked_for()) {
        x07_writer writer = {.fd = STDERR_FILENO};
        say(&writer, "x07: ", operation, target, verdict);
    }
    errno = error;
}

void x07_denied_trap(const char *operation, x07_bytes_view target, const x07_verdict *verdict,
                     const char *message, const char *at)
{
    x07_denied_trap_path(operation, target, verdict, message, NULL, at);
}

void x07_denied_trap_path(const char *operation, x07_bytes_view target, const x07_verdict *verdict,
                          const char *message, const char *path, const char *at)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    remember(operation, target, verdict);
    /* The report comes before the words, which belong to the trap. */
    x07_report_write(&writer);
    x07_report_wanted = 0;
    say(&writer, "  ", operation, target, verdict);
    x07_trap_path(message, path, at);
}
