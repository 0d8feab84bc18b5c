#include "x07_limit_hook.h"

#include <stddef.h>

void (*x07_limit_hook)(int error) = NULL;
