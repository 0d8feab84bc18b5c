/* Natural numbers of up to 4224 bits, for exact conversion between doubles and decimals.
 *
 * The largest ones: 769 decimal digits (2555 bits), and the power of ten below the smallest number
 * that is not rounded to zero, 10^1099 (3651 bits). */
#ifndef X07_BIGNUM_H
#define X07_BIGNUM_H

#include <stdint.h>

enum { X07_BIG_WORDS = 132 };

/* Little-endian words; the top one is not zero. Zero has no words. */
typedef struct {
    uint32_t count;
    uint32_t word[X07_BIG_WORDS];
} x07_big;

void x07_big_set(x07_big *number, uint64_t value);
uint32_t x07_big_bits(const x07_big *number);

/* -1, 0 or 1, as a is below, equal to or above b. */
int x07_big_compare(const x07_big *a, const x07_big *b);

void x07_big_add(x07_big *a, const x07_big *b);

/* a must not be below b. */
void x07_big_subtract(x07_big *a, const x07_big *b);

/* number * factor + addend */
void x07_big_multiply(x07_big *number, uint32_t factor, uint32_t addend);
void x07_big_multiply_pow10(x07_big *number, uint32_t exponent);
void x07_big_shift_left(x07_big *number, uint32_t bits);

#endif
