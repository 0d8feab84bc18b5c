/* What a policy can hold (contract/policy.md §1, §2): a grant that makes no valid one is none. */
#ifndef X07_DENIAL_ITEM_H
#define X07_DENIAL_ITEM_H

#include "x07_policy.h"

enum {
    /* A pattern has at most as many characters, each of up to four bytes. */
    X07_PATTERN_CHARACTERS = 256,
    X07_PATTERN_BYTES = 4 * X07_PATTERN_CHARACTERS,
};

/* The pattern that matches one text and no other, into `room`; no bytes where it is too long. */
x07_bytes_view x07_pattern_of(uint8_t room[X07_PATTERN_BYTES], x07_bytes_view text);

/* Why no policy can have what a verdict asks for, NULL where one can. */
const char *x07_ungrantable(const x07_verdict *verdict);

#endif
