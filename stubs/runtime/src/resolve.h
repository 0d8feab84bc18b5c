/* Opening what a path names beneath a folder: nothing outside of it is ever reached, whoever
 * renames or links what meanwhile. By openat2 where the kernel has it, else name by name. */
#ifndef X07_RESOLVE_H
#define X07_RESOLVE_H

#include <fcntl.h>
#include <sys/types.h>

/* Where a path starts. `follows`: symbolic links that stay beneath `folder` are followed.
 * `anywhere`: there is no sandbox, and a path leads wherever the system says. */
typedef struct {
    int folder;
    int follows;
    int anywhere;
} x07_base;

/* What it takes to name a folder, without reading it. */
#ifdef O_PATH
#define X07_FOLDER_FLAGS (O_PATH | O_DIRECTORY | O_CLOEXEC)
#else
#define X07_FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#endif

/* A descriptor as of openat, closed on exec, or -1 and errno: EXDEV where the path leads out of the
 * folder, ELOOP where it passes a link that is not followed. "" is the folder itself. */
int x07_resolve(x07_base base, const char *path, int flags, mode_t mode);

/* The folder that holds the last name of `path`, which `name` then points to; "." where the path
 * names the base. */
int x07_resolve_parent(x07_base base, const char *path, const char **name);

/* Makes the folders of `path` that are not there. -1 and errno: EEXIST where a file is in the way.
 */
int x07_resolve_make(x07_base base, const char *path);

#endif
