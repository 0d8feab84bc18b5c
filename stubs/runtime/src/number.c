#include "x07_number.h"

/* Decimal digits at the end of `text`, which has room for ten; returns where they start. */
static uint32_t digits_of(uint32_t number, char text[10])
{
    uint32_t first = 10;
    do {
        text[--first] = (char)('0' + number % 10u);
        number /= 10u;
    } while (number != 0u);
    return first;
}

x07_bytes x07_fmt_u32_to_dec(uint32_t number, const char *at)
{
    char text[10];
    uint32_t first = digits_of(number, text);
    return x07_bytes_lit(text + first, 10u - first, at);
}

x07_bytes x07_fmt_s32_to_dec(uint32_t number, const char *at)
{
    char text[11];
    uint32_t is_negative = number >> 31;
    uint32_t first = 1u + digits_of(is_negative ? -number : number, text + 1);
    if (is_negative) {
        text[--first] = '-';
    }
    return x07_bytes_lit(text + first, 11u - first, at);
}

uint32_t x07_parse_u32_dec(x07_bytes_view view, const char *at)
{
    if (view.len == 0u) {
        x07_trap("parse.u32_dec empty", at);
    }
    uint64_t number = 0;
    for (uint32_t i = 0; i < view.len; i++) {
        uint32_t digit = (uint32_t)view.ptr[i] - '0';
        if (digit > 9u) {
            x07_trap("parse.u32_dec non-digit", at);
        }
        number = number * 10u + digit;
        if (number > UINT32_MAX) {
            x07_trap("parse.u32_dec overflow", at);
        }
    }
    return (uint32_t)number;
}

uint32_t x07_parse_u32_dec_at(x07_bytes_view view, uint32_t offset, const char *at)
{
    if (offset > view.len) {
        x07_trap("parse.u32_dec_at oob", at);
    }
    x07_bytes_view rest = {.ptr = view.ptr + offset, .len = view.len - offset};
    return x07_parse_u32_dec(rest, at);
}
