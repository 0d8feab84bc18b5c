#include "process_request.h"

#include "x07_memory.h"

enum { VERSION = 1, CAPS_BYTES = 17, SPARE_ARGS = 2 };

/* -- reading: what was read is nothing once `bad` is set */

typedef struct {
    const uint8_t *next;
    uint32_t left;
    int bad;
} reader;

static const uint8_t *take(reader *from, uint32_t len)
{
    const uint8_t *part = from->next;
    if (len > from->left) {
        from->bad = 1;
        return NULL;
    }
    from->next += len;
    from->left -= len;
    return part;
}

static uint32_t take_u8(reader *from)
{
    const uint8_t *byte = take(from, 1u);
    return byte != NULL ? *byte : 0u;
}

static uint32_t take_u32(reader *from)
{
    const uint8_t *word = take(from, 4u);
    if (word == NULL) {
        return 0u;
    }
    return (uint32_t)word[0] | (uint32_t)word[1] << 8 | (uint32_t)word[2] << 16
           | (uint32_t)word[3] << 24;
}

static x07_bytes_view take_data(reader *from)
{
    uint32_t len = take_u32(from);
    const uint8_t *data = take(from, len);
    return data != NULL ? (x07_bytes_view){.ptr = data, .len = len} : X07_NO_BYTES_VIEW;
}

static int contains(x07_bytes_view text, int byte)
{
    return memchr(text.ptr, byte, text.len) != NULL;
}

static x07_bytes_view take_text(reader *from)
{
    x07_bytes_view text = take_data(from);
    from->bad |= contains(text, '\0');
    return text;
}

static uint32_t take_count(reader *from, uint32_t max)
{
    uint32_t count = take_u32(from);
    from->bad |= count > max;
    return from->bad ? 0u : count;
}

static void take_variable(reader *from, x07_process_variable *variable)
{
    variable->key = take_text(from);
    variable->value = take_text(from);
    from->bad |= variable->key.len == 0u || contains(variable->key, '=');
}

static void take_parts(reader *from, x07_process_request *request)
{
    request->args_count = take_count(from, X07_PROCESS_ARGS_MAX);
    from->bad |= request->args_count == 0u;
    for (uint32_t i = 0u; i < request->args_count; i++) {
        request->args[i] = take_text(from);
    }
    request->variables_count = take_count(from, X07_PROCESS_VARIABLES_MAX);
    for (uint32_t i = 0u; i < request->variables_count; i++) {
        take_variable(from, &request->variables[i]);
    }
    request->folder = take_text(from);
    request->input = take_data(from);
}

int x07_process_read_request(x07_bytes_view bytes, x07_process_request *request)
{
    reader from = {.next = bytes.ptr, .left = bytes.len};
    from.bad |= take_u8(&from) != VERSION;
    from.bad |= take_u8(&from) != 0u;
    take_parts(&from, request);
    return !from.bad && from.left == 0u;
}

int x07_process_read_caps(x07_bytes_view bytes, x07_process_caps *caps)
{
    reader from = {.next = bytes.ptr, .left = bytes.len};
    if (bytes.len < CAPS_BYTES || take_u8(&from) != VERSION) {
        return 0;
    }
    caps->max_stdout_bytes = take_u32(&from);
    caps->max_stderr_bytes = take_u32(&from);
    caps->timeout_ms = take_u32(&from);
    caps->timeout_is_policys = 0;
    caps->max_total_bytes = take_u32(&from);
    uint64_t sum = (uint64_t)caps->max_stdout_bytes + caps->max_stderr_bytes;
    if (caps->max_total_bytes == 0u) {
        caps->max_total_bytes = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
    }
    return 1;
}

/* -- text */

static size_t text_bytes(const x07_process_request *request)
{
    size_t sum = (size_t)request->folder.len + 1u;
    for (uint32_t i = 0u; i < request->args_count; i++) {
        sum += (size_t)request->args[i].len + 1u;
    }
    for (uint32_t i = 0u; i < request->variables_count; i++) {
        sum += (size_t)request->variables[i].key.len + request->variables[i].value.len + 2u;
    }
    return sum;
}

/* Appends; the end. */
static char *put(char *to, x07_bytes_view text, char ending)
{
    memcpy(to, text.ptr, text.len);
    to[text.len] = ending;
    return to + text.len + 1;
}

static void put_all(const x07_process_request *request, x07_process_text *text, char *next)
{
    for (uint32_t i = 0u; i < request->args_count; i++) {
        text->args[i] = next;
        next = put(next, request->args[i], '\0');
    }
    for (uint32_t i = 0u; i < request->variables_count; i++) {
        text->variables[i] = next;
        next = put(next, request->variables[i].key, '=');
        next = put(next, request->variables[i].value, '\0');
    }
    put(next, request->folder, '\0');
    text->folder = request->folder.len != 0u ? next : NULL;
}

x07_process_text x07_process_text_of(const x07_process_request *request, const char *at)
{
    size_t args = SPARE_ARGS + (size_t)request->args_count + 1u;
    size_t words = args + request->variables_count + 1u;
    char **block = x07_alloc(words * sizeof *block + text_bytes(request), at);
    x07_process_text text = {
        .args = block + SPARE_ARGS, .variables = block + args, .block = block};
    put_all(request, &text, (char *)(block + words));
    return text;
}

void x07_process_text_drop(x07_process_text text)
{
    x07_free(text.block);
}
