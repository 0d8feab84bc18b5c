/* The words of denials. Reports, traps and `x07 policy explain` have them from here. */
#include "denial.h"
#include "denial_item.h"

/* Why not, and the smallest grant. In them stands for: `%f` the field; `%w` what is wanted, `%q` the
 * same as a JSON string, `%p` the pattern that matches it alone, as one; `%a` what is asked, `%l` the
 * limit. A grant is several where no policy is valid with less: they are joined by `, `. */
typedef struct {
    const char *reason;
    const char *grant;
} denial_text;

#define ADD_HOST "add {\"host\":%q,\"ports\":[%a]} to %f"

static const denial_text texts[] = {
    [X07_GRANTED] = {"granted", ""},
    [X07_IS_OFF] = {"%f is false", "set %f to true"},
    [X07_IS_ON] = {"%f is true", "set %f to false"},
    [X07_NOT_LISTED] = {"not in %f", "add %q to %f"},
    [X07_NOT_UNDER] = {"not under %f", "add %q to %f"},
    [X07_INTERPRETER_NOT_LISTED] = {"its interpreter %q is not in %f", "add %q to %f"},
    [X07_IS_RESERVED] = {"it is a variable of the sandbox or of the loader, which no program sees",
                         "none; give it to the program under another name"},
    [X07_IS_LISTED] = {"in %f", "remove %q from %f"},
    [X07_NOT_MATCHED] = {"no pattern of %f matches it", "add %p to %f"},
    [X07_OVER_LIMIT] = {"%a is more than %f (%l)", "raise %f to %a"},
    [X07_IS_HIDDEN] = {"it is hidden, and %f is true", "set %f to false"},
    [X07_HOLDS_HIDDEN] = {"it holds %q, which is hidden, and %f is true", "set %f to false"},
    [X07_PASSES_LINK] = {"it passes a symbolic link, and %f is false", "set %f to true"},
    [X07_ROOT_PASSES_LINK] = {"it passes a symbolic link, and fs.allow_symlinks is false",
                              "none; name the folder behind the link"},
    [X07_LEADS_OUT] = {"a symbolic link leads out of %f",
                       "add the folder behind the link to %f, and use a path without the link"},
    [X07_ASKS_FOR_LINKS] = {"its capabilities follow symbolic links, and %f is false",
                            "set %f to true"},
    [X07_HAS_NAMES] = {"it has another name (a hard link), which may lie outside of %f",
                       "none; copy the file, so that it has one name"},
    [X07_IS_ROOT] = {"an item of %f itself can be neither removed, renamed nor replaced",
                     "add %q to %f"},
    [X07_NOT_REGULAR] = {"it is no regular file", "none; only regular files can be granted"},
    [X07_NOT_A_PATH] = {"it is no path that a program may name",
                        "none; name it without `..`, `\\`, NUL or empty parts, in UTF-8"},
    [X07_NO_SUCH_HOST] = {"not in %f", ADD_HOST},
    [X07_OTHER_PORTS] = {"in %f, with other ports", ADD_HOST},
    [X07_NOT_BY_NAME] = {"the name resolves to %w, which no name grants", ADD_HOST},
    [X07_NOT_AN_ADDRESS] = {"it is a name, and programs listen on addresses",
                            "none; listen on an address, as 127.0.0.1"},
    [X07_NOT_A_HOST] = {"it is no host that a program may name",
                        "none; name a host by letters, digits, `-`, `_` and dots (other scripts: "
                        "`xn--`), or by its address, one of IPv6 in brackets"},
    [X07_HAS_USER] = {"it has a user name before the host",
                      "none; leave out what stands before the `@`"},
    [X07_NOT_A_PORT] = {"it has no port from 1 to 65535", "none; name the port"},
    [X07_NOT_HTTP] = {"it is no URL of http or https",
                      "none; name it with `http://` or `https://`"},
};

/* Beside the switch: what it takes, too. */
static const struct {
    uint32_t need;
    const char *grant;
} needs[] = {
    {X07_NEEDS_EXEC, ", set process.allow_exec to true"},
    {X07_NEEDS_PROGRAM, ", add %q to process.allow_execs"},
    {X07_NEEDS_LIVE, ", raise process.max_live to 1"},
    {X07_NEEDS_SPAWNS, ", raise process.max_spawns to 1"},
    {X07_NEEDS_RUNTIME, ", raise process.max_runtime_ms above 0"},
    {X07_NEEDS_FOLDER, ", add %q to process.allow_cwd_roots"},
};

static void put_pattern(x07_words *words, x07_bytes_view text)
{
    uint8_t room[X07_PATTERN_BYTES];
    x07_words_quoted(words, x07_pattern_of(room, text));
}

static void put_part(x07_words *words, char part, const x07_verdict *verdict)
{
    switch (part) {
    case 'f':
        x07_words_text(words, verdict->field);
        return;
    case 'w':
        x07_words_shown(words, verdict->wanted);
        return;
    case 'q':
        x07_words_quoted(words, verdict->wanted);
        return;
    case 'p':
        put_pattern(words, verdict->wanted);
        return;
    case 'a':
        x07_words_number(words, verdict->asked);
        return;
    default:
        x07_words_number(words, verdict->limit);
        return;
    }
}

static void put_text(x07_words *words, const char *text, const x07_verdict *verdict)
{
    for (; *text != '\0'; text++) {
        char one[2] = {*text, '\0'};
        if (*text == '%') {
            put_part(words, *++text, verdict);
        } else {
            x07_words_text(words, one);
        }
    }
}

void x07_denial_reason(x07_words *words, const x07_verdict *verdict)
{
    put_text(words, texts[verdict->reason].reason, verdict);
}

void x07_denial_grant(x07_words *words, const x07_verdict *verdict)
{
    const char *why_none = x07_ungrantable(verdict);
    if (why_none != NULL) {
        x07_words_text(words, "none; ");
        x07_words_text(words, why_none);
        return;
    }
    put_text(words, texts[verdict->reason].grant, verdict);
    for (size_t i = 0; verdict->reason == X07_IS_OFF && i < sizeof needs / sizeof needs[0]; i++) {
        if (verdict->asked & needs[i].need) {
            put_text(words, needs[i].grant, verdict);
        }
    }
}

void x07_denial_sentence(x07_words *words, const char *operation, x07_bytes_view target,
                         const x07_verdict *verdict)
{
    x07_words_text(words, "denied: ");
    x07_words_text(words, operation);
    if (target.len != 0) {
        x07_words_text(words, " of `");
        x07_words_shown(words, target);
        x07_words_text(words, "`");
    }
    x07_words_text(words, ": ");
    x07_denial_reason(words, verdict);
    x07_words_text(words, "; grant: ");
    x07_denial_grant(words, verdict);
}
