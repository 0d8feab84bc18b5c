/* Values inside containers. */
#ifndef X07_SRC_VALUES_H
#define X07_SRC_VALUES_H

#include "handles.h"
#include "x07_bytes.h"
#include "x07_release.h"
#include "x07_values.h"

#include <stdbool.h>

typedef union {
    uint32_t number;
    x07_bytes bytes; /* of a view element: the container's copy */
} x07_value;

enum { X07_TY_I32 = 1, X07_TY_U32 = 2, X07_TY_BYTES = 3, X07_TY_VIEW = 4 };

/* The suffix of a head; both number types go by `i32`. */
typedef enum { X07_NUMBERS, X07_BYTES, X07_VIEWS } x07_suffix;

bool x07_ty_is_known(uint32_t ty);
bool x07_ty_fits(uint32_t ty, x07_suffix suffix);

/* Keeps an owned copy until x07_release_all, for views of it may be anywhere. */
void x07_keep(x07_bytes copy, const char *at);

/* Takes a value out of use. A view's copy is kept. */
void x07_value_drop(uint32_t ty, x07_value value, const char *at);

/* At the end: everything goes. */
void x07_value_free(uint32_t ty, x07_value value);

#endif
