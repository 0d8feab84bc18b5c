#include "foreign_readers.h"

#include "x07_pkg.h"
#include "x07_readers.h"
#include "x07_trap.h"

/* Extensions keep the numbers that they got, so the table outlives a run of the program, and with
 * it the program's heap. */
enum { FIRST = X07_VTABLE_BYTES + 1, MOST = 64 };

static struct {
    x07_io_reader_vtable_v1 items[MOST];
    uint32_t count;
} vtables;

uint32_t x07_rt_register_io_reader_vtable_v1(const x07_io_reader_vtable_v1 *vtable)
{
    for (uint32_t i = 0; i < vtables.count; i++) {
        if (vtables.items[i].read == vtable->read) {
            return FIRST + i;
        }
    }
    if (vtables.count == MOST || !vtable->read) {
        return 0;
    }
    vtables.items[vtables.count] = *vtable;
    return FIRST + vtables.count++;
}

bool x07_foreign_reader(uint32_t vtable)
{
    return vtable - FIRST < vtables.count;
}

uint32_t x07_foreign_read(x07_iface from, uint8_t *into, uint32_t cap, const char *at)
{
    int64_t count = vtables.items[from.vtable - FIRST].read(from.data, into, cap);
    if (count < 0 || count > cap) {
        x07_trap(count < 0 ? "io.read failed" : "io.read too many bytes", at);
    }
    return (uint32_t)count;
}
