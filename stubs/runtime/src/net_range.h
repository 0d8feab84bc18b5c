/* Hosts as an entry of a policy has them: a name, an address, a network `a/b`, or a range `lo-hi`
 * (contract/policy.md §6.5). */
#ifndef X07_NET_RANGE_H
#define X07_NET_RANGE_H

#include "x07_net.h"

/* Addresses from `first` to `last`, of which 4 or 16 bytes count; without a version, `name`. */
typedef struct {
    uint32_t version;
    uint8_t first[16];
    uint8_t last[16];
    char name[X07_NET_HOST_BYTES];
} x07_net_range;

/* 0 where the text is none of these, in a spelling that everyone reads alike: then it grants
 * nothing. Case, brackets and a final dot do not matter. */
int x07_net_range_read(x07_bytes_view host, x07_net_range *range);

x07_net_range x07_net_range_of(const x07_net_target *target);

/* Whether everything in `part` is in `whole`. */
int x07_net_range_covers(const x07_net_range *whole, const x07_net_range *part);

/* -- net_name.c: text of hosts */

/* In lower case, without a final dot, ended by a NUL. 0 where it is empty or does not fit. */
int x07_net_lower(x07_bytes_view host, char to[X07_NET_HOST_BYTES]);

/* Labels of 1 to 63 letters, digits, `-` and `_`, with dots between them. */
int x07_net_is_name(const char *lower);

/* It ends as only numbers do: an address or nothing. */
int x07_net_is_number(const char *lower);

static inline x07_bytes_view x07_net_view(const char *text)
{
    return (x07_bytes_view){(const uint8_t *)text, (uint32_t)__builtin_strlen(text)};
}

#endif
