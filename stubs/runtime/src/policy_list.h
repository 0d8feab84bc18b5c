/* Lists of a policy: items joined by one character, empty ones left out. */
#ifndef X07_POLICY_LIST_H
#define X07_POLICY_LIST_H

#include "x07_policy.h"

int x07_list_next(const char **cursor, char separator, x07_bytes_view *item);
int x07_list_has(x07_policy_list list, char separator, x07_bytes_view item);

static inline int x07_view_same(x07_bytes_view left, x07_bytes_view right)
{
    return left.len == right.len && __builtin_memcmp(left.ptr, right.ptr, left.len) == 0;
}

static inline int x07_view_starts(x07_bytes_view view, x07_bytes_view prefix)
{
    return view.len >= prefix.len && __builtin_memcmp(view.ptr, prefix.ptr, prefix.len) == 0;
}

#endif
