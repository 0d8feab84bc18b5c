/* Readers that native extensions bring (x07_pkg.h). */
#ifndef X07_FOREIGN_READERS_H
#define X07_FOREIGN_READERS_H

#include "x07_types.h"

#include <stdbool.h>

/* Whether a vtable with that number was registered. */
bool x07_foreign_reader(uint32_t vtable);

/* Reads at most `cap` bytes, which are not none; 0: the end. Traps where the extension fails. */
uint32_t x07_foreign_read(x07_iface from, uint8_t *into, uint32_t cap, const char *at);

#endif
