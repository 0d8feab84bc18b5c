#include "fs_roots.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "path_spelling.h"

/* As many as a policy may have. */
enum { ROOTS_MAX = 128, LISTS = 2 };

/* A root that is a folder: `folder` is it, and `name` is NULL. One that is not there, or is a file:
 * `folder` is the last folder on its path that is there, `name` what follows. Else `error`. */
typedef struct {
    int folder;
    int error;
    const char *name;
    size_t name_len;
} root;

static root roots[LISTS][ROOTS_MAX];
static uint32_t counts[LISTS];
static int follows;
static int is_pinned;

/* -- finding them */

/* The path's first `len` bytes as a folder, "." where there are none. Links are followed: the
 * policy named it. */
static int open_folder(const char *path, size_t len)
{
    char text[X07_PATH_BYTES];
    if (!x07_path_copy(text, path, len)) {
        return -1;
    }
    return open(len != 0 ? text : ".", X07_FOLDER_FLAGS);
}

/* The folder above, without the slashes that follow it. */
static size_t folder_len(const char *path, size_t len)
{
    while (len != 0 && path[len - 1] != '/') {
        len--;
    }
    while (len > 1 && path[len - 1] == '/') {
        len--;
    }
    return len;
}

static root find_root(x07_bytes_view item)
{
    const char *path = (const char *)item.ptr;
    size_t len = item.len;
    int folder = open_folder(path, len);
    while (folder < 0 && (errno == ENOENT || errno == ENOTDIR) && len > 0 && path[len - 1] != '/') {
        len = folder_len(path, len);
        folder = open_folder(path, len);
    }
    if (folder < 0) {
        return (root){.folder = -1, .error = errno};
    }
    size_t start = len;
    while (start < item.len && path[start] == '/') {
        start++;
    }
    return (root){folder, 0, start < item.len ? path + start : NULL, item.len - start};
}

static void find_roots(x07_root_list list, x07_policy_list items)
{
    x07_bytes_view item;
    while (x07_policy_next(&items, &item) && counts[list] < ROOTS_MAX) {
        roots[list][counts[list]++] = find_root(item);
    }
}

void x07_fs_roots_pin(const x07_policy *policy)
{
    if (is_pinned || !policy->sandboxed || !policy->fs.enabled) {
        return;
    }
    is_pinned = 1;
    follows = (int)policy->fs.allow_symlinks;
    find_roots(X07_READ_ROOTS, policy->fs.read_roots);
    find_roots(X07_WRITE_ROOTS, policy->fs.write_roots);
}

/* -- using them */

/* Links may have come since: none is followed between the folder and the root. */
static int settle(root *root, const char *name, int makes)
{
    x07_base base = {.folder = root->folder};
    if (makes && x07_resolve_make(base, name) < 0) {
        return -1;
    }
    int folder = x07_resolve(base, name, X07_FOLDER_FLAGS, 0);
    if (folder < 0) {
        return -1;
    }
    close(root->folder);
    root->folder = folder;
    root->name = NULL;
    return 0;
}

static int use(root *root, int makes, const char **rest)
{
    static char name[X07_PATH_BYTES];
    if (root->error != 0 || root->name_len >= sizeof name) {
        errno = root->error != 0 ? root->error : ENAMETOOLONG;
        return -1;
    }
    if (!root->name) {
        return 0;
    }
    memcpy(name, root->name, root->name_len);
    name[root->name_len] = '\0';
    if (**rest == '\0' && !makes) {
        *rest = name;
        return 0;
    }
    return settle(root, name, makes);
}

int x07_fs_root(x07_root_list list, uint32_t index, int makes, const char **rest, x07_base *base)
{
    if (index >= counts[list]) {
        errno = EMFILE;
        return -1;
    }
    root *root = &roots[list][index];
    if (use(root, makes, rest) < 0) {
        return -1;
    }
    *base = (x07_base){.folder = root->folder, .follows = root->name ? 0 : follows};
    return 0;
}
