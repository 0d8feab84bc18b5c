/* MAP_ANONYMOUS is not in POSIX yet, but everywhere. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#ifndef _DARWIN_C_SOURCE
#define _DARWIN_C_SOURCE
#endif

#include "x07_pages.h"

#include <errno.h>
#include <sys/mman.h>

#include "x07_limit_hook.h"

void *x07_pages_map(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (X07_UNLIKELY(pages == MAP_FAILED)) {
        x07_limit_met(errno);
        return NULL;
    }
    return pages;
}

void x07_pages_unmap(void *pages, size_t size)
{
    munmap(pages, size);
}
