#include "stream.h"

void serve(uint32_t operation)
{
    uint32_t first;
    x07_bytes_view view;
    x07_iface iface;
    switch (operation) {
    case 0:
        view = take_view();
        iface = x07_io_open_read_bytes(view, AT);
        forget(view);
        give_u32(iface.data);
        give_u32(iface.vtable);
        return;
    case 1:
        first = take_u32();
        iface = x07_iface_make_v1(first, take_u32());
        give_bytes(x07_io_read(iface, take_u32(), AT));
        return;
    case 2:
        first = take_u32();
        iface = x07_iface_make_v1(first, take_u32());
        give_u32(x07_bufread_new(iface, take_u32(), AT));
        return;
    case 3:
        give_view(x07_bufread_fill(take_u32(), AT));
        return;
    case 4:
        first = take_u32();
        give_u32(x07_bufread_consume(first, take_u32(), AT));
        return;
    case 5:
        give_u32((uint32_t)x07_state.memory.live_bytes);
        return;
    }
}
