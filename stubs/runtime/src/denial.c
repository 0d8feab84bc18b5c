/* The words of denials. Reports, traps and `x07 policy explain` have them from here. */
#include "denial.h"

static void name(x07_words *words, x07_bytes_view text)
{
    x07_words_text(words, "\"");
    x07_words_shown(words, text);
    x07_words_text(words, "\"");
}

static void three(x07_words *words, const char *before, const char *field, const char *after)
{
    x07_words_text(words, before);
    x07_words_text(words, field);
    x07_words_text(words, after);
}

static void change_list(x07_words *words, const char *verb, const x07_verdict *verdict,
                        const char *preposition)
{
    x07_words_text(words, verb);
    name(words, verdict->wanted);
    three(words, preposition, verdict->field, "");
}

/* -- why not */

static void over_limit(x07_words *words, const x07_verdict *verdict)
{
    x07_words_number(words, verdict->asked);
    three(words, " is more than ", verdict->field, " (");
    x07_words_number(words, verdict->limit);
    x07_words_text(words, ")");
}

void x07_denial_reason(x07_words *words, const x07_verdict *verdict)
{
    const char *field = verdict->field;
    switch (verdict->reason) {
    case X07_GRANTED:
        x07_words_text(words, "granted");
        return;
    case X07_IS_OFF:
        three(words, "", field, " is false");
        return;
    case X07_IS_ON:
        three(words, "", field, " is true");
        return;
    case X07_NOT_LISTED:
        three(words, "not in ", field, "");
        return;
    case X07_NOT_UNDER:
        three(words, "not under ", field, "");
        return;
    case X07_INTERPRETER_NOT_LISTED:
        x07_words_text(words, "its interpreter ");
        name(words, verdict->wanted);
        three(words, " is not in ", field, "");
        return;
    case X07_IS_LISTED:
        three(words, "in ", field, "");
        return;
    case X07_NOT_MATCHED:
        three(words, "no pattern of ", field, " matches it");
        return;
    case X07_OVER_LIMIT:
        over_limit(words, verdict);
        return;
    case X07_IS_HIDDEN:
        three(words, "it is hidden, and ", field, " is true");
        return;
    case X07_PASSES_LINK:
        three(words, "it passes a symbolic link, and ", field, " is false");
        return;
    case X07_LEADS_OUT:
        three(words, "a symbolic link leads out of ", field, "");
        return;
    case X07_HAS_NAMES:
        three(words, "it has another name (a hard link), which may lie outside of ", field, "");
        return;
    case X07_IS_ROOT:
        three(words, "an item of ", field, " itself can be neither removed nor renamed");
        return;
    case X07_NOT_REGULAR:
        x07_words_text(words, "it is no regular file");
        return;
    case X07_NOT_A_PATH:
        x07_words_text(words, "it is no path that a program may name");
        return;
    }
}

/* -- the smallest grant */

/* The pattern that matches one text and no other. */
static void pattern(x07_words *words, x07_bytes_view text)
{
    x07_words_text(words, "\"");
    for (uint32_t i = 0; i < text.len; i++) {
        x07_bytes_view byte = {text.ptr + i, 1};
        if (*byte.ptr == '.' || *byte.ptr == '*' || *byte.ptr == '\\') {
            x07_words_text(words, "\\");
        }
        x07_words_shown(words, byte);
    }
    x07_words_text(words, "\"");
}

void x07_denial_grant(x07_words *words, const x07_verdict *verdict)
{
    const char *field = verdict->field;
    switch (verdict->reason) {
    case X07_GRANTED:
        return;
    case X07_IS_OFF:
    case X07_PASSES_LINK:
        three(words, "set ", field, " to true");
        return;
    case X07_IS_ON:
    case X07_IS_HIDDEN:
        three(words, "set ", field, " to false");
        return;
    case X07_NOT_LISTED:
    case X07_NOT_UNDER:
    case X07_INTERPRETER_NOT_LISTED:
    case X07_IS_ROOT:
        change_list(words, "add ", verdict, " to ");
        return;
    case X07_IS_LISTED:
        change_list(words, "remove ", verdict, " from ");
        return;
    case X07_NOT_MATCHED:
        x07_words_text(words, "add ");
        pattern(words, verdict->wanted);
        three(words, " to ", field, "");
        return;
    case X07_OVER_LIMIT:
        three(words, "raise ", field, " to ");
        x07_words_number(words, verdict->asked);
        return;
    case X07_LEADS_OUT:
        three(words, "add the folder that it leads to to ", field, ", and name the file there");
        return;
    case X07_HAS_NAMES:
        x07_words_text(words, "none; copy the file, so that it has one name");
        return;
    case X07_NOT_REGULAR:
        x07_words_text(words, "none; only regular files can be granted");
        return;
    case X07_NOT_A_PATH:
        x07_words_text(words, "none; name it without `..`, `\\`, NUL or empty parts, in UTF-8");
        return;
    }
}

/* -- both */

void x07_denial_sentence(x07_words *words, const char *operation, x07_bytes_view target,
                         const x07_verdict *verdict)
{
    three(words, "denied: ", operation, "");
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
