#include "stream.h"

/* Options and results. A tag says which of both sides a value is on. */

static void give_option_i32(uint32_t tag)
{
    uint32_t value = take_u32();
    x07_option_i32 option = tag ? x07_option_i32_some(value) : x07_option_i32_none();
    give_u32(x07_option_i32_is_some(option));
    give_u32(x07_option_i32_unwrap_or(option, take_u32()));
}

static void give_option_bytes(uint32_t tag)
{
    x07_option_bytes option = tag ? x07_option_bytes_some(take_bytes()) : x07_option_bytes_none();
    give_u32(x07_option_bytes_is_some(option));
    give_bytes(x07_option_bytes_unwrap_or(option, take_bytes()));
}

static void give_option_view(uint32_t tag)
{
    x07_bytes_view value = take_view(), fallback = take_view();
    x07_option_bytes_view option =
        tag ? x07_option_bytes_view_some(value) : x07_option_bytes_view_none();
    give_u32(x07_option_bytes_view_is_some(option));
    give_view(x07_option_bytes_view_unwrap_or(option, fallback));
    forget(value);
    forget(fallback);
}

static void give_choice_i32(uint32_t tag)
{
    uint32_t value = take_u32();
    x07_result_i32 result = tag ? x07_result_i32_ok(value) : x07_result_i32_err(value);
    give_u32(x07_result_i32_is_ok(result));
    give_u32(x07_result_i32_err_code(result));
    give_u32(x07_result_i32_unwrap_or(result, take_u32()));
}

static x07_result_bytes take_result_bytes(uint32_t tag)
{
    return tag ? x07_result_bytes_ok(take_bytes()) : x07_result_bytes_err(take_u32());
}

static void give_result_bytes(uint32_t tag)
{
    x07_result_bytes result = take_result_bytes(tag);
    give_u32(x07_result_bytes_is_ok(result));
    give_u32(x07_result_bytes_err_code(result));
    give_bytes(x07_result_bytes_unwrap_or(result, take_bytes()));
}

static void give_result_view(uint32_t tag)
{
    x07_bytes_view value = tag ? take_view() : X07_NO_BYTES_VIEW;
    x07_result_bytes_view result =
        tag ? x07_result_bytes_view_ok(value) : x07_result_bytes_view_err(take_u32());
    x07_bytes_view fallback = take_view();
    give_u32(x07_result_bytes_view_is_ok(result));
    give_u32(x07_result_bytes_view_err_code(result));
    give_view(x07_result_bytes_view_unwrap_or(result, fallback));
    if (tag) {
        forget(value);
    }
    forget(fallback);
}

static void give_nested(uint32_t tag)
{
    x07_result_result_bytes result = X07_NO_RESULT_RESULT_BYTES;
    if (tag) {
        result = (x07_result_result_bytes){.tag = 1u, .ok = take_result_bytes(tag - 1u)};
    } else {
        result.err = take_u32();
    }
    give_u32(x07_result_result_bytes_is_ok(result));
    give_u32(x07_result_result_bytes_err_code(result));
    x07_result_bytes inner = x07_result_result_bytes_unwrap_or(result, take_result_bytes(1u));
    give_u32(x07_result_bytes_err_code(inner));
    give_bytes(x07_result_bytes_unwrap_or(inner, x07_bytes_empty()));
}

/* Values that nobody takes apart, and values that were moved away. */
static void drop_all(void)
{
    x07_option_bytes_drop(x07_option_bytes_some(take_bytes()));
    x07_option_bytes_drop(X07_NO_OPTION_BYTES);
    x07_result_bytes_drop(take_result_bytes(1u));
    x07_result_bytes_drop(X07_NO_RESULT_BYTES);
    x07_result_bytes_drop(x07_result_bytes_err(7u));
    x07_result_result_bytes_drop((x07_result_result_bytes){.tag = 1u, .ok = take_result_bytes(1u)});
    x07_result_result_bytes_drop(X07_NO_RESULT_RESULT_BYTES);
    x07_bytes_drop(X07_NO_BYTES);
    x07_vec_u8_drop(X07_NO_VEC_U8);
}

void serve(uint32_t operation)
{
    static void (*const give[])(uint32_t tag) = {
        give_option_i32,   give_option_bytes, give_option_view, give_choice_i32,
        give_result_bytes, give_result_view,  give_nested,
    };
    if (operation < 7) {
        give[operation](take_u32());
    } else {
        drop_all();
    }
}
