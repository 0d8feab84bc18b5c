/* The trailer as a part of the program: a file in C that is written for each bundle
 * (x07bundle/native/launcher_within.py), so that a signature of the program covers it.
 *
 *     X07.HEAD LENGTH TEXT LENGTH X07.TAIL
 *
 * without the spaces: two marks, and the length of the text in eight hex digits beside each.
 */
#ifndef X07_LAUNCHER_TRAILER_WITHIN_H
#define X07_LAUNCHER_TRAILER_WITHIN_H

#include <stddef.h>

extern const unsigned char x07_within[];
extern const size_t x07_within_bytes;

#endif
