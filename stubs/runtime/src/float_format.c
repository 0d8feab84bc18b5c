/* The digits come from the free-format algorithm of Steele and White, and Burger and Dybvig, over
 * exact integers: the shortest decimal inside the interval of numbers that round to the double,
 * and of those the closest. */
#include "bignum.h"
#include "float_text.h"

#include <stdbool.h>
#include <string.h>

enum { MANTISSA_BITS = 52, DIGITS_MAX = 17 };

/* 0.d1d2d3... * 10^point */
typedef struct {
    uint8_t digit[DIGITS_MAX];
    uint32_t count;
    int32_t point;
} decimal;

/* value = rest / unit, and what lies less than below / unit or above / unit away rounds to it. */
typedef struct {
    x07_big rest, unit, below, above;
    bool inclusive; /* the ends of the interval round to it, too */
} interval;

static void interval_set(interval *v, uint64_t mantissa, int32_t exponent, bool uneven)
{
    /* Twice the unit makes the halves between neighbours whole. Below a power of two the
     * neighbour is twice as near: everything else is doubled once more. */
    uint32_t doubled = uneven ? 2 : 1;
    uint32_t up = exponent > 0 ? (uint32_t)exponent : 0;
    uint32_t down = exponent < 0 ? (uint32_t)-exponent : 0;
    x07_big_set(&v->rest, mantissa);
    x07_big_shift_left(&v->rest, up + doubled);
    x07_big_set(&v->unit, 1);
    x07_big_shift_left(&v->unit, down + doubled);
    x07_big_set(&v->below, 1);
    x07_big_shift_left(&v->below, up);
    x07_big_set(&v->above, 1);
    x07_big_shift_left(&v->above, up + doubled - 1);
    v->inclusive = mantissa % 2 == 0;
}

/* Whether the upper end of the interval reaches the unit. */
static bool reaches_unit(const interval *v)
{
    x07_big end = v->rest;
    x07_big_add(&end, &v->above);
    return x07_big_compare(&end, &v->unit) >= !v->inclusive;
}

static bool reaches_zero(const interval *v)
{
    return x07_big_compare(&v->rest, &v->below) < v->inclusive;
}

static void times_ten(interval *v)
{
    x07_big_multiply(&v->rest, 10, 0);
    x07_big_multiply(&v->below, 10, 0);
    x07_big_multiply(&v->above, 10, 0);
}

static uint32_t bits_of(uint64_t value)
{
    uint32_t bits = 0;
    for (; value; value >>= 1) {
        bits++;
    }
    return bits;
}

/* floor(log10(2^power)), for every power of a double. */
static int32_t log10_of_pow2(int32_t power)
{
    int64_t scaled = (int64_t)power * 1262611; /* log10(2) * 2^22 */
    return (int32_t)(scaled >= 0 ? scaled >> 22 : ~(~scaled >> 22));
}

/* Brings the interval below the unit, and as near as its leading digit goes. */
static int32_t scale(interval *v, int32_t power)
{
    int32_t point = log10_of_pow2(power) + 1;
    if (point >= 0) {
        x07_big_multiply_pow10(&v->unit, (uint32_t)point);
    } else {
        x07_big_multiply_pow10(&v->rest, (uint32_t)-point);
        x07_big_multiply_pow10(&v->below, (uint32_t)-point);
        x07_big_multiply_pow10(&v->above, (uint32_t)-point);
    }
    if (!reaches_unit(v)) {
        return point;
    }
    x07_big_multiply(&v->unit, 10, 0);
    return point + 1;
}

static uint8_t next_digit(interval *v)
{
    uint8_t digit = 0;
    times_ten(v);
    for (; x07_big_compare(&v->rest, &v->unit) >= 0; digit++) {
        x07_big_subtract(&v->rest, &v->unit);
    }
    return digit;
}

/* Whether the rest of the last digit is rounded up: to the nearest, ties to even. */
static bool rounds_up(const interval *v, uint8_t digit, bool zero, bool unit)
{
    if (zero != unit) {
        return unit;
    }
    x07_big twice = v->rest;
    x07_big_shift_left(&twice, 1);
    int order = x07_big_compare(&twice, &v->unit);
    return order > 0 || (order == 0 && digit % 2);
}

static void generate(interval *v, decimal *out)
{
    bool zero, unit;
    do {
        out->digit[out->count++] = next_digit(v);
        zero = reaches_zero(v);
        unit = reaches_unit(v);
    } while (!zero && !unit);
    uint8_t *last = &out->digit[out->count - 1];
    *last = (uint8_t)(*last + rounds_up(v, *last, zero, unit));
}

static void shortest(uint64_t bits, decimal *out)
{
    uint64_t fraction = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    int32_t biased = (int32_t)(bits >> MANTISSA_BITS & 0x7ff);
    uint64_t mantissa = biased ? fraction | UINT64_C(1) << MANTISSA_BITS : fraction;
    int32_t exponent = (biased ? biased : 1) - 1075;
    interval v;
    interval_set(&v, mantissa, exponent, fraction == 0 && biased > 1);
    out->count = 0;
    out->point = scale(&v, exponent + (int32_t)bits_of(mantissa) - 1);
    generate(&v, out);
}

static uint8_t *put(uint8_t *to, const char *text)
{
    size_t len = strlen(text);
    memcpy(to, text, len);
    return to + len;
}

static uint8_t *put_zeros(uint8_t *to, int32_t count)
{
    for (; count > 0; count--) {
        *to++ = '0';
    }
    return to;
}

static uint8_t *put_digits(uint8_t *to, const decimal *d, uint32_t from, uint32_t until)
{
    for (uint32_t i = from; i < until && i < d->count; i++) {
        *to++ = (uint8_t)('0' + d->digit[i]);
    }
    return to;
}

static uint8_t *put_exponent(uint8_t *to, int32_t exponent)
{
    uint32_t size = (uint32_t)(exponent < 0 ? -exponent : exponent);
    to = put(to, exponent < 0 ? "e-" : "e+");
    for (uint32_t unit = size < 10 ? 1 : size < 100 ? 10 : 100; unit; unit /= 10) {
        *to++ = (uint8_t)('0' + size / unit % 10);
    }
    return to;
}

static uint8_t *put_decimal(uint8_t *to, const decimal *d)
{
    int32_t point = d->point;
    if (point > 21 || point < -5) {
        to = put_digits(to, d, 0, 1);
        to = put_digits(d->count > 1 ? put(to, ".") : to, d, 1, d->count);
        return put_exponent(to, point - 1);
    }
    if (point <= 0) {
        return put_digits(put_zeros(put(to, "0."), -point), d, 0, d->count);
    }
    to = put_digits(to, d, 0, (uint32_t)point);
    to = put_zeros(to, point - (int32_t)d->count);
    if ((uint32_t)point >= d->count) {
        return to;
    }
    return put_digits(put(to, "."), d, (uint32_t)point, d->count);
}

static uint8_t *put_magnitude(uint8_t *to, uint64_t bits)
{
    const uint64_t infinity = UINT64_C(0x7ff) << MANTISSA_BITS;
    if (bits == 0 || bits == infinity) {
        return put(to, bits ? "Infinity" : "0");
    }
    decimal digits;
    shortest(bits, &digits);
    return put_decimal(to, &digits);
}

uint32_t x07_float_format(double value, uint8_t text[X07_FLOAT_TEXT_MAX])
{
    uint64_t bits;
    uint8_t *to = text;
    memcpy(&bits, &value, sizeof bits);
    if (value != value) {
        return (uint32_t)(put(to, "NaN") - text);
    }
    if (bits >> 63) {
        to = put(to, "-");
    }
    return (uint32_t)(put_magnitude(to, bits & ~(UINT64_C(1) << 63)) - text);
}
