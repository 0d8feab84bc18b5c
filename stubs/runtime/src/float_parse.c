/* The decimal is taken as an exact ratio of two integers, and the bits of the double are divided
 * off it one by one; what is left decides the rounding. */
#include "bignum.h"
#include "float_text.h"

#include <stdbool.h>
#include <string.h>

/* No number half-way between two doubles has more digits; beyond, it only matters whether any is
 * not zero. */
enum { DIGITS_MAX = 770 };

/* Far above every exponent that digits of a 4 GiB text could bring back into range. */
#define EXPONENT_MAX INT64_C(1000000000000)

/* digits * 10^exponent */
typedef struct {
    x07_big digits;
    uint32_t count;
    int64_t exponent;
    bool negative;
} decimal;

typedef struct {
    const uint8_t *at, *end;
} cursor;

static bool is_digit(const cursor *in)
{
    return in->at < in->end && *in->at >= '0' && *in->at <= '9';
}

static bool skip(cursor *in, uint8_t low, uint8_t high)
{
    if (in->at == in->end || (*in->at != low && *in->at != high)) {
        return false;
    }
    in->at++;
    return true;
}

static bool read_sign(cursor *in)
{
    bool negative = skip(in, '-', '-');
    if (!negative) {
        skip(in, '+', '+');
    }
    return negative;
}

/* A digit past the limit makes the last kept one odd, if it counts at all. */
static void push_digit(decimal *d, uint32_t digit)
{
    if (d->count == 0 && digit == 0) {
        return;
    }
    if (d->count < DIGITS_MAX) {
        x07_big_multiply(&d->digits, 10, digit);
        d->count++;
        return;
    }
    if (digit) {
        d->digits.word[0] |= 1;
    }
    d->exponent++;
}

static uint64_t read_digits(cursor *in, decimal *d, bool fraction)
{
    const uint8_t *start = in->at;
    for (; is_digit(in); in->at++) {
        push_digit(d, (uint32_t)(*in->at - '0'));
        d->exponent -= fraction;
    }
    return (uint64_t)(in->at - start);
}

static bool read_exponent(cursor *in, decimal *d)
{
    if (!skip(in, 'e', 'E')) {
        return true;
    }
    bool negative = read_sign(in);
    int64_t exponent = 0;
    if (!is_digit(in)) {
        return false;
    }
    for (; is_digit(in); in->at++) {
        if (exponent < EXPONENT_MAX) {
            exponent = exponent * 10 + (*in->at - '0');
        }
    }
    d->exponent += negative ? -exponent : exponent;
    return true;
}

static bool read_decimal(cursor *in, decimal *d)
{
    *d = (decimal){.negative = read_sign(in)};
    uint64_t digits = read_digits(in, d, false);
    if (skip(in, '.', '.')) {
        digits += read_digits(in, d, true);
    }
    return digits && read_exponent(in, d) && in->at == in->end;
}

/* Scales the ratio into [1, 2) and gives the power of two that was taken out. */
static int32_t normalize(x07_big *over, x07_big *under)
{
    int32_t power = (int32_t)x07_big_bits(over) - (int32_t)x07_big_bits(under);
    if (power >= 0) {
        x07_big_shift_left(under, (uint32_t)power);
    } else {
        x07_big_shift_left(over, (uint32_t)-power);
    }
    if (x07_big_compare(over, under) >= 0) {
        return power;
    }
    x07_big_shift_left(over, 1);
    return power - 1;
}

static uint64_t divide(x07_big *over, const x07_big *under, int32_t bits)
{
    uint64_t quotient = 0;
    for (; bits > 0; bits--) {
        bool one = x07_big_compare(over, under) >= 0;
        if (one) {
            x07_big_subtract(over, under);
        }
        quotient = quotient * 2 + one;
        x07_big_shift_left(over, 1);
    }
    return quotient;
}

/* The bits of the double next to over / under, which must be within the range of doubles or not
 * far above it. */
static uint64_t nearest(x07_big *over, x07_big *under)
{
    int32_t power = normalize(over, under);
    int32_t bits = power < -1022 ? 53 + power + 1022 : 53;
    if (power > 1023) {
        return UINT64_C(0x7ff) << 52;
    }
    if (bits < 0) {
        return 0;
    }
    uint64_t mantissa = divide(over, under, bits);
    int half = x07_big_compare(over, under);
    if (half > 0 || (half == 0 && mantissa % 2)) {
        mantissa++;
    }
    /* A normal mantissa carries its leading one into the exponent. */
    return power < -1022 ? mantissa : ((uint64_t)(power + 1022) << 52) + mantissa;
}

static uint64_t magnitude(decimal *d)
{
    int64_t point = d->exponent + d->count;
    if (d->count == 0 || point < -330) {
        return 0;
    }
    if (point > 310) {
        return UINT64_C(0x7ff) << 52;
    }
    x07_big under;
    x07_big_set(&under, 1);
    if (d->exponent >= 0) {
        x07_big_multiply_pow10(&d->digits, (uint32_t)d->exponent);
    } else {
        x07_big_multiply_pow10(&under, (uint32_t)-d->exponent);
    }
    return nearest(&d->digits, &under);
}

x07_float_status x07_float_parse(const uint8_t *text, uint32_t len, double *value)
{
    cursor in = {text, text + len};
    decimal d;
    if (!read_decimal(&in, &d)) {
        return X07_FLOAT_INVALID;
    }
    uint64_t bits = magnitude(&d);
    uint64_t sign = (uint64_t)d.negative << 63;
    x07_float_status status = X07_FLOAT_READ;
    if (bits == UINT64_C(0x7ff) << 52) {
        status = X07_FLOAT_OVERFLOW;
    } else if (bits == 0 && d.count) {
        status = X07_FLOAT_UNDERFLOW;
    }
    bits |= sign;
    memcpy(value, &bits, sizeof bits);
    return status;
}
