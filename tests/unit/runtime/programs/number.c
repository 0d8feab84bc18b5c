#include "stream.h"

static void give_of_view(uint32_t operation)
{
    x07_bytes_view view = take_view();
    switch (operation) {
    case 10:
        give_u32(x07_codec_read_u32_le(view, take_u32(), AT));
        break;
    case 11:
        give_u32(x07_parse_u32_dec(view, AT));
        break;
    default:
        give_u32(x07_parse_u32_dec_at(view, take_u32(), AT));
        break;
    }
    forget(view);
}

void serve(uint32_t operation)
{
    if (operation >= 10) {
        give_of_view(operation);
        return;
    }
    uint32_t number = take_u32();
    switch (operation) {
    case 0:
        give_u32(x07_div(number, take_u32()));
        return;
    case 1:
        give_u32(x07_mod(number, take_u32()));
        return;
    case 2:
        give_bytes(x07_codec_write_u32_le(number, AT));
        return;
    case 3:
        give_bytes(x07_fmt_u32_to_dec(number, AT));
        return;
    case 4:
        give_bytes(x07_fmt_s32_to_dec(number, AT));
        return;
    case 5:
        give_u32(x07_prng_lcg_next_u32(number));
        return;
    case 6:
        give_u32(x07_process_set_exit_code_v1(number));
        give_u32(x07_state.exit_code);
        return;
    }
}
