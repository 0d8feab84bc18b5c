#include "path_spelling.h"
#include "policy_beneath.h"
#include "policy_hosts.h"
#include "policy_list.h"
#include "policy_roots.h"
#include "policy_table.h"

static const x07_verdict GRANTED = {.reason = X07_GRANTED};

static x07_verdict refused(x07_reason reason, const x07_policy_row *row, x07_bytes_view item)
{
    return (x07_verdict){.reason = reason, .field = row->field, .wanted = item};
}

/* -- switches and numbers */

static x07_verdict switch_narrows(const x07_policy *policy, const x07_policy_row *row, uint32_t on)
{
    uint32_t was = x07_policy_number(policy, row);
    int is_guard = row->kind == X07_GUARDS;
    if (on == was || on == (uint32_t)is_guard) {
        return GRANTED;
    }
    return refused(is_guard ? X07_IS_ON : X07_IS_OFF, row, X07_NO_BYTES_VIEW);
}

static x07_verdict number_narrows(const x07_policy *policy, const x07_policy_row *row,
                                  uint32_t number)
{
    uint32_t meant = number != 0 ? number : row->zero;
    uint32_t limit = x07_policy_number(policy, row);
    x07_verdict over = {X07_OVER_LIMIT, row->field, X07_NO_BYTES_VIEW, meant, limit};
    return meant <= limit ? GRANTED : over;
}

/* -- lists */

static int has_prefix_of(x07_policy_list prefixes, x07_bytes_view item)
{
    x07_bytes_view prefix;
    while (x07_list_next(&prefixes, ';', &prefix)) {
        if (x07_view_starts(item, prefix)) {
            return 1;
        }
    }
    return 0;
}

static int item_is_granted(const x07_policy *policy, const x07_policy_row *row,
                           x07_bytes_view item)
{
    x07_root_match match;
    x07_policy_list list = x07_policy_text(policy, row);
    switch (row->kind) {
    case X07_ROOTS:
        return x07_policy_root(policy, list, item, 0, &match);
    case X07_PREFIXES:
        return has_prefix_of(list, item);
    case X07_HOSTS:
        return x07_hosts_cover(list, item);
    case X07_PORTS:
        return x07_list_has(list, ',', item);
    default:
        return x07_list_has(list, ';', item);
    }
}

static x07_reason reason_of(const x07_policy *policy, const x07_policy_row *row,
                            x07_bytes_view item)
{
    if (!item_is_granted(policy, row, item)) {
        return row->kind == X07_ROOTS ? X07_NOT_UNDER : X07_NOT_LISTED;
    }
    switch (row->kind) {
    case X07_ROOTS:
        return x07_root_narrows(policy, row, item);
    case X07_PREFIXES:
        return x07_prefix_narrows(policy, row, item);
    default:
        return X07_GRANTED;
    }
}

static x07_verdict items_narrow(const x07_policy *policy, const x07_policy_row *row,
                                const char *text)
{
    x07_bytes_view item;
    while (x07_list_next(&text, row->kind == X07_PORTS ? ',' : ';', &item)) {
        x07_reason reason = reason_of(policy, row, item);
        if (reason != X07_GRANTED) {
            return refused(reason, row, item);
        }
    }
    return GRANTED;
}

/* What is denied stays denied. */
static x07_verdict denials_narrow(const x07_policy *policy, const x07_policy_row *row,
                                  const char *text)
{
    x07_bytes_view item;
    x07_policy_list list = x07_policy_text(policy, row);
    while (x07_list_next(&list, ';', &item)) {
        if (!x07_list_has(text, ';', item)) {
            return refused(X07_IS_LISTED, row, item);
        }
    }
    return GRANTED;
}

/* Without any pattern every argument is granted. */
static x07_verdict patterns_narrow(const x07_policy *policy, const x07_policy_row *row,
                                   const char *text)
{
    const char *cursor = text;
    x07_bytes_view item = X07_NO_BYTES_VIEW;
    if (*x07_policy_text(policy, row) == '\0') {
        return GRANTED;
    }
    if (!x07_list_next(&cursor, ';', &item)) {
        return refused(X07_NOT_MATCHED, row, item);
    }
    return items_narrow(policy, row, text);
}

x07_verdict x07_policy_narrows(const x07_policy *policy, const x07_policy_row *row,
                               const char *text, uint32_t number)
{
    switch (row->kind) {
    case X07_GRANTS:
    case X07_GUARDS:
        return switch_narrows(policy, row, number);
    case X07_NUMBER:
        return number_narrows(policy, row, number);
    case X07_DENIES:
        return denials_narrow(policy, row, text);
    case X07_PATTERNS:
        return patterns_narrow(policy, row, text);
    default:
        return items_narrow(policy, row, text);
    }
}
