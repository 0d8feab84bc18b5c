/* Denials in words, and those that happened so far. */
#ifndef X07_DENIAL_H
#define X07_DENIAL_H

#include "x07_policy.h"
#include "x07_writer.h"

void x07_words_text(x07_words *words, const char *text);
void x07_words_number(x07_words *words, uint64_t number);

/* As a JSON string, which a policy can take as it is. What is no UTF-8 becomes U+FFFD; what is long
 * is cut. */
void x07_words_quoted(x07_words *words, x07_bytes_view text);

/* `"policy_denials":[…]`: all that were remembered, in their order. */
void x07_denials_write(x07_writer *writer);

#endif
