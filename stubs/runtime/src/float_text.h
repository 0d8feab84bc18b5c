/* Doubles and their decimal text, exact in both directions and free of the locale. */
#ifndef X07_FLOAT_TEXT_H
#define X07_FLOAT_TEXT_H

#include <stdint.h>

enum { X07_FLOAT_TEXT_MAX = 32 };

/* Writes the shortest decimal that reads back as the same double, laid out as ECMAScript does:
 * 0.1, 100, 1e+21, 1.5e-7, -0, NaN, -Infinity. The number of bytes. */
uint32_t x07_float_format(double value, uint8_t text[X07_FLOAT_TEXT_MAX]);

typedef enum {
    X07_FLOAT_READ,
    X07_FLOAT_INVALID,
    X07_FLOAT_OVERFLOW,
    X07_FLOAT_UNDERFLOW, /* not zero, and rounds to zero */
} x07_float_status;

/* Reads [+-] digits [. digits] [e [+-] digits], at least one digit before the exponent, rounding
 * to nearest and ties to even. The whole text must match. An overflow leaves an infinity, an
 * underflow a zero. */
x07_float_status x07_float_parse(const uint8_t *text, uint32_t len, double *value);

#endif
