#include "denial_item.h"
#include "path_spelling.h"
#include "regex_lite.h"

#include <string.h>

/* -- amounts: what is not here takes any u32 */

static const struct {
    const char *field;
    uint32_t most;
} amounts[] = {
    {"time.max_sleep_ms", 86400000},
    {"threads.max_blocking", 4096},
    {"process.max_live", 1024},
    {"process.max_spawns", 1024},
    {"process.max_exe_bytes", 1048576},
    {"process.max_args", 1024},
    {"process.max_arg_bytes", 1048576},
    {"process.max_env", 1024},
    {"process.max_env_key_bytes", 4096},
    {"process.max_env_val_bytes", 1048576},
    {"process.max_runtime_ms", 600000},
    {"process.max_stdout_bytes", 268435456},
    {"process.max_stderr_bytes", 268435456},
    {"process.max_stdin_bytes", 268435456},
    {"process.max_total_bytes", 536870912},
};

static uint32_t most_of(const char *field)
{
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        if (strcmp(amounts[i].field, field) == 0) {
            return amounts[i].most;
        }
    }
    return UINT32_MAX;
}

/* -- items */

enum { KEY_CHARACTERS = 256, PATH_CHARACTERS = 4096 };

static int is_key(const char *field)
{
    return strcmp(field, "env.allow_keys") == 0 || strcmp(field, "process.allow_env_keys") == 0;
}

static int has(x07_bytes_view text, char byte)
{
    return memchr(text.ptr, byte, text.len) != NULL;
}

static uint32_t characters(x07_bytes_view text)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        count += (text.ptr[i] & 0xC0) != 0x80;
    }
    return count;
}

static const char *why_no_item(const char *field, x07_bytes_view item)
{
    if (item.len == 0) {
        return "an item of a policy is not empty";
    }
    if (has(item, ';') || has(item, '\0')) {
        return "an item of a policy has no `;` and no NUL";
    }
    if (!x07_text_is_utf8(item)) {
        return "a policy is UTF-8, which this is not";
    }
    if (is_key(field) && has(item, '=')) {
        return "the name of a variable has no `=`";
    }
    uint32_t most = is_key(field) ? KEY_CHARACTERS : PATH_CHARACTERS;
    return characters(item) > most ? "it is longer than an item of a policy may be" : NULL;
}

static const char *why_no_pattern(const char *field, x07_bytes_view text)
{
    uint8_t room[X07_PATTERN_BYTES];
    if (text.len != 0 && x07_pattern_of(room, text).len == 0) {
        return "a pattern for it alone would be longer than a policy may have";
    }
    return why_no_item(field, text);
}

x07_bytes_view x07_pattern_of(uint8_t room[X07_PATTERN_BYTES], x07_bytes_view text)
{
    x07_bytes_view pattern = {room, 0};
    if (text.len > X07_REGEX_LITE_TOKENS) {
        return pattern;
    }
    for (uint32_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (byte == '.' || byte == '*' || byte == '\\') {
            room[pattern.len++] = '\\';
        }
        room[pattern.len++] = byte;
    }
    pattern.len = characters(pattern) <= X07_PATTERN_CHARACTERS ? pattern.len : 0;
    return pattern;
}

const char *x07_ungrantable(const x07_verdict *verdict)
{
    switch (verdict->reason) {
    case X07_NOT_LISTED:
    case X07_NOT_UNDER:
    case X07_IS_ROOT:
    case X07_INTERPRETER_NOT_LISTED:
        return why_no_item(verdict->field, verdict->wanted);
    case X07_NOT_MATCHED:
        return why_no_pattern(verdict->field, verdict->wanted);
    case X07_OVER_LIMIT:
        return verdict->asked > most_of(verdict->field) ? "no policy may have that much" : NULL;
    case X07_IS_OFF:
        return verdict->asked & X07_NEEDS_ITEM ? why_no_item(verdict->field, verdict->wanted)
                                               : NULL;
    default:
        return NULL;
    }
}
