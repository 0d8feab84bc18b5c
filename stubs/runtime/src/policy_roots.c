#include "policy_roots.h"

#include <string.h>

#include "guard.h"

/* What tests do without this file: the first root, and the path as it is. */
static int take_first(x07_policy_list roots, x07_bytes_view path, x07_root_match *match)
{
    int has_root = x07_policy_next(&roots, &match->root);
    size_t len = path.len < X07_PATH_BYTES ? path.len : X07_PATH_BYTES;
    memcpy(match->path, path.ptr, len);
    match->path[len] = '\0';
    match->index = 0;
    match->rest = match->path;
    return has_root;
}

int x07_policy_root(const x07_policy *policy, x07_policy_list roots, x07_bytes_view path,
                    int strictly, x07_root_match *match)
{
    char root[X07_ABSOLUTE_BYTES];
    x07_bytes_view item;
    if (!x07_guard("roots")) {
        return take_first(roots, path, match);
    }
    if (!x07_path_absolute(match->path, sizeof match->path, policy->folder, path)) {
        return 0;
    }
    match->rest = NULL;
    for (uint32_t index = 0; x07_policy_next(&roots, &item); index++) {
        if (!x07_path_absolute(root, sizeof root, policy->folder, item)) {
            continue;
        }
        const char *rest = x07_path_below(root, match->path);
        int fits = rest && !(strictly && *rest == '\0');
        if (fits && (!match->rest || rest > match->rest)) {
            match->index = index;
            match->root = item;
            match->rest = rest;
        }
    }
    return match->rest != NULL;
}
