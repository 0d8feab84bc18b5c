/* What a policy says to operations, asked of the functions that enforce it: `x07 policy explain`.
 *
 * The policy is that of the environment, as for a program (contract/policy.md §5). stdin: questions,
 * each a byte for its kind, a u32 (LE) for the length of its target, and the target. stdout: for
 * each a line of JSON. */
#include <errno.h>
#include <unistd.h>

#include "x07_policy_net.h"
#include "x07_writer.h"

enum {
    FAILED = 2,
    HEAD_BYTES = 5,
    MOST_TARGET_BYTES = 1 << 20,
    WORDS_BYTES = 6144,
};

typedef x07_verdict asker(const x07_policy *policy, x07_bytes_view target);

typedef struct {
    char kind;
    asker *ask;
    /* The field that grants. */
    const char *field;
} question;

/* The verdict is on the target, and may point into it. */
static x07_verdict on_target(const x07_policy *policy, x07_net_use use, x07_bytes_view text)
{
    static x07_net_target target;
    return x07_verdict_net_text(policy, use, text, &target);
}

static x07_verdict connecting(const x07_policy *policy, x07_bytes_view text)
{
    return on_target(policy, X07_NET_CONNECT, text);
}

static x07_verdict sending(const x07_policy *policy, x07_bytes_view text)
{
    return on_target(policy, X07_NET_SEND, text);
}

static x07_verdict listening(const x07_policy *policy, x07_bytes_view text)
{
    return on_target(policy, X07_NET_LISTEN, text);
}

static const question questions[] = {
    {'r', x07_look_read, "fs.read_roots"},
    {'R', x07_look_read_folder, "fs.read_roots"},
    {'w', x07_look_write, "fs.write_roots"},
    {'W', x07_look_write_folder, "fs.write_roots"},
    {'e', x07_verdict_env, "env.allow_keys"},
    {'x', x07_look_exec, "process.allow_execs"},
    {'c', connecting, "net.allow_hosts"},
    {'u', sending, "net.allow_hosts"},
    {'l', listening, "net.allow_hosts"},
};

/* 1, or 0 at the end of the input. */
static int read_exactly(uint8_t *to, size_t size)
{
    while (size > 0u) {
        ssize_t got = read(STDIN_FILENO, to, size);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return 0;
        }
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        }
    }
    return 1;
}

static const question *question_of(uint8_t kind)
{
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        if ((uint8_t)questions[i].kind == kind) {
            return &questions[i];
        }
    }
    return NULL;
}

static const char *granting_field(const x07_policy *policy, const question *asked,
                                  x07_bytes_view target)
{
    if (asked->kind == 'x' && !x07_policy_lists(policy->process.allow_execs, target)) {
        return "process.allow_exec_prefixes";
    }
    return asked->field;
}

static void write_member(x07_writer *writer, const char *key, const char *text)
{
    x07_writer_text(writer, key);
    x07_writer_json_string(writer, text);
}

static void answer(x07_writer *writer, const char *field, const x07_verdict *verdict)
{
    int granted = verdict->reason == X07_GRANTED;
    char reason[WORDS_BYTES] = "", grant[WORDS_BYTES] = "", entry[WORDS_BYTES] = "";
    x07_denial_reason(&(x07_words){reason, sizeof reason, 0}, verdict);
    x07_denial_grant(&(x07_words){grant, sizeof grant, 0}, verdict);
    x07_words_shown(&(x07_words){entry, sizeof entry, 0},
                    granted ? verdict->wanted : X07_NO_BYTES_VIEW);
    x07_writer_text(writer, granted ? "{\"granted\":true" : "{\"granted\":false");
    write_member(writer, ",\"field\":", field);
    write_member(writer, ",\"reason\":", reason);
    write_member(writer, ",\"grant\":", grant);
    write_member(writer, ",\"entry\":", entry);
    x07_writer_text(writer, "}\n");
}

int main(void)
{
    static uint8_t target[MOST_TARGET_BYTES];
    uint8_t head[HEAD_BYTES];
    const x07_policy *policy = x07_policy_current();
    x07_writer writer = {.fd = STDOUT_FILENO};
    while (read_exactly(head, sizeof head)) {
        const question *asked = question_of(head[0]);
        uint32_t len = (uint32_t)head[1] | (uint32_t)head[2] << 8 | (uint32_t)head[3] << 16
                       | (uint32_t)head[4] << 24;
        if (!asked || len > sizeof target || !read_exactly(target, len)) {
            return FAILED;
        }
        x07_bytes_view view = {.ptr = target, .len = len};
        x07_verdict verdict = asked->ask(policy, view);
        int granted = verdict.reason == X07_GRANTED;
        answer(&writer, granted ? granting_field(policy, asked, view) : verdict.field, &verdict);
    }
    x07_writer_flush(&writer);
    return writer.failed ? FAILED : 0;
}
