#include "json.h"

#include "float_text.h"

static x07_vec_u8 put(const x07_json *json, x07_vec_u8 out, const uint8_t *text, uint32_t len)
{
    return x07_vec_u8_extend_bytes(out, (x07_bytes_view){text, len}, json->site);
}

static x07_vec_u8 put_byte(const x07_json *json, x07_vec_u8 out, char byte)
{
    return x07_vec_u8_push(out, (uint8_t)byte, json->site);
}

static uint32_t encode_utf8(uint8_t out[4], uint32_t point)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    uint32_t more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t lead[4] = {0, 0xc0, 0xe0, 0xf0};
    out[0] = (uint8_t)(lead[more] | point >> 6 * more);
    for (uint32_t i = 1; i <= more; i++) {
        out[i] = (uint8_t)(0x80 | (point >> 6 * (more - i) & 0x3f));
    }
    return more + 1;
}

static uint32_t encode_control(uint8_t out[6], uint32_t point)
{
    static const char points[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt",
                      hex[] = "0123456789abcdef";
    out[0] = '\\';
    for (uint32_t i = 0; i < sizeof points - 1; i++) {
        if (point == (uint8_t)points[i]) {
            out[1] = (uint8_t)names[i];
            return 2;
        }
    }
    out[1] = 'u';
    out[2] = out[3] = '0';
    out[4] = (uint8_t)hex[point >> 4];
    out[5] = (uint8_t)hex[point & 15];
    return 6;
}

static x07_vec_u8 put_escape(const x07_json *json, x07_vec_u8 out, uint32_t point)
{
    uint8_t bytes[6];
    bool control = point < 0x20 || point == '"' || point == '\\';
    uint32_t len = control ? encode_control(bytes, point) : encode_utf8(bytes, point);
    return put(json, out, bytes, len);
}

/* What is not escaped is canonical as it stands. */
static x07_vec_u8 put_string(const x07_json *json, x07_vec_u8 out, uint32_t start, uint32_t end)
{
    x07_json_run run = {json->text, start, end, 0};
    out = put_byte(json, out, '"');
    while (run.at < end) {
        uint32_t from = run.at;
        while (run.at < end && json->text[run.at] != '\\') {
            run.at++;
        }
        out = put(json, out, json->text + from, run.at - from);
        if (run.at < end) {
            out = put_escape(json, out, x07_json_code_point(&run));
        }
    }
    return put_byte(json, out, '"');
}

static x07_vec_u8 put_number(const x07_json *json, x07_vec_u8 out, const x07_json_node *node)
{
    const uint8_t *text = json->text + node->start;
    uint32_t len = node->end - node->start;
    if (x07_json_is_plain_integer(text, len)) {
        return put(json, out, text, len);
    }
    uint8_t shortest[X07_FLOAT_TEXT_MAX];
    double value;
    x07_float_parse(text, len, &value);
    return put(json, out, shortest, x07_float_format(value == 0 ? 0 : value, shortest));
}

static x07_vec_u8 put_start(const x07_json *json, x07_vec_u8 out, const x07_json_node *node)
{
    if (node->name_start) {
        out = put_string(json, out, node->name_start, node->name_end);
        out = put_byte(json, out, ':');
    }
    switch (node->kind) {
    case X07_JSON_ARRAY:
        return put_byte(json, out, '[');
    case X07_JSON_OBJECT:
        return put_byte(json, out, '{');
    case X07_JSON_STRING:
        return put_string(json, out, node->start, node->end);
    case X07_JSON_NUMBER:
        return put_number(json, out, node);
    case X07_JSON_LITERAL:
        break;
    }
    return put(json, out, json->text + node->start, node->end - node->start);
}

static x07_vec_u8 put_end(const x07_json *json, x07_vec_u8 out, const x07_json_node *node)
{
    if (node->kind == X07_JSON_ARRAY) {
        return put_byte(json, out, ']');
    }
    return node->kind == X07_JSON_OBJECT ? put_byte(json, out, '}') : out;
}

/* Down to the first child, on to the next one, and up where there is none; without recursion,
 * since the depth is the document's. */
x07_vec_u8 x07_json_write(const x07_json *json, x07_vec_u8 out)
{
    const x07_json_node *root = json->nodes, *node = root;
    for (;;) {
        out = put_start(json, out, node);
        if (node->first) {
            node = root + node->first;
            continue;
        }
        out = put_end(json, out, node);
        while (node != root && !node->next) {
            node = root + node->parent;
            out = put_end(json, out, node);
        }
        if (node == root) {
            return out;
        }
        out = put_byte(json, out, ',');
        node = root + node->next;
    }
}
