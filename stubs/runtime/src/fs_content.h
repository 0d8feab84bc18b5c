/* What is in a file: reading it whole, and writing it whole or not at all. */
#ifndef X07_FS_CONTENT_H
#define X07_FS_CONTENT_H

#include "fs_call.h"
#include "x07_vec.h"

/* `status` is the file's. 0, or errno. EFBIG: there are more than `limit` bytes,
 * and the length of `content` is one more than that, whether it was read or not. */
int x07_content_read(int file, const struct stat *status, uint32_t limit, x07_vec_u8 *content,
                     const char *at);

/* What the limit `most` would have to be for a file that was not read: of one whose size is known,
 * that; else what was seen. */
uint64_t x07_content_asked(const struct stat *status, const x07_vec_u8 *content, uint32_t most);

/* Opens the target for reading, for writing or for appending to it, and checks that it is a file.
 * The code of the error, or 0 and the descriptor. */
uint32_t x07_content_open_read(const x07_fs_call *call, int *file, struct stat *status);
uint32_t x07_content_open_write(const x07_fs_call *call, int *file);
uint32_t x07_content_open_append(const x07_fs_call *call, int *file);

/* A file beside the target, which takes its name at the end. Names are part of the call's path. */
typedef struct x07_beside {
    int folder;
    int file;
    int overwrites;
    char name[256];
    char fresh[256];
    struct x07_beside *next;
} x07_beside;

/* Code of the error, or 0. What was opened stays where it is in memory until it is given back by
 * one of the other two: `keep` puts it in the target's place, `drop` leaves no trace of it, nor does
 * a program that ends without either, unless it is killed. */
uint32_t x07_beside_open(const x07_fs_call *call, x07_beside *beside);
uint32_t x07_beside_keep(x07_beside *beside);
void x07_beside_drop(x07_beside *beside);

/* Renames; where the new name must be free, errno is EEXIST when it is not. -1 and errno. */
int x07_rename(int from_folder, const char *from, int to_folder, const char *to, int overwrites);

#endif
