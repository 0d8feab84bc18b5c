#include "guard.h"

#ifdef X07_TESTING

#include "policy_list.h"

#include <stdlib.h>
#include <string.h>

int x07_guard(const char *name)
{
    const char *without = getenv("X07_TEST_WITHOUT_GUARD");
    x07_bytes_view guard = {(const uint8_t *)name, (uint32_t)strlen(name)};
    return !without || !x07_list_has(without, ',', guard);
}

#else

/* A file with something in it. */
extern const int x07_guards_stay;
const int x07_guards_stay = 1;

#endif
