#include "policy_table.h"
#include "stream.h"
#include "x07_policy.h"

extern char **environ;

typedef x07_verdict verdict_of(const x07_policy *policy, x07_bytes_view target);

static x07_bytes_view text(const char *text)
{
    return (x07_bytes_view){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void give_rows(void)
{
    const x07_policy *policy = x07_policy_current();
    for (int i = 0; i < X07_POLICY_ROWS; i++) {
        const x07_policy_row *row = &x07_policy_table[i];
        give_view(text(row->name));
        give_view(text(row->field));
        if (x07_policy_is_list(row)) {
            give_view(text(x07_policy_text(policy, row)));
        } else {
            give_u32(x07_policy_number(policy, row));
        }
    }
}

static void give_verdict(x07_verdict verdict, x07_bytes_view target)
{
    char words[16384] = "";
    if (verdict.reason == X07_GRANTED) {
        give_view(text("granted"));
    } else {
        x07_denial_sentence(&(x07_words){words, sizeof words, 0}, "an.operation", target, &verdict);
        give_view(text(words));
    }
}

static char *take_text(void)
{
    x07_bytes_view view = take_view();
    char *copy = calloc(view.len + 1, 1);
    memcpy(copy, view.ptr, view.len);
    forget(view);
    return copy;
}

/* Pairs stay for the whole run. */
static void start(void)
{
    static x07_policy_pair pairs[100];
    uint32_t count = take_u32();
    for (uint32_t i = 0; i < count; i++) {
        pairs[i].name = take_text();
        pairs[i].value = take_text();
    }
    x07_policy_start(pairs);
}

static void judge(verdict_of *verdict)
{
    x07_bytes_view target = take_view();
    give_verdict(verdict(x07_policy_current(), target), target);
    forget(target);
}

static void judge_env(void)
{
    x07_bytes_view key = take_view(), value = take_view();
    give_verdict(x07_verdict_exec_env(x07_policy_current(), key, value), key);
    forget(key);
    forget(value);
}

static void judge_limit(void)
{
    uint32_t asked = take_u32(), limit = take_u32();
    give_verdict(x07_verdict_limit(x07_policy_current(), asked, limit, "a.limit"),
                 X07_NO_BYTES_VIEW);
}

/* How many there are, and each. */
static void give_variables(void)
{
    uint32_t count = 0;
    while (environ[count]) {
        count++;
    }
    give_u32(count);
    for (uint32_t i = 0; i < count; i++) {
        give_view((x07_bytes_view){(const uint8_t *)environ[i], (uint32_t)strlen(environ[i])});
    }
}

void serve(uint32_t operation)
{
    static verdict_of *const verdicts[] = {
        x07_verdict_read,         x07_verdict_read, x07_verdict_write,
        x07_verdict_write_folder, x07_verdict_replace,     x07_verdict_env,
        x07_verdict_exec,         x07_verdict_exec_argument, x07_verdict_exec_cwd,
    };
    switch (operation) {
    case 0:
        start();
        return;
    case 1:
        give_rows();
        return;
    case 2:
        judge_env();
        return;
    case 3:
        judge_limit();
        return;
    case 4:
        give_variables();
        return;
    default:
        judge(verdicts[operation - 10]);
    }
}
