/* Readers of a native extension: one that counts down, one that fails, one that lies. */
#include "stream.h"
#include "x07_pkg.h"

enum { REGISTER, READ, BUFFER, FILL, CONSUME };

static uint32_t left = 10;

/* At most four bytes at once: `data`, `data` + 1 and so on, ten in all. */
static int64_t count_down(uint32_t data, uint8_t *into, uint32_t cap)
{
    uint32_t most = cap < 4 ? cap : 4;
    uint32_t count = left < most ? left : most;
    for (uint32_t i = 0; i < count; i++) {
        into[i] = (uint8_t)(data + 10 - left--);
    }
    return count;
}

static int64_t fail(uint32_t data, uint8_t *into, uint32_t cap)
{
    (void)data, (void)into, (void)cap;
    return -1;
}

static int64_t lie(uint32_t data, uint8_t *into, uint32_t cap)
{
    (void)data, (void)into;
    return (int64_t)cap + 1;
}

static const x07_io_reader_vtable_v1 readers[] = {{count_down}, {fail}, {lie}, {0}};

static x07_iface take_iface(void)
{
    uint32_t data = take_u32();
    return x07_iface_make_v1(data, take_u32());
}

void serve(uint32_t operation)
{
    x07_iface iface;
    uint32_t handle;
    switch (operation) {
    case REGISTER:
        give_u32(x07_rt_register_io_reader_vtable_v1(&readers[take_u32()]));
        return;
    case READ:
        iface = take_iface();
        give_bytes(x07_io_read(iface, take_u32(), AT));
        return;
    case BUFFER:
        iface = take_iface();
        give_u32(x07_bufread_new(iface, take_u32(), AT));
        return;
    case FILL:
        give_view(x07_bufread_fill(take_u32(), AT));
        return;
    case CONSUME:
        handle = take_u32();
        give_u32(x07_bufread_consume(handle, take_u32(), AT));
        return;
    }
}
