#include "stream.h"

static void serve_value(uint32_t operation)
{
    double left = take_f64(), right = take_f64();
    switch (operation) {
    case 0:
        give_f64(x07_f64_add(left, right));
        return;
    case 1:
        give_f64(x07_f64_sub(left, right));
        return;
    case 2:
        give_f64(x07_f64_mul(left, right));
        return;
    case 3:
        give_f64(x07_f64_div(left, right));
        return;
    case 4:
        give_u32(x07_f64_to_i32_trunc(left));
        return;
    }
}

typedef x07_bytes (*unary)(x07_bytes_view, const char *);
typedef x07_bytes (*binary)(x07_bytes_view, x07_bytes_view, const char *);

static const unary UNARY[] = {
    x07_math_f64_sqrt_v1, x07_math_f64_neg_v1,          x07_math_f64_abs_v1,
    x07_math_f64_sin_v1,  x07_math_f64_cos_v1,          x07_math_f64_tan_v1,
    x07_math_f64_exp_v1,  x07_math_f64_log_v1,          x07_math_f64_floor_v1,
    x07_math_f64_ceil_v1, x07_math_f64_fmt_shortest_v1, x07_math_f64_to_bits_u64le_v1,
};

static const binary BINARY[] = {
    x07_math_f64_add_v1, x07_math_f64_sub_v1,   x07_math_f64_mul_v1, x07_math_f64_div_v1,
    x07_math_f64_pow_v1, x07_math_f64_atan2_v1, x07_math_f64_min_v1, x07_math_f64_max_v1,
};

static void give_parsed(x07_bytes_view text)
{
    x07_result_bytes result = x07_math_f64_parse_v1(text, AT);
    give_u32(result.tag ? 0 : result.err);
    if (result.tag) {
        give_bytes(result.ok);
    }
}

void serve(uint32_t operation)
{
    x07_bytes_view left, right;
    if (operation < 10) {
        serve_value(operation);
        return;
    }
    if (operation == 12) {
        uint32_t number = take_u32();
        give_f64(x07_f64_of_i32(number));
        give_bytes(x07_math_f64_from_i32_v1(number, AT));
        return;
    }
    left = take_view();
    if (operation == 10) {
        give_parsed(left);
    } else if (operation == 11) {
        give_result_i32(x07_math_f64_to_i32_trunc_v1(left, AT));
    } else if (operation < 40) {
        give_bytes(UNARY[operation - 20](left, AT));
    } else {
        right = take_view();
        give_bytes(BINARY[operation - 40](left, right, AT));
        forget(right);
    }
    forget(left);
}
