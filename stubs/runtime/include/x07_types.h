/* The values of the language as C values (abi.md §4). An i32 is a uint32_t, an f64 a double.
 *
 * Owned values (bytes, vec_u8 and what holds bytes) own one heap block each, or none when they are
 * empty. A cleared value (X07_NO_...) is what a variable holds after its value was moved out: it
 * reads as empty and dropping it does nothing. */
#ifndef X07_TYPES_H
#define X07_TYPES_H

#include <stddef.h>
#include <stdint.h>

/* What the pointer of an empty value points to: never null, never written. */
extern uint8_t x07_nothing[1];

typedef struct {
    uint8_t *ptr;
    uint32_t len;
} x07_bytes;

typedef struct {
    const uint8_t *ptr;
    uint32_t len;
} x07_bytes_view;

/* A block is owned when cap is not 0. */
typedef struct {
    uint8_t *data;
    uint32_t len;
    uint32_t cap;
} x07_vec_u8;

/* Options: tag 0 none, 1 some. */
typedef struct {
    uint32_t tag;
    uint32_t value;
} x07_option_i32;

typedef struct {
    uint32_t tag;
    x07_bytes value;
} x07_option_bytes;

typedef struct {
    uint32_t tag;
    x07_bytes_view value;
} x07_option_bytes_view;

/* Results: tag 0 err, 1 ok. */
typedef struct {
    uint32_t tag;
    union {
        uint32_t ok;
        uint32_t err;
    };
} x07_result_i32;

typedef struct {
    uint32_t tag;
    union {
        x07_bytes ok;
        uint32_t err;
    };
} x07_result_bytes;

typedef struct {
    uint32_t tag;
    union {
        x07_bytes_view ok;
        uint32_t err;
    };
} x07_result_bytes_view;

typedef struct {
    uint32_t tag;
    union {
        x07_result_bytes ok;
        uint32_t err;
    };
} x07_result_result_bytes;

/* A reader: vtable 1 is the built-in byte reader. */
typedef struct {
    uint32_t data;
    uint32_t vtable;
} x07_iface;

#define X07_NO_BYTES ((x07_bytes){.ptr = x07_nothing, .len = 0u})
#define X07_NO_BYTES_VIEW ((x07_bytes_view){.ptr = x07_nothing, .len = 0u})
#define X07_NO_VEC_U8 ((x07_vec_u8){.data = x07_nothing, .len = 0u, .cap = 0u})
#define X07_NO_OPTION_BYTES ((x07_option_bytes){.tag = 0u, .value = {x07_nothing, 0u}})
#define X07_NO_RESULT_BYTES ((x07_result_bytes){.tag = 0u, .err = 0u})
#define X07_NO_RESULT_RESULT_BYTES ((x07_result_result_bytes){.tag = 0u, .err = 0u})

#endif
