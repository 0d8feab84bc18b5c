/* Whether what the environment names lies where the policy's own item leads, links looked through:
 * a link beneath a root is no way to make it wider. */
#ifndef X07_POLICY_BENEATH_H
#define X07_POLICY_BENEATH_H

#include "policy_table.h"

/* Of an item of a list of roots, of prefixes, which is in bounds as text: X07_GRANTED, or why not. */
x07_reason x07_root_narrows(const x07_policy *policy, const x07_policy_row *row,
                            x07_bytes_view item);
x07_reason x07_prefix_narrows(const x07_policy *policy, const x07_policy_row *row,
                              x07_bytes_view item);

#endif
