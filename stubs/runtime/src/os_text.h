/* Text for system calls. */
#ifndef X07_OS_TEXT_H
#define X07_OS_TEXT_H

#include "x07_types.h"

/* A copy that ends with NUL, to be freed; NULL if the text contains one. Consumes the text. */
char *x07_os_text(x07_bytes text, const char *at);

#endif
