#include "state.h"

#include "host.h"
#include "record.h"
#include "variables.h"

#define VARIABLE "X07_VM_STATE_DIR"
#define BELOW_HOME "/.x07/vm/jobs"
#define PREFIX "/.start-"

enum { RECORD_PATH_BYTES = 8192 };

/* Absolute, without an empty part, `.` or `..`. */
static bool is_plain(x07_text path)
{
    const char *text = path.start;
    if (path.length < 2 || text[0] != '/' || text[path.length - 1] == '/') {
        return false;
    }
    for (size_t at = 1; at < path.length; at++) {
        const bool begins = text[at - 1] == '/';
        const bool is_dot = begins && text[at] == '.';
        const char next = at + 1 < path.length ? text[at + 1] : '/';
        const char last = at + 2 < path.length ? text[at + 2] : '/';
        if ((begins && text[at] == '/') || (is_dot && next == '/') ||
            (is_dot && next == '.' && last == '/')) {
            return false;
        }
    }
    return true;
}

bool x07_state_find(char **environment, x07_buffer *root)
{
    const x07_text named = x07_variable(environment, x07_text_of(VARIABLE));
    const x07_text home = x07_variable(environment, x07_text_of("HOME"));
    x07_put(root, named.length > 0 ? named : home);
    x07_put_word(root, named.length > 0 ? "" : BELOW_HOME);
    if ((named.length == 0 && home.length == 0) || root->is_short || !is_plain(x07_content(root))) {
        return false;
    }
    const x07_look found = x07_look_at(root->bytes);
    return found.is_folder && found.is_ours;
}

x07_text x07_state_record(
    const x07_buffer *root, const char *self, const char *folder, x07_sha256_blocks *blocks)
{
    const x07_text nothing = {NULL, 0};
    char hex[X07_SHA256_DIGITS];
    x07_sha256 digest;
    x07_text fields;
    x07_buffer path = x07_buffer_of(RECORD_PATH_BYTES);
    x07_sha256_begin(&digest, blocks);
    x07_sha256_add(&digest, (const uint8_t *)self, x07_text_of(self).length + 1);
    x07_sha256_add(&digest, (const uint8_t *)folder, x07_text_of(folder).length);
    x07_sha256_end_hex(&digest, hex);
    x07_put(&path, x07_content(root));
    x07_put_word(&path, PREFIX);
    x07_put(&path, (x07_text){hex, sizeof hex});
    if (path.is_short) {
        return nothing;
    }
    const x07_text data = x07_read_ours(path.bytes, X07_RECORD_BYTES);
    return x07_record_read(data, &fields) ? fields : nothing;
}
