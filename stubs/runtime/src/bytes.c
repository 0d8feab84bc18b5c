#include "x07_bytes.h"

x07_bytes x07_bytes_copy(x07_bytes source, x07_bytes target, const char *at)
{
    if (source.len > target.len) {
        x07_trap("bytes.copy dst too small", at);
    }
    if (source.len != 0u) {
        x07_copy(target.ptr, source.ptr, source.len);
    }
    x07_bytes_drop(source);
    return target;
}

x07_bytes x07_bytes_concat(x07_bytes left, x07_bytes right, const char *at)
{
    if (right.len > UINT32_MAX - left.len) {
        x07_trap("bytes.concat overflow", at);
    }
    x07_bytes joined = x07_bytes_raw(left.len + right.len, at);
    if (left.len != 0u) {
        x07_copy(joined.ptr, left.ptr, left.len);
    }
    if (right.len != 0u) {
        x07_copy(joined.ptr + left.len, right.ptr, right.len);
    }
    x07_bytes_drop(left);
    x07_bytes_drop(right);
    return joined;
}

static void note_prefix(uint8_t *prefix, x07_bytes_view view)
{
    uint32_t len = view.len < X07_MISMATCH_PREFIX_BYTES ? view.len : X07_MISMATCH_PREFIX_BYTES;
    memcpy(prefix, view.ptr, len);
}

void x07_mismatch_note(x07_bytes_view got, x07_bytes_view expected)
{
    x07_mismatch *mismatch = &x07_state.mismatch;
    mismatch->known = 1u;
    mismatch->got_len = got.len;
    mismatch->expected_len = expected.len;
    note_prefix(mismatch->got, got);
    note_prefix(mismatch->expected, expected);
}

static uint32_t ordered(const uint8_t *left, uint32_t left_len, const uint8_t *right,
                        uint32_t right_len)
{
    uint32_t common = left_len < right_len ? left_len : right_len;
    int order = memcmp(left, right, common);
    if (order == 0) {
        order = (left_len > right_len) - (left_len < right_len);
    }
    return (uint32_t)((order > 0) - (order < 0));
}

uint32_t x07_bytes_cmp_range(x07_bytes_view left, uint32_t left_start, uint32_t left_len,
                             x07_bytes_view right, uint32_t right_start, uint32_t right_len,
                             const char *at)
{
    if (!x07_range_fits(left_start, left_len, left.len)
        || !x07_range_fits(right_start, right_len, right.len)) {
        x07_trap("bytes.cmp_range oob", at);
    }
    return ordered(left.ptr + left_start, left_len, right.ptr + right_start, right_len);
}

uint32_t x07_view_cmp_range(x07_bytes_view left, uint32_t left_start, uint32_t left_len,
                            x07_bytes_view right, uint32_t right_start, uint32_t right_len,
                            const char *at)
{
    if (!x07_range_fits(left_start, left_len, left.len)
        || !x07_range_fits(right_start, right_len, right.len)) {
        x07_trap("view.cmp_range oob", at);
    }
    return ordered(left.ptr + left_start, left_len, right.ptr + right_start, right_len);
}
