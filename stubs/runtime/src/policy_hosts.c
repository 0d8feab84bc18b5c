#include "policy_hosts.h"

#include "policy_list.h"

enum { PORT_DIGITS = 5 };

typedef struct {
    x07_bytes_view host;
    x07_bytes_view ports;
} entry_parts;

/* At the last `:`; 0 where there is none. */
static int split(x07_bytes_view entry, entry_parts *parts)
{
    uint32_t ports = entry.len;
    while (ports != 0 && entry.ptr[ports - 1] != ':') {
        ports--;
    }
    parts->host = (x07_bytes_view){entry.ptr, ports != 0 ? ports - 1 : 0};
    parts->ports = (x07_bytes_view){entry.ptr + ports, entry.len - ports};
    return ports != 0;
}

static int next_entry(const char **cursor, entry_parts *parts)
{
    x07_bytes_view item;
    while (x07_list_next(cursor, ';', &item)) {
        if (split(item, parts)) {
            return 1;
        }
    }
    return 0;
}

/* The next port, 0 for what is none; 0 is answered after the last. */
static int next_port(x07_bytes_view *rest, uint32_t *port)
{
    uint32_t at = 0, is_number = 1;
    if (rest->len == 0) {
        return 0;
    }
    *port = 0;
    for (; at < rest->len && rest->ptr[at] != ','; at++) {
        uint32_t digit = (uint32_t)rest->ptr[at] - '0';
        is_number &= digit <= 9 && at < PORT_DIGITS;
        *port = is_number ? *port * 10 + digit : 0;
    }
    uint32_t taken = at < rest->len ? at + 1 : at;
    *rest = (x07_bytes_view){rest->ptr + taken, rest->len - taken};
    return 1;
}

static int has_port(x07_bytes_view ports, uint32_t port)
{
    uint32_t known;
    while (next_port(&ports, &known)) {
        if (known == port) {
            return 1;
        }
    }
    return 0;
}

static int has_host(x07_bytes_view host, const x07_net_range *wanted)
{
    x07_net_range range;
    return x07_net_range_read(host, &range) && x07_net_range_covers(&range, wanted);
}

/* Most entries have other ports, which costs less to see than what their hosts are. */
static int find_with_port(x07_policy_list hosts, const x07_net_range *wanted, uint32_t port,
                          x07_bytes_view *entry)
{
    entry_parts parts;
    while (next_entry(&hosts, &parts)) {
        if (has_port(parts.ports, port) && has_host(parts.host, wanted)) {
            *entry = parts.host;
            return 1;
        }
    }
    return 0;
}

x07_host_match x07_hosts_find(x07_policy_list hosts, const x07_net_range *wanted, uint32_t port,
                              x07_bytes_view *entry)
{
    entry_parts parts;
    if (port != 0 && find_with_port(hosts, wanted, port, entry)) {
        return X07_HOST_LISTED;
    }
    while (next_entry(&hosts, &parts)) {
        if (has_host(parts.host, wanted)) {
            return X07_HOST_OTHER_PORTS;
        }
    }
    return X07_HOST_UNKNOWN;
}

int x07_hosts_cover(x07_policy_list hosts, x07_bytes_view entry)
{
    entry_parts parts;
    x07_net_range wanted;
    x07_bytes_view found;
    uint32_t port;
    if (!split(entry, &parts)) {
        return 1;
    }
    if (!x07_net_range_read(parts.host, &wanted)) {
        return 0;
    }
    while (next_port(&parts.ports, &port)) {
        if (x07_hosts_find(hosts, &wanted, port, &found) != X07_HOST_LISTED) {
            return 0;
        }
    }
    return 1;
}

int x07_hosts_have_address(x07_policy_list hosts)
{
    entry_parts parts;
    x07_net_range range;
    while (next_entry(&hosts, &parts)) {
        if (x07_net_range_read(parts.host, &range) && range.version != 0) {
            return 1;
        }
    }
    return 0;
}
