#include "values.h"

static struct {
    x07_bytes *items;
    uint32_t count;
} kept;

bool x07_ty_is_known(uint32_t ty)
{
    return ty >= X07_TY_I32 && ty <= X07_TY_VIEW;
}

bool x07_ty_fits(uint32_t ty, x07_suffix suffix)
{
    switch (suffix) {
    case X07_NUMBERS:
        return ty == X07_TY_I32 || ty == X07_TY_U32;
    case X07_BYTES:
        return ty == X07_TY_BYTES;
    case X07_VIEWS:
        return ty == X07_TY_VIEW;
    }
    return false;
}

static void free_kept(void)
{
    for (uint32_t i = 0; i < kept.count; i++) {
        x07_bytes_drop(kept.items[i]);
    }
    x07_free(kept.items);
    kept.items = NULL;
    kept.count = 0;
}

static x07_release release_kept = {.run = free_kept};

void x07_keep(x07_bytes copy, const char *at)
{
    if (copy.len == 0) {
        return;
    }
    if (!kept.count) {
        x07_release_add(&release_kept);
    }
    kept.items = x07_grow(kept.items, kept.count, sizeof *kept.items, at);
    kept.items[kept.count++] = copy;
}

void x07_value_drop(uint32_t ty, x07_value value, const char *at)
{
    if (ty == X07_TY_BYTES) {
        x07_bytes_drop(value.bytes);
    } else if (ty == X07_TY_VIEW) {
        x07_keep(value.bytes, at);
    }
}

void x07_value_free(uint32_t ty, x07_value value)
{
    if (ty == X07_TY_BYTES || ty == X07_TY_VIEW) {
        x07_bytes_drop(value.bytes);
    }
}
