#include "json.h"

#include "float_text.h"
#include "handles.h"

#include <string.h>

/* Integers of so many digits are exact in a double, and written by it as they are. */
enum { EXACT_DIGITS = 15 };

static bool fail_at(x07_json *json, uint32_t error, uint32_t at)
{
    json->error = error;
    json->error_at = at;
    return false;
}

static bool fail(x07_json *json, uint32_t error)
{
    return fail_at(json, error, json->at);
}

static bool over(uint32_t value, uint32_t limit)
{
    return limit && value > limit;
}

static bool sees(const x07_json *json, uint8_t byte)
{
    return json->at < json->len && json->text[json->at] == byte;
}

static bool skip(x07_json *json, uint8_t byte)
{
    bool there = sees(json, byte);
    json->at += there;
    return there;
}

static void skip_space(x07_json *json)
{
    while (sees(json, ' ') || sees(json, '\n') || sees(json, '\r') || sees(json, '\t')) {
        json->at++;
    }
}

static bool skip_digits(x07_json *json)
{
    uint32_t start = json->at;
    while (json->at < json->len && json->text[json->at] >= '0' && json->text[json->at] <= '9') {
        json->at++;
    }
    return json->at > start;
}

/* A node that begins here, as the last child of the open container. */
static x07_json_node *add_node(x07_json *json, x07_json_kind kind)
{
    json->nodes = x07_grow(json->nodes, json->count, sizeof *json->nodes, json->site);
    uint32_t index = json->count++;
    x07_json_node *node = &json->nodes[index];
    *node = (x07_json_node){.kind = kind, .start = json->at};
    if (!json->depth) {
        return node;
    }
    x07_json_node *parent = &json->nodes[json->open];
    if (parent->last) {
        json->nodes[parent->last].next = index;
    } else {
        parent->first = index;
    }
    parent->last = index;
    parent->count++;
    node->parent = json->open;
    return node;
}

/* Stands after the opening quote; ends after the closing one. */
static bool read_string(x07_json *json, uint32_t *start, uint32_t *end)
{
    x07_json_run run = {json->text, json->at, json->len, 0};
    *start = json->at;
    while (run.at < run.end && run.text[run.at] != '"' && !run.error) {
        x07_json_code_point(&run);
    }
    json->at = *end = run.at;
    if (run.error) {
        return fail(json, run.error);
    }
    return skip(json, '"') || fail(json, X07_JSON_SYNTAX);
}

bool x07_json_is_plain_integer(const uint8_t *text, uint32_t len)
{
    uint32_t sign = text[0] == '-';
    if (len - sign > EXACT_DIGITS || (sign && text[1] == '0')) {
        return false;
    }
    for (uint32_t i = sign; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return false;
        }
    }
    return true;
}

static bool skip_number(x07_json *json)
{
    skip(json, '-');
    if (!skip(json, '0') && !skip_digits(json)) {
        return false;
    }
    if (skip(json, '.') && !skip_digits(json)) {
        return false;
    }
    if (!skip(json, 'e') && !skip(json, 'E')) {
        return true;
    }
    if (!skip(json, '+')) {
        skip(json, '-');
    }
    return skip_digits(json);
}

static bool read_number(x07_json *json)
{
    x07_json_node *node = add_node(json, X07_JSON_NUMBER);
    if (!skip_number(json)) {
        return fail(json, X07_JSON_SYNTAX);
    }
    node->end = json->at;
    const uint8_t *text = json->text + node->start;
    uint32_t len = node->end - node->start;
    double value;
    if (x07_json_is_plain_integer(text, len)
        || x07_float_parse(text, len, &value) != X07_FLOAT_OVERFLOW) {
        return true;
    }
    return fail_at(json, X07_JSON_NOT_I_JSON, node->start);
}

static bool read_literal(x07_json *json, const char *literal)
{
    uint32_t len = (uint32_t)strlen(literal);
    x07_json_node *node = add_node(json, X07_JSON_LITERAL);
    if (json->len - json->at < len || memcmp(json->text + json->at, literal, len) != 0) {
        return fail(json, X07_JSON_SYNTAX);
    }
    json->at += len;
    node->end = json->at;
    return true;
}

static bool open_container(x07_json *json, x07_json_kind kind)
{
    if (over(json->depth + 1, json->limits.depth)) {
        return fail(json, X07_JSON_TOO_DEEP);
    }
    add_node(json, kind);
    json->open = json->count - 1;
    json->depth++;
    json->at++;
    return true;
}

static bool close_container(x07_json *json)
{
    x07_json_node *node = &json->nodes[json->open];
    json->at++;
    node->end = json->at;
    if (node->kind == X07_JSON_OBJECT) {
        if (over(node->end - node->start, json->limits.object_bytes)) {
            return fail_at(json, X07_JSON_OBJECT_TOO_LARGE, node->start);
        }
        if (!x07_json_sort(json, json->open)) {
            return false;
        }
    }
    json->depth--;
    json->open = node->parent;
    return true;
}

static bool read_string_value(x07_json *json)
{
    x07_json_node *node = add_node(json, X07_JSON_STRING);
    json->at++;
    return read_string(json, &node->start, &node->end);
}

static bool read_value(x07_json *json)
{
    uint8_t first = json->at < json->len ? json->text[json->at] : 0;
    switch (first) {
    case '{':
        return open_container(json, X07_JSON_OBJECT);
    case '[':
        return open_container(json, X07_JSON_ARRAY);
    case '"':
        return read_string_value(json);
    case 't':
        return read_literal(json, "true");
    case 'f':
        return read_literal(json, "false");
    case 'n':
        return read_literal(json, "null");
    default:
        return read_number(json);
    }
}

static bool read_member(x07_json *json)
{
    uint32_t name_start, name_end;
    uint32_t start = json->at;
    if (!skip(json, '"')) {
        return fail(json, X07_JSON_SYNTAX);
    }
    if (!read_string(json, &name_start, &name_end)) {
        return false;
    }
    if (over(json->nodes[json->open].count + 1, json->limits.members)) {
        return fail_at(json, X07_JSON_OBJECT_TOO_LARGE, start);
    }
    skip_space(json);
    if (!skip(json, ':')) {
        return fail(json, X07_JSON_SYNTAX);
    }
    skip_space(json);
    uint32_t member = json->count;
    if (!read_value(json)) {
        return false;
    }
    json->nodes[member].name_start = name_start;
    json->nodes[member].name_end = name_end;
    return true;
}

/* The end of the open container, or its next part. */
static bool read_next(x07_json *json)
{
    const x07_json_node *container = &json->nodes[json->open];
    bool object = container->kind == X07_JSON_OBJECT;
    skip_space(json);
    if (sees(json, object ? '}' : ']')) {
        return close_container(json);
    }
    if (container->count && !skip(json, ',')) {
        return fail(json, X07_JSON_SYNTAX);
    }
    skip_space(json);
    return object ? read_member(json) : read_value(json);
}

bool x07_json_read(x07_json *json)
{
    skip_space(json);
    if (!read_value(json)) {
        return false;
    }
    while (json->depth) {
        if (!read_next(json)) {
            return false;
        }
    }
    skip_space(json);
    return json->at == json->len || fail(json, X07_JSON_TRAILING);
}
