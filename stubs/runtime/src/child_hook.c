#include "x07_child_hook.h"

#include <stddef.h>

void (*x07_child_hook)(void) = NULL;
