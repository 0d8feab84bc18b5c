#include "x07_policy_net.h"

#include "guard.h"
#include "policy_hosts.h"

#include <string.h>

#define HOSTS "net.allow_hosts"

static const x07_verdict GRANTED = {.reason = X07_GRANTED};

static int is_granted(x07_verdict verdict)
{
    return verdict.reason == X07_GRANTED;
}

/* `asked`: the port, which the grant names beside the host. */
static x07_verdict refused(x07_reason reason, const x07_net_target *target)
{
    return (x07_verdict){reason, HOSTS, x07_net_view(target->host), target->port, 0};
}

/* -- switches */

static int is_udp(x07_net_use use)
{
    return use == X07_NET_SEND || use == X07_NET_BIND;
}

static int is_server(x07_net_use use)
{
    return use == X07_NET_LISTEN || use == X07_NET_BIND;
}

static int is_name(const x07_net_target *target)
{
    return target->address.version == 0;
}

/* Those that are off and have to be on; how many. */
static size_t find_off(const x07_policy *policy, x07_net_use use, const x07_net_target *target,
                       x07_verdict off[X07_NET_SWITCHES])
{
    const x07_net_policy *net = &policy->net;
    int looks_up = is_name(target) || use == X07_NET_LOOK_UP || use == X07_NET_HTTP;
    const struct {
        int is_needed;
        uint32_t on;
        const char *field;
    } switches[] = {
        {1, net->enabled, "net.enabled"},
        {!is_udp(use) && use != X07_NET_LOOK_UP, net->allow_tcp, "net.allow_tcp"},
        {is_udp(use), net->allow_udp, "net.allow_udp"},
        {looks_up && !is_server(use), net->allow_dns, "net.allow_dns"},
    };
    _Static_assert(sizeof switches / sizeof switches[0] == X07_NET_SWITCHES, "each has room");
    size_t count = 0;
    for (size_t i = 0; i < X07_NET_SWITCHES; i++) {
        if (switches[i].is_needed && !switches[i].on) {
            off[count++] = x07_verdict_switch(policy, 0, switches[i].field);
        }
    }
    return count;
}

/* -- hosts */

static x07_verdict by_hosts(const x07_policy *policy, const x07_net_target *target)
{
    x07_verdict granted = GRANTED;
    x07_net_range wanted = x07_net_range_of(target);
    switch (x07_hosts_find(policy->net.allow_hosts, &wanted, target->port, &granted.wanted)) {
    case X07_HOST_LISTED:
        return granted;
    case X07_HOST_OTHER_PORTS:
        return refused(X07_OTHER_PORTS, target);
    default:
        return refused(X07_NO_SUCH_HOST, target);
    }
}

static x07_verdict by_target(const x07_policy *policy, x07_net_use use,
                             const x07_net_target *target)
{
    if (target->port == 0 || target->port > UINT16_MAX) {
        return x07_verdict_unread(X07_NET_NO_PORT);
    }
    if (is_server(use) && is_name(target) && x07_guard("net-server")) {
        return refused(X07_NOT_AN_ADDRESS, target);
    }
    return x07_guard("net-hosts") ? by_hosts(policy, target) : GRANTED;
}

x07_verdict x07_verdict_net(const x07_policy *policy, x07_net_use use,
                            const x07_net_target *target)
{
    x07_verdict off[X07_NET_SWITCHES];
    if (!policy->sandboxed) {
        return GRANTED;
    }
    return find_off(policy, use, target, off) != 0 ? off[0] : by_target(policy, use, target);
}

size_t x07_verdicts_net(const x07_policy *policy, x07_net_use use, const x07_net_target *target,
                        x07_verdict missing[X07_NET_VERDICTS])
{
    if (!policy->sandboxed) {
        return 0;
    }
    size_t count = find_off(policy, use, target, missing);
    missing[count] = by_target(policy, use, target);
    return is_granted(missing[count]) ? count : count + 1;
}

/* -- what a name resolved to */

/* This machine, its link, many machines at once; then what tells a machine of a cloud its secrets.
 */
static const char *const needs_own_entry[] = {
    "0.0.0.0/8", "169.254.0.0/16",  "224.0.0.0/3",   "::",           "fe80::/10",
    "ff00::/8",  "100.100.100.200", "fd00:ec2::/32", "fd20:ce::/32",
};

static int needs_entry(const x07_net_target *found)
{
    x07_net_range special, range = x07_net_range_of(found);
    for (size_t i = 0; i < sizeof needs_own_entry / sizeof needs_own_entry[0]; i++) {
        if (x07_net_range_read(x07_net_view(needs_own_entry[i]), &special)
            && x07_net_range_covers(&special, &range)) {
            return 1;
        }
    }
    return 0;
}

x07_verdict x07_verdict_resolved(const x07_policy *policy, x07_net_use use,
                                 const x07_net_target *named, const x07_net_target *found)
{
    x07_verdict by_name = x07_verdict_net(policy, use, named);
    if (!is_granted(by_name) || !policy->sandboxed) {
        return by_name;
    }
    x07_verdict by_itself = x07_verdict_net(policy, use, found);
    if (is_granted(by_itself) || !is_name(named) || is_name(found) || named->port != found->port) {
        return by_itself;
    }
    return needs_entry(found) && x07_guard("net-special") ? refused(X07_NOT_BY_NAME, found)
                                                          : by_name;
}

/* -- text */

x07_verdict x07_verdict_unread(x07_net_problem problem)
{
    static const x07_reason reasons[] = {
        [X07_NET_READ] = X07_GRANTED,         [X07_NET_NO_HOST] = X07_NOT_A_HOST,
        [X07_NET_HAS_USER] = X07_HAS_USER,    [X07_NET_NO_PORT] = X07_NOT_A_PORT,
        [X07_NET_NO_SCHEME] = X07_NOT_HTTP,
    };
    return (x07_verdict){.reason = reasons[problem], .field = HOSTS};
}

x07_verdict x07_verdict_net_text(const x07_policy *policy, x07_net_use use, x07_bytes_view text,
                                 x07_net_target *target)
{
    x07_net_problem problem = x07_net_target_read(text, target);
    return problem == X07_NET_READ ? x07_verdict_net(policy, use, target)
                                   : x07_verdict_unread(problem);
}
