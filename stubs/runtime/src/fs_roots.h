/* The folders that fs.read_roots and fs.write_roots name. They are what they were when the program
 * first asked: what takes a root's name later, a link above all, is not the root. */
#ifndef X07_FS_ROOTS_H
#define X07_FS_ROOTS_H

#include "resolve.h"
#include "x07_policy.h"

typedef enum { X07_READ_ROOTS, X07_WRITE_ROOTS } x07_root_list;

/* Finds all roots. To be called before the program, or a process that it starts, can change
 * anything; again does nothing. */
void x07_fs_roots_pin(const x07_policy *policy);

/* Where the path `rest` below a root starts; `*rest` may change. A root that is not there is made
 * where `makes`. -1 and errno where there is none. */
int x07_fs_root(x07_root_list list, uint32_t index, int makes, const char **rest, x07_base *base);

#endif
