/* Memory from the system, in whole pages. */
#ifndef X07_PAGES_H
#define X07_PAGES_H

#include <stddef.h>

/* Zeroed pages, at least `size` bytes; NULL when there is no memory. */
void *x07_pages_map(size_t size);

void x07_pages_unmap(void *pages, size_t size);

#endif
