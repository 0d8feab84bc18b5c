#include "json.h"

static const uint32_t REPLACEMENT = 0xfffd;

static uint32_t fail(x07_json_run *run, uint32_t start, uint32_t error)
{
    run->at = start;
    run->error = error;
    return REPLACEMENT;
}

static bool is_noncharacter(uint32_t point)
{
    return (point & 0xfffe) == 0xfffe || (point >= 0xfdd0 && point <= 0xfdef);
}

static bool is_surrogate(uint32_t point)
{
    return point >= 0xd800 && point <= 0xdfff;
}

static bool is_continuation(const x07_json_run *run)
{
    return run->at < run->end && (run->text[run->at] & 0xc0) == 0x80;
}

/* The bytes after a leading one of UTF-8, which must give at least `least`: no long forms. */
static uint32_t utf8(x07_json_run *run, uint32_t point, uint32_t more, uint32_t least)
{
    uint32_t start = run->at - 1;
    for (; more; more--) {
        if (!is_continuation(run)) {
            return fail(run, start, X07_JSON_NOT_I_JSON);
        }
        point = point << 6 | (run->text[run->at++] & 0x3f);
    }
    if (point < least || point > 0x10ffff || is_surrogate(point)) {
        return fail(run, start, X07_JSON_NOT_I_JSON);
    }
    return point;
}

static uint32_t raw(x07_json_run *run)
{
    uint8_t byte = run->text[run->at++];
    if (byte < 0x20) {
        return fail(run, run->at - 1, X07_JSON_SYNTAX);
    }
    if (byte < 0x80) {
        return byte;
    }
    if (byte >= 0xc0 && byte < 0xe0) {
        return utf8(run, byte & 0x1f, 1, 0x80);
    }
    if (byte >= 0xe0 && byte < 0xf0) {
        return utf8(run, byte & 0x0f, 2, 0x800);
    }
    if (byte >= 0xf0 && byte < 0xf8) {
        return utf8(run, byte & 0x07, 3, 0x10000);
    }
    return fail(run, run->at - 1, X07_JSON_NOT_I_JSON);
}

static bool hex_digit(uint8_t byte, uint32_t *value)
{
    if (byte >= '0' && byte <= '9') {
        *value = (uint32_t)(byte - '0');
    } else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f') {
        *value = (uint32_t)((byte | 0x20) - 'a' + 10);
    } else {
        return false;
    }
    return true;
}

/* Four digits. */
static bool hex(x07_json_run *run, uint32_t *unit)
{
    *unit = 0;
    for (uint32_t i = 0; i < 4; i++) {
        uint32_t digit;
        if (run->at == run->end || !hex_digit(run->text[run->at], &digit)) {
            return false;
        }
        *unit = *unit << 4 | digit;
        run->at++;
    }
    return true;
}

/* The second half of a pair. */
static bool low_surrogate(x07_json_run *run, uint32_t *unit)
{
    if (run->end - run->at < 2 || run->text[run->at] != '\\' || run->text[run->at + 1] != 'u') {
        return false;
    }
    run->at += 2;
    return hex(run, unit) && *unit >= 0xdc00 && *unit <= 0xdfff;
}

static uint32_t unicode_escape(x07_json_run *run, uint32_t start)
{
    uint32_t unit, low;
    if (!hex(run, &unit)) {
        return fail(run, start, X07_JSON_SYNTAX);
    }
    if (!is_surrogate(unit)) {
        return unit;
    }
    if (unit >= 0xdc00 || !low_surrogate(run, &low)) {
        return fail(run, start, X07_JSON_NOT_I_JSON);
    }
    return 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
}

static uint32_t escape(x07_json_run *run, uint32_t start)
{
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (run->at == run->end) {
        return fail(run, start, X07_JSON_SYNTAX);
    }
    uint8_t byte = run->text[run->at++];
    if (byte == 'u') {
        return unicode_escape(run, start);
    }
    for (uint32_t i = 0; i < sizeof names - 1; i++) {
        if (byte == (uint8_t)names[i]) {
            return (uint8_t)meanings[i];
        }
    }
    return fail(run, start, X07_JSON_SYNTAX);
}

uint32_t x07_json_code_point(x07_json_run *run)
{
    uint32_t start = run->at;
    uint32_t point;
    if (run->text[start] == '\\') {
        run->at++;
        point = escape(run, start);
    } else {
        point = raw(run);
    }
    if (!run->error && is_noncharacter(point)) {
        return fail(run, start, X07_JSON_NOT_I_JSON);
    }
    return point;
}

/* Code points in the order of their UTF-16: pairs begin with D800 to DBFF, so those above the
 * basic plane come before E000 to FFFF. */
static uint32_t utf16_rank(uint32_t point)
{
    if (point >= 0x10000) {
        return point - 0x10000 + 0xd800;
    }
    return point >= 0xe000 ? point + 0x200000 : point;
}

int x07_json_compare(x07_json_run a, x07_json_run b)
{
    while (a.at < a.end && b.at < b.end) {
        uint32_t x = utf16_rank(x07_json_code_point(&a));
        uint32_t y = utf16_rank(x07_json_code_point(&b));
        if (x != y) {
            return x < y ? -1 : 1;
        }
    }
    return (a.at < a.end) - (b.at < b.end);
}
