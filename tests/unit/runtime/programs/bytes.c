#include "stream.h"

static x07_bytes made(uint32_t operation)
{
    x07_bytes first, second;
    x07_bytes_view view;
    uint32_t start, len;
    switch (operation) {
    case 0:
        return x07_bytes_alloc(take_u32(), AT);
    case 1:
        return x07_bytes1(take_u32(), AT);
    case 2:
        first = take_bytes();
        start = take_u32();
        return x07_bytes_set_u8(first, start, take_u32(), AT);
    case 3:
        first = take_bytes();
        return x07_bytes_copy(first, take_bytes(), AT);
    case 4:
        first = take_bytes();
        return x07_bytes_concat(first, take_bytes(), AT);
    case 5:
        view = take_view();
        start = take_u32();
        len = take_u32();
        second = x07_bytes_slice(view, start, len, AT);
        forget(view);
        return second;
    default:
        return x07_bytes_lit("a\0b", 3u, AT);
    }
}

static void give_sliced(uint32_t operation)
{
    x07_bytes bytes = take_bytes();
    uint32_t start = take_u32(), len = take_u32();
    if (operation == 10) {
        give_view(x07_bytes_subview(bytes, start, len, AT));
    } else {
        give_view(x07_view_slice(x07_bytes_as_view(bytes), start, len, AT));
    }
    x07_bytes_drop(bytes);
}

static void give_order(uint32_t operation)
{
    x07_bytes_view left = take_view(), right = take_view();
    uint32_t left_start = take_u32(), left_len = take_u32();
    uint32_t right_start = take_u32(), right_len = take_u32();
    give_u32((operation == 20 ? x07_bytes_cmp_range : x07_view_cmp_range)(
        left, left_start, left_len, right, right_start, right_len, AT));
    forget(left);
    forget(right);
}

static void give_equality(uint32_t operation)
{
    x07_bytes_view left = take_view(), right = take_view();
    give_u32((operation == 30 ? x07_bytes_eq : x07_view_eq)(left, right));
    give_u32(x07_state.mismatch.known);
    forget(left);
    forget(right);
}

void serve(uint32_t operation)
{
    x07_bytes_view view;
    if (operation < 10) {
        give_bytes(made(operation));
    } else if (operation < 20) {
        give_sliced(operation);
    } else if (operation < 30) {
        give_order(operation);
    } else if (operation < 40) {
        give_equality(operation);
    } else if (operation == 40) {
        view = take_view();
        give_u32(x07_view_get_u8(view, take_u32(), AT));
        forget(view);
    } else {
        give_u32(x07_bytes_empty().len + x07_view_len(x07_text("four", 4u)));
        give_u32(x07_bytes_empty().ptr != NULL);
    }
}
