#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "policy_beneath.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "policy_list.h"
#include "policy_roots.h"
#include "resolve.h"

/* The text as a path, "." where there is none; 0 where it is too long. */
static int as_path(char to[X07_PATH_BYTES], x07_bytes_view text)
{
    x07_bytes_view named = text.len != 0 ? text : (x07_bytes_view){(const uint8_t *)".", 1};
    return x07_path_copy(to, named.ptr, named.len);
}

/* What is not there leads nowhere: it is looked for beneath what is there, and through no link. */
static x07_reason way_of(x07_bytes_view folder, int follows, const char *rest)
{
    char path[X07_PATH_BYTES];
    if (!as_path(path, folder)) {
        return X07_LEADS_OUT;
    }
    int base = open(path, X07_FOLDER_FLAGS);
    if (base < 0) {
        return X07_GRANTED;
    }
    int found = x07_resolve((x07_base){.folder = base, .follows = follows}, rest,
                            X07_FOLDER_FLAGS, 0);
    int error = found < 0 ? errno : 0;
    close(base);
    if (found >= 0) {
        close(found);
    }
    if (error == ELOOP && !follows) {
        return X07_ROOT_PASSES_LINK;
    }
    return error == EXDEV || error == ELOOP ? X07_LEADS_OUT : X07_GRANTED;
}

/* `..` behind a link is not where it is as text. */
static x07_reason reason_of(x07_bytes_view item, x07_reason way)
{
    return x07_path_has_parent(item) ? X07_NOT_A_PATH : way;
}

static int is_the_policys(const x07_policy *policy, const x07_policy_row *row, x07_bytes_view item)
{
    return x07_list_has(x07_policy_text(policy, row), ';', item) || !x07_guard("narrow-links");
}

/* -- roots */

static x07_reason way_to_root(const x07_policy *policy, const x07_policy_row *row, x07_bytes_view item)
{
    x07_root_match match;
    int of_files = strncmp(row->field, "fs.", 3) == 0;
    int follows = of_files ? (int)policy->fs.allow_symlinks : 1;
    return x07_policy_root(policy, x07_policy_text(policy, row), item, 0, &match)
               ? way_of(match.root, follows, match.rest)
               : X07_LEADS_OUT;
}

x07_reason x07_root_narrows(const x07_policy *policy, const x07_policy_row *row,
                            x07_bytes_view item)
{
    return is_the_policys(policy, row, item) ? X07_GRANTED
                                             : reason_of(item, way_to_root(policy, row, item));
}

/* -- prefixes: from the folder that one lies in to the one that the longer one lies in */

static int goes_out(x07_bytes_view prefix, x07_bytes_view item)
{
    char rest[X07_PATH_BYTES];
    x07_bytes_view folder = {prefix.ptr, x07_path_folder_len(prefix)};
    uint32_t from = folder.len, to = x07_path_folder_len(item);
    while (from < to && item.ptr[from] == '/') {
        from++;
    }
    x07_bytes_view between = {item.ptr + from, to - from};
    return !as_path(rest, between) || way_of(folder, 1, rest) != X07_GRANTED;
}

static x07_reason way_to_prefix(const x07_policy *policy, const x07_policy_row *row,
                            x07_bytes_view item)
{
    x07_bytes_view prefix;
    x07_policy_list prefixes = x07_policy_text(policy, row);
    while (x07_policy_next(&prefixes, &prefix)) {
        if (x07_view_starts(item, prefix) && !goes_out(prefix, item)) {
            return X07_GRANTED;
        }
    }
    return X07_LEADS_OUT;
}

x07_reason x07_prefix_narrows(const x07_policy *policy, const x07_policy_row *row,
                              x07_bytes_view item)
{
    return is_the_policys(policy, row, item) ? X07_GRANTED
                                             : reason_of(item, way_to_prefix(policy, row, item));
}
