/* Denials in words, and those that happened so far. */
#ifndef X07_DENIAL_H
#define X07_DENIAL_H

#include "x07_policy.h"
#include "x07_writer.h"

void x07_words_text(x07_words *words, const char *text);
void x07_words_number(x07_words *words, uint64_t number);

/* `"policy_denials":[…]`: all that were remembered, in their order. */
void x07_denials_write(x07_writer *writer);

#endif
