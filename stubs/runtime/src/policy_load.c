/* Where a policy comes from: what a bundle carries, and the environment. */
#include "denial.h"
#include "path_spelling.h"
#include "policy_names.h"
#include "policy_table.h"
#include "x07_report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    /* Refused: integrity, policy or consent. */
    REFUSED = 125,
    WORDS_BYTES = 1024,
};

/* No path starts there: what relative paths start from where the working folder has no name. */
#define NOWHERE "/\x01"

extern char **environ;

static x07_policy current;
static int is_loaded;

/* -- refusing */

static void write_entry(x07_writer *writer, const char *entry)
{
    char shown[WORDS_BYTES] = "";
    x07_bytes_view text = {(const uint8_t *)entry, (uint32_t)strlen(entry)};
    x07_words_shown(&(x07_words){shown, sizeof shown, 0}, text);
    x07_writer_text(writer, "x07: `");
    x07_writer_text(writer, shown);
}

static _Noreturn void end(x07_writer *writer, const x07_policy_row *row)
{
    x07_writer_text(writer, "\nhint: unset `X07_OS_");
    x07_writer_text(writer, row->name);
    x07_writer_text(writer, "`\n");
    x07_writer_flush(writer);
    _exit(REFUSED);
}

static _Noreturn void refuse_value(const char *entry, const x07_policy_row *row)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    write_entry(&writer, entry);
    x07_writer_text(&writer, row->kind == X07_NUMBER ? "` is no number from 0 to 4294967295"
                                                     : "` is neither 0 nor 1");
    end(&writer, row);
}

static _Noreturn void refuse_grant(const char *entry, const x07_policy_row *row,
                                   const x07_verdict *verdict)
{
    char reason[WORDS_BYTES] = "";
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_denial_reason(&(x07_words){reason, sizeof reason, 0}, verdict);
    write_entry(&writer, entry);
    x07_writer_text(&writer, "` would grant more than this program's policy: ");
    x07_writer_text(&writer, reason);
    x07_writer_text(&writer, "; the environment can only narrow it");
    end(&writer, row);
}

static _Noreturn void refuse_unknown(const char *entry)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    const char *nearest = x07_policy_nearest(entry);
    write_entry(&writer, entry);
    x07_writer_text(&writer, "` says nothing that narrows this program's policy\nhint: ");
    if (nearest != NULL) {
        x07_writer_text(&writer, "is `" X07_POLICY_PREFIX);
        x07_writer_text(&writer, nearest);
        x07_writer_text(&writer, "` meant? If not, ");
    }
    x07_writer_text(&writer, "unset it\n");
    x07_writer_flush(&writer);
    _exit(REFUSED);
}

/* -- putting values in place */

static void put(x07_policy *policy, const x07_policy_row *row, const char *text, uint32_t number)
{
    if (x07_policy_is_list(row)) {
        x07_policy_put_text(policy, row, text);
    } else {
        x07_policy_put_number(policy, row, number);
    }
}

static void fill(x07_policy *policy, int sandboxed)
{
    for (int i = 0; i < X07_POLICY_ROWS; i++) {
        const x07_policy_row *row = &x07_policy_table[i];
        put(policy, row, "", sandboxed ? row->missing : row->open);
    }
    policy->folder = NOWHERE;
}

static void note_folder(x07_policy *policy)
{
    static char folder[X07_PATH_BYTES];
    if (getcwd(folder, sizeof folder) && folder[0] == '/') {
        policy->folder = folder;
    }
}

/* Rows that the environment has set: the first of two equal names counts, as for getenv. */
typedef uint8_t seen_rows[X07_POLICY_ROWS];

/* The row of an entry, NULL where it is none or was there before. */
static const x07_policy_row *take_row(const char *entry, const char **value, seen_rows seen)
{
    *value = "";
    const x07_policy_row *row = x07_policy_row_of(entry, value);
    if (!row || seen[row - x07_policy_table]) {
        return NULL;
    }
    seen[row - x07_policy_table] = 1;
    return row;
}

static uint32_t parsed(const x07_policy_row *row, const char *entry, const char *value)
{
    uint32_t number;
    if (!x07_policy_parse(row, value, &number)) {
        refuse_value(entry, row);
    }
    return number;
}

/* -- from the environment alone */

static int is_sandboxed(void)
{
    const char *world = getenv("X07_WORLD");
    const char *flag = getenv("X07_OS_SANDBOXED");
    return (world && strcmp(world, "run-os-sandboxed") == 0) || (flag && flag[0] == '1');
}

static void read_environment(x07_policy *policy)
{
    seen_rows seen = {0};
    for (char **entry = environ; *entry; entry++) {
        const char *value;
        const x07_policy_row *row = take_row(*entry, &value, seen);
        if (row) {
            put(policy, row, value, parsed(row, *entry, value));
        }
    }
    policy->sandboxed = 1;
}

static void start_sandbox(x07_policy *policy)
{
    fill(policy, 1);
    note_folder(policy);
    x07_report_more = x07_denials_write;
}

const x07_policy *x07_policy_current(void)
{
    if (is_loaded) {
        return &current;
    }
    is_loaded = 1;
    if (is_sandboxed()) {
        start_sandbox(&current);
        read_environment(&current);
    } else {
        fill(&current, 0);
    }
    return &current;
}

/* -- from a bundle */

static void read_pairs(x07_policy *policy, const x07_policy_pair *pairs)
{
    for (; pairs->name; pairs++) {
        const char *nothing;
        uint32_t number;
        const x07_policy_row *row = x07_policy_row_of(pairs->name, &nothing);
        if (row && x07_policy_parse(row, pairs->value, &number)) {
            put(policy, row, pairs->value, number);
        }
    }
    policy->sandboxed = 1;
}

static void narrow(x07_policy *policy)
{
    seen_rows seen = {0};
    for (char **entry = environ; *entry; entry++) {
        const char *value;
        const x07_policy_row *row = take_row(*entry, &value, seen);
        if (x07_policy_entry_is_unknown(*entry)) {
            refuse_unknown(*entry);
        }
        if (!row) {
            continue;
        }
        uint32_t number = parsed(row, *entry, value);
        x07_verdict verdict = x07_policy_narrows(policy, row, value, number);
        if (verdict.reason != X07_GRANTED) {
            refuse_grant(*entry, row, &verdict);
        }
        put(policy, row, value, number);
    }
}

void x07_policy_start(const x07_policy_pair *pairs)
{
    is_loaded = 1;
    start_sandbox(&current);
    read_pairs(&current, pairs);
    narrow(&current);
    x07_policy_hide_variables(&current);
}
