/* The denials so far: four texts each, one after another, every one ended by a NUL. */
#include "denial.h"
#include "x07_pages.h"
#include "x07_report.h"
#include "x07_trap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LOG_BYTES = 1 << 16,
    COLLECTED_BYTES = 1 << 20,
    PARTS = 4,
    /* A target that is cut, should all of it be shown as `\u00NN`; and what is around it. */
    PART_BYTES = 6144,
    SENTENCE_BYTES = 3 * PART_BYTES,
};

/* A record that is remembered. */
typedef struct {
    uint64_t hash;
    uint32_t start;
    uint32_t size;
} place;

static char usual_text[LOG_BYTES];
static place usual_places[X07_DENIALS_MAX];

static struct {
    char *text;
    place *places;
    uint32_t count;
    uint32_t max;
    uint32_t len;
    uint32_t room;
} denials = {usual_text, usual_places, 0, X07_DENIALS_MAX, 0, LOG_BYTES};

/* -- what is asked for */

/* stderr is the program's own, so that it is told only where someone asks. */
static int is_asked_for(const char *what)
{
    const char *wanted = getenv("X07_OS_DENIALS");
    return wanted != NULL && strcmp(wanted, what) == 0;
}

int x07_denials_are_collected(void)
{
    return is_asked_for("collect");
}

/* Most programs have no use for as much. Where there is no memory, the usual room has to do. */
static void make_room(void)
{
    size_t places_bytes = X07_COLLECTED_MAX * sizeof(place);
    void *room = x07_pages_map(places_bytes + COLLECTED_BYTES);
    if (room != NULL) {
        denials.places = room;
        denials.text = (char *)room + places_bytes;
        denials.max = X07_COLLECTED_MAX;
        denials.room = COLLECTED_BYTES;
    }
}

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

/* FNV-1a */
static uint64_t hash_of(const char *record, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < size; i++) {
        hash = (hash ^ (uint8_t)record[i]) * UINT64_C(1099511628211);
    }
    return hash;
}

static int is_known(const char *record, const place *one)
{
    for (uint32_t i = 0; i < denials.count; i++) {
        const place *known = &denials.places[i];
        if (known->hash == one->hash && known->size == one->size
            && memcmp(denials.text + known->start, record, one->size) == 0) {
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
    if (denials.count == 0 && x07_denials_are_collected()) {
        make_room();
    }
    place one = {hash_of(record, size), denials.len, (uint32_t)size};
    int fits = denials.count < denials.max && size <= denials.room - denials.len;
    if (!fits || is_known(record, &one)) {
        return 0;
    }
    memcpy(denials.text + denials.len, record, size);
    denials.len += one.size;
    denials.places[denials.count++] = one;
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

void x07_denied(const char *operation, x07_bytes_view target, const x07_verdict *verdict)
{
    int error = errno;
    if (remember(operation, target, verdict) && is_asked_for("stderr")) {
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
