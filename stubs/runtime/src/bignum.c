#include "bignum.h"

#include <string.h>

void x07_big_set(x07_big *number, uint64_t value)
{
    number->count = 0;
    for (; value; value >>= 32) {
        number->word[number->count++] = (uint32_t)value;
    }
}

static uint32_t bits_of_word(uint32_t word)
{
    uint32_t bits = 0;
    for (; word; word >>= 1) {
        bits++;
    }
    return bits;
}

uint32_t x07_big_bits(const x07_big *number)
{
    if (!number->count) {
        return 0;
    }
    return 32 * (number->count - 1) + bits_of_word(number->word[number->count - 1]);
}

int x07_big_compare(const x07_big *a, const x07_big *b)
{
    if (a->count != b->count) {
        return a->count < b->count ? -1 : 1;
    }
    for (uint32_t i = a->count; i-- > 0;) {
        if (a->word[i] != b->word[i]) {
            return a->word[i] < b->word[i] ? -1 : 1;
        }
    }
    return 0;
}

void x07_big_add(x07_big *a, const x07_big *b)
{
    uint64_t carry = 0;
    for (uint32_t i = 0; i < b->count || carry; i++) {
        if (i == a->count) {
            a->word[a->count++] = 0;
        }
        carry += (uint64_t)a->word[i] + (i < b->count ? b->word[i] : 0);
        a->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
}

void x07_big_subtract(x07_big *a, const x07_big *b)
{
    uint64_t borrow = 0;
    for (uint32_t i = 0; i < a->count; i++) {
        uint64_t taken = borrow + (i < b->count ? b->word[i] : 0);
        borrow = a->word[i] < taken;
        a->word[i] = (uint32_t)(a->word[i] - taken);
    }
    while (a->count && !a->word[a->count - 1]) {
        a->count--;
    }
}

void x07_big_multiply(x07_big *number, uint32_t factor, uint32_t addend)
{
    uint64_t carry = addend;
    for (uint32_t i = 0; i < number->count; i++) {
        carry += (uint64_t)number->word[i] * factor;
        number->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        number->word[number->count++] = (uint32_t)carry;
    }
}

void x07_big_multiply_pow10(x07_big *number, uint32_t exponent)
{
    for (; exponent >= 9; exponent -= 9) {
        x07_big_multiply(number, 1000000000, 0);
    }
    for (; exponent; exponent--) {
        x07_big_multiply(number, 10, 0);
    }
}

void x07_big_shift_left(x07_big *number, uint32_t bits)
{
    uint32_t words = bits / 32;
    if (!number->count) {
        return;
    }
    memmove(number->word + words, number->word, number->count * sizeof number->word[0]);
    memset(number->word, 0, words * sizeof number->word[0]);
    number->count += words;
    if (bits % 32) {
        x07_big_multiply(number, UINT32_C(1) << bits % 32, 0);
    }
}
