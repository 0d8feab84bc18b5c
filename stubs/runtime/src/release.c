#include "x07_release.h"

#include <stddef.h>

void (*x07_before_exit)(void);

static x07_release *first;

void x07_release_add(x07_release *release)
{
    release->next = first;
    first = release;
}

void x07_release_all(void)
{
    while (first != NULL) {
        x07_release *release = first;
        first = release->next;
        release->run();
    }
}
