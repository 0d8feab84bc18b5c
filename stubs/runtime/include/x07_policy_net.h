/* What a policy says to connections, messages, listeners and look-ups (contract/policy.md §6.5).
 *
 * A name that is granted grants the addresses that it resolves to, for the connection that it was
 * resolved for: the primitive keeps the target, asks x07_verdict_resolved for each address, and
 * connects to none that it was not granted. Whatever leads elsewhere (a redirect, a proxy, another
 * look-up) is a target of its own, asked for again. */
#ifndef X07_POLICY_NET_H
#define X07_POLICY_NET_H

#include "x07_net.h"
#include "x07_policy.h"

typedef enum {
    /* A stream of TCP, with TLS or without. */
    X07_NET_CONNECT,
    X07_NET_LISTEN,
    /* Messages of UDP, and where they are received. */
    X07_NET_SEND,
    X07_NET_BIND,
    X07_NET_LOOK_UP,
    /* By an HTTP client, which looks names up: net.allow_dns is asked for addresses, too. */
    X07_NET_HTTP,
} x07_net_use;

/* `wanted` of a verdict is part of the target, or of the policy: where granted, the host of the
 * entry that grants it. */
x07_verdict x07_verdict_net(const x07_policy *policy, x07_net_use use,
                            const x07_net_target *target);

enum { X07_NET_SWITCHES = 4, X07_NET_VERDICTS = X07_NET_SWITCHES + 1 };

/* All that is missing, the verdict of x07_verdict_net first; how many, 0 where it is granted. */
size_t x07_verdicts_net(const x07_policy *policy, x07_net_use use, const x07_net_target *target,
                        x07_verdict missing[X07_NET_VERDICTS]);

/* Whether `found`, which a look-up of `named` gave, may be used in its place. Addresses that stand
 * for no host of a network, or tell a machine about itself, need an entry of their own: 0.0.0.0,
 * link-local and multicast addresses, metadata services. */
x07_verdict x07_verdict_resolved(const x07_policy *policy, x07_net_use use,
                                 const x07_net_target *named, const x07_net_target *found);

/* For a text that is no target. */
x07_verdict x07_verdict_unread(x07_net_problem problem);

/* The verdict on `host:port`, which is read into `target`. */
x07_verdict x07_verdict_net_text(const x07_policy *policy, x07_net_use use, x07_bytes_view text,
                                 x07_net_target *target);

#endif
