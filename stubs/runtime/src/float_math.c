#include "x07_float.h"

#include "float_text.h"
#include "words.h"
#include "x07_bytes.h"

#include <math.h>

#define SIGN (UINT64_C(1) << 63)
#define NOT_A_NUMBER UINT64_C(0x7ff8000000000000)

enum { INVALID = 40001, OVERFLOW = 40002, UNDERFLOW = 40003, NOT_FINITE = 40020, RANGE = 40021 };

static uint64_t bits_of(x07_bytes_view value, const char *message, const char *at)
{
    uint64_t bits = 0;
    if (value.len != 8) {
        x07_trap(message, at);
    }
    for (uint32_t i = 8; i-- > 0;) {
        bits = bits << 8 | value.ptr[i];
    }
    return bits;
}

static double number_of(x07_bytes_view value, const char *message, const char *at)
{
    uint64_t bits = bits_of(value, message, at);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static x07_bytes from_bits(uint64_t bits, const char *at)
{
    x07_bytes value = x07_bytes_raw(8, at);
    x07_put_u32(x07_put_u32(value.ptr, (uint32_t)bits), (uint32_t)(bits >> 32));
    return value;
}

static x07_bytes from_number(double number, const char *at)
{
    uint64_t bits = NOT_A_NUMBER;
    if (number == number) {
        memcpy(&bits, &number, sizeof bits);
    }
    return from_bits(bits, at);
}

static double lesser(double left, double right)
{
    if (isnan(left)) {
        return right;
    }
    return left < right || isnan(right) || (left == right && signbit(left)) ? left : right;
}

static double greater(double left, double right)
{
    if (isnan(left)) {
        return right;
    }
    return left > right || isnan(right) || (left == right && !signbit(left)) ? left : right;
}

#define NEEDS(name) "math.f64." #name "_v1 needs 8 bytes"

#define TWO(name, result)                                                                          \
    x07_bytes x07_math_f64_##name##_v1(x07_bytes_view left, x07_bytes_view right, const char *at)  \
    {                                                                                              \
        double a = number_of(left, NEEDS(name), at);                                               \
        double b = number_of(right, NEEDS(name), at);                                              \
        return from_number(result, at);                                                            \
    }

TWO(add, a + b)
TWO(sub, a - b)
TWO(mul, a *b)
TWO(div, a / b)
TWO(pow, pow(a, b))
TWO(atan2, atan2(a, b))
TWO(min, lesser(a, b))
TWO(max, greater(a, b))

#define ONE(name, function)                                                                        \
    x07_bytes x07_math_f64_##name##_v1(x07_bytes_view value, const char *at)                       \
    {                                                                                              \
        return from_number(function(number_of(value, NEEDS(name), at)), at);                       \
    }

ONE(sqrt, sqrt)
ONE(sin, sin)
ONE(cos, cos)
ONE(tan, tan)
ONE(exp, exp)
ONE(log, log)
ONE(floor, floor)
ONE(ceil, ceil)

x07_bytes x07_math_f64_neg_v1(x07_bytes_view value, const char *at)
{
    return from_bits(bits_of(value, NEEDS(neg), at) ^ SIGN, at);
}

x07_bytes x07_math_f64_abs_v1(x07_bytes_view value, const char *at)
{
    return from_bits(bits_of(value, NEEDS(abs), at) & ~SIGN, at);
}

x07_bytes x07_math_f64_to_bits_u64le_v1(x07_bytes_view value, const char *at)
{
    return from_bits(bits_of(value, NEEDS(to_bits_u64le), at), at);
}

x07_bytes x07_math_f64_fmt_shortest_v1(x07_bytes_view value, const char *at)
{
    uint8_t text[X07_FLOAT_TEXT_MAX];
    double number = number_of(value, NEEDS(fmt_shortest), at);
    return x07_view_to_bytes((x07_bytes_view){text, x07_float_format(number, text)}, at);
}

x07_result_bytes x07_math_f64_parse_v1(x07_bytes_view text, const char *at)
{
    static const uint32_t codes[] = {
        [X07_FLOAT_INVALID] = INVALID,
        [X07_FLOAT_OVERFLOW] = OVERFLOW,
        [X07_FLOAT_UNDERFLOW] = UNDERFLOW,
    };
    double number;
    x07_float_status status = x07_float_parse(text.ptr, text.len, &number);
    if (status != X07_FLOAT_READ) {
        return (x07_result_bytes){.tag = 0, .err = codes[status]};
    }
    return (x07_result_bytes){.tag = 1, .ok = from_number(number, at)};
}

x07_bytes x07_math_f64_from_i32_v1(uint32_t number, const char *at)
{
    return from_number(x07_f64_of_i32(number), at);
}

x07_result_i32 x07_math_f64_to_i32_trunc_v1(x07_bytes_view value, const char *at)
{
    double number = number_of(value, NEEDS(to_i32_trunc), at);
    if (!isfinite(number)) {
        return (x07_result_i32){.tag = 0, .err = NOT_FINITE};
    }
    if (number <= -2147483649.0 || number >= 2147483648.0) {
        return (x07_result_i32){.tag = 0, .err = RANGE};
    }
    return (x07_result_i32){.tag = 1, .ok = x07_f64_to_i32_trunc(number)};
}
