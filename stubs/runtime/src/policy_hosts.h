/* `net.allow_hosts` as a list: `host:port,port;host:port`. An entry that cannot be read grants
 * nothing. */
#ifndef X07_POLICY_HOSTS_H
#define X07_POLICY_HOSTS_H

#include "net_range.h"
#include "x07_policy.h"

typedef enum {
    X07_HOST_UNKNOWN,
    /* An entry has the host, and none of them the port. */
    X07_HOST_OTHER_PORTS,
    X07_HOST_LISTED,
} x07_host_match;

/* `entry`: the host that grants, as the policy spells it. */
x07_host_match x07_hosts_find(x07_policy_list hosts, const x07_net_range *wanted, uint32_t port,
                              x07_bytes_view *entry);

/* Whether the list grants all that an entry of another list does: without a `:`, nothing. */
int x07_hosts_cover(x07_policy_list hosts, x07_bytes_view entry);

/* Whether some entry is no name. */
int x07_hosts_have_address(x07_policy_list hosts);

#endif
