/* f64 values, and math.f64 on doubles as 8 bytes, little-endian (language.md §4).
 *
 * A result of math.f64 that is not a number is always the same one, 0x7ff8000000000000, so that
 * its bytes do not depend on the machine; neg and abs change the sign bit and nothing else. */
#ifndef X07_FLOAT_H
#define X07_FLOAT_H

#include "x07_types.h"

static inline double x07_f64_add(double left, double right)
{
    return left + right;
}

static inline double x07_f64_sub(double left, double right)
{
    return left - right;
}

static inline double x07_f64_mul(double left, double right)
{
    return left * right;
}

static inline double x07_f64_div(double left, double right)
{
    return left / right;
}

static inline double x07_f64_of_i32(uint32_t number)
{
    return (int32_t)number;
}

/* Toward zero. Beyond the range: the end of it; not a number: 0. */
static inline uint32_t x07_f64_to_i32_trunc(double value)
{
    if (value >= 2147483647.0) {
        return 0x7fffffffu;
    }
    if (value <= -2147483648.0) {
        return 0x80000000u;
    }
    return value == value ? (uint32_t)(int32_t)value : 0u;
}

x07_bytes x07_math_f64_add_v1(x07_bytes_view left, x07_bytes_view right, const char *at);
x07_bytes x07_math_f64_sub_v1(x07_bytes_view left, x07_bytes_view right, const char *at);
x07_bytes x07_math_f64_mul_v1(x07_bytes_view left, x07_bytes_view right, const char *at);
x07_bytes x07_math_f64_div_v1(x07_bytes_view left, x07_bytes_view right, const char *at);
x07_bytes x07_math_f64_pow_v1(x07_bytes_view base, x07_bytes_view exponent, const char *at);
x07_bytes x07_math_f64_atan2_v1(x07_bytes_view y, x07_bytes_view x, const char *at);

/* Of a number and one that is not: the number. -0 is below 0. */
x07_bytes x07_math_f64_min_v1(x07_bytes_view left, x07_bytes_view right, const char *at);
x07_bytes x07_math_f64_max_v1(x07_bytes_view left, x07_bytes_view right, const char *at);

x07_bytes x07_math_f64_sqrt_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_neg_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_abs_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_sin_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_cos_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_tan_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_exp_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_log_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_floor_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_ceil_v1(x07_bytes_view value, const char *at);

/* The shortest decimal that reads back as the same double, laid out as ECMAScript does. */
x07_bytes x07_math_f64_fmt_shortest_v1(x07_bytes_view value, const char *at);
x07_bytes x07_math_f64_to_bits_u64le_v1(x07_bytes_view value, const char *at);

/* Decimal text; errors 40001 invalid, 40002 overflow, 40003 underflow. */
x07_result_bytes x07_math_f64_parse_v1(x07_bytes_view text, const char *at);
x07_bytes x07_math_f64_from_i32_v1(uint32_t number, const char *at);

/* Errors 40020 not a finite number, 40021 out of range. */
x07_result_i32 x07_math_f64_to_i32_trunc_v1(x07_bytes_view value, const char *at);

#endif
