#include "conditions.h"

#include "buffer.h"
#include "containerd.h"
#include "host.h"
#include "record.h"
#include "system.h"
#include "variables.h"

enum { NODE_BYTES = 256, NUMBERS_BYTES = 64, PATH_BYTES = 8192, MOST_SAME_BYTES = 4096 };
enum { DECIMAL = 10 };

static void digest_text(x07_sha256 *digest, x07_text text)
{
    x07_sha256_add(digest, (const uint8_t *)text.start, text.length);
}

static void digest_ended(x07_sha256 *digest, x07_text text)
{
    digest_text(digest, text);
    digest_text(digest, (x07_text){"", 1});
}

/* `NAME=VALUE`, or the name alone where there is no such variable. */
static void digest_variable(x07_sha256 *digest, char **environment, x07_text name)
{
    const x07_text value = x07_variable(environment, name);
    digest_text(digest, name);
    if (value.start != NULL) {
        digest_text(digest, x07_text_of("="));
    }
    digest_ended(digest, value);
}

/* Which bundle, which machine, who we are, and the variables that a decision reads. */
static bool is_situation(const x07_situation *now, x07_text fields, x07_text expected)
{
    char node[NODE_BYTES];
    char hex[X07_SHA256_DIGITS];
    x07_buffer ids = x07_buffer_of(NUMBERS_BYTES);
    x07_sha256 digest;
    x07_field field;
    if (!x07_node_name(node, sizeof node)) {
        return false;
    }
    x07_put_decimal(&ids, x07_user());
    x07_put_word(&ids, " ");
    x07_put_decimal(&ids, x07_group());
    x07_sha256_begin(&digest, now->blocks);
    digest_ended(&digest, now->trailer);
    digest_ended(&digest, x07_text_of(node));
    digest_ended(&digest, x07_content(&ids));
    while (x07_next_of(&fields, "reads", &field)) {
        digest_variable(&digest, now->environment, field.value);
    }
    x07_sha256_end_hex(&digest, hex);
    return !ids.is_short && x07_same(expected, (x07_text){hex, sizeof hex});
}

static bool is_read(x07_text fields, x07_text name)
{
    x07_field field;
    while (x07_next_of(&fields, "reads", &field)) {
        if (x07_same(field.value, name)) {
            return true;
        }
    }
    return false;
}

/* A name of ours that nobody had heard of may mean anything. */
static bool are_ours_read(const x07_situation *now, x07_text fields)
{
    for (char **variable = now->environment; *variable != NULL; variable++) {
        const x07_text name = x07_name_of(*variable);
        if (x07_starts(name, x07_text_of(X07_OURS)) && !is_read(fields, name)) {
            return false;
        }
    }
    return true;
}

/* Engines hand on no other bytes than those of UTF-8. */
static bool is_given(const x07_situation *now, x07_text name)
{
    const x07_text value = x07_variable(now->environment, name);
    return value.start != NULL && x07_is_utf8(name) && x07_is_utf8(value);
}

/* A part that another one follows has no NUL of its own. */
static x07_buffer next_path(x07_text *value)
{
    x07_buffer path = x07_buffer_of(PATH_BYTES);
    x07_put(&path, x07_next_part(value));
    return path;
}

static bool is_same(x07_text value)
{
    const x07_buffer path = next_path(&value);
    const x07_text found = path.is_short ? (x07_text){NULL, 0}
                                         : x07_read_ours(path.bytes, MOST_SAME_BYTES);
    return found.start != NULL && x07_same(found, value);
}

/* Which was seen to be right for this manifest: what of it is no digest takes long to compare. */
static bool is_signature(const x07_sidecar *sidecar, x07_text sha256)
{
    char hex[X07_SHA256_DIGITS];
    const int file = x07_open_file(sidecar->folder, X07_SIGNATURE);
    const bool is_read = file >= 0 && x07_is_file(file) && x07_digest(file, sidecar->blocks, hex);
    x07_close(file);
    return is_read && x07_same(sha256, (x07_text){hex, sizeof hex});
}

static bool has_input(x07_text value)
{
    return x07_same(value, x07_text_of(x07_is_nowhere(0) ? "no" : "yes"));
}

static bool is_image(x07_text value)
{
    const x07_buffer socket = next_path(&value);
    const x07_text name_space = x07_next_part(&value);
    const x07_text name = x07_next_part(&value);
    return !socket.is_short && x07_containerd_has(socket.bytes, name_space, name, value);
}

/* `NUMBER MOST`: a hard limit of ours, by the kernel's number for it. */
static bool is_limit(x07_text value)
{
    const x07_text number = x07_until(value, ' ');
    const uint64_t most = x07_hard_limit((int)x07_number_of(number, DECIMAL));
    x07_buffer now = x07_buffer_of(NUMBERS_BYTES);
    x07_put(&now, number);
    x07_put_word(&now, " ");
    x07_put_decimal(&now, most);
    return !now.is_short && x07_same(x07_content(&now), value);
}

typedef enum {
    SITUATION, SIGNATURE, HAS, LACKS, INPUT, LIMIT, SAME, ROOT, SEALED, FOLDER, ABSENT, PRESENT,
    IMAGE, PROGRAM, NO_CONDITION, UNKNOWN,
} kind;

/* Words that say what to do, in `job.c`, are no conditions. */
static kind kind_of(x07_text word)
{
    static const struct {
        const char *word;
        kind kind;
    } known[] = {
        {"situation", SITUATION}, {"signature", SIGNATURE}, {"has", HAS}, {"lacks", LACKS},
        {"input", INPUT}, {"limit", LIMIT}, {"same", SAME}, {"root", ROOT}, {"sealed", SEALED},
        {"folder", FOLDER}, {"absent", ABSENT}, {"present", PRESENT}, {"image", IMAGE},
        {"program", PROGRAM},
        {"reads", NO_CONDITION}, {"say", NO_CONDITION}, {"copy", NO_CONDITION},
        {"argument", NO_CONDITION}, {"variable", NO_CONDITION}, {"pass", NO_CONDITION},
        {"wall", NO_CONDITION}, {"job", NO_CONDITION}, {"line", NO_CONDITION},
        {"ready", NO_CONDITION}, {"end", NO_CONDITION},
    };
    for (size_t at = 0; at < sizeof known / sizeof *known; at++) {
        if (x07_same(word, x07_text_of(known[at].word))) {
            return known[at].kind;
        }
    }
    return UNKNOWN;
}

static bool holds_at(kind what, const char *path)
{
    const x07_look found = x07_look_at(path);
    switch (what) {
    case FOLDER:
        return found.is_folder;
    case ABSENT:
        return found.is_absent;
    default:
        return found.is_file && found.is_ours;
    }
}

static bool holds(const x07_situation *now, x07_text fields, const x07_field *field)
{
    const x07_text value = field->value;
    const kind what = kind_of(field->word);
    switch (what) {
    case SITUATION:
        return is_situation(now, fields, value);
    case SIGNATURE:
        return is_signature(now->sidecar, value);
    case HAS:
        return is_given(now, value);
    case LACKS:
        return x07_variable(now->environment, value).start == NULL;
    case INPUT:
        return has_input(value);
    case LIMIT:
        return is_limit(value);
    case SAME:
        return is_same(value);
    case ROOT:
        return x07_is_straight(value.start);
    case SEALED:
        return x07_is_sealed(value);
    case IMAGE:
        return is_image(value);
    case PROGRAM:
        return x07_can_execute(value.start);
    case FOLDER:
    case ABSENT:
    case PRESENT:
        return holds_at(what, value.start);
    case NO_CONDITION:
        return true;
    case UNKNOWN:
        break;
    }
    return false;
}

bool x07_conditions_hold(const x07_situation *now, x07_text fields)
{
    x07_text rest = fields;
    x07_field field;
    /* A record without it would hold for every bundle and everybody. */
    bool has_situation = false;
    while (x07_next_field(&rest, &field)) {
        if (!holds(now, fields, &field)) {
            return false;
        }
        has_situation = has_situation || kind_of(field.word) == SITUATION;
    }
    return has_situation && are_ours_read(now, fields);
}
