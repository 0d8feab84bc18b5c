/* Names of files, collected and then sorted into lines. */
#ifndef X07_FS_NAMES_H
#define X07_FS_NAMES_H

#include "x07_vec.h"

/* Starts as X07_NO_NAMES. Each name ends with a NUL. */
typedef struct {
    x07_vec_u8 text;
    uint32_t count;
} x07_names;

#define X07_NO_NAMES ((x07_names){.text = X07_NO_VEC_U8, .count = 0})

void x07_names_add(x07_names *names, const char *name, const char *at);

/* All of them by their bytes, each followed by a line feed; one line feed where there are none. The
 * names are dropped. */
x07_bytes x07_names_lines(x07_names *names, const char *at);

static inline void x07_names_drop(x07_names *names)
{
    x07_vec_u8_drop(names->text);
    *names = X07_NO_NAMES;
}

#endif
