/* The variables of whoever started us. */
#ifndef X07_LAUNCHER_VARIABLES_H
#define X07_LAUNCHER_VARIABLES_H

#include "text.h"

/* Names that are ours. */
#define X07_OURS "X07_"

/* The value of the first variable of a name; no text where there is none. */
x07_text x07_variable(char **environment, x07_text name);
/* What is before the first `=`. */
x07_text x07_name_of(const char *variable);

#endif
