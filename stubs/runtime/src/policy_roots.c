#include "policy_roots.h"

#include <string.h>

int x07_policy_root(const x07_policy *policy, x07_policy_list roots, x07_bytes_view path,
                    int strictly, x07_root_match *match)
{
    char root[X07_ABSOLUTE_BYTES];
    x07_bytes_view item;
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
