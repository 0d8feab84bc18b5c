/* Where a program wants to connect to, to send to or to listen: read from text once, decided on by
 * the policy (x07_policy.h), and then used as it was read. A socket gets the address of the target,
 * a resolver its name; never the text that it came from. */
#ifndef X07_NET_H
#define X07_NET_H

#include "x07_types.h"

/* An IPv4-mapped address of IPv6 (::ffff:10.0.0.1) is one of IPv4: that is what it reaches. */
typedef struct {
    /* 4, 6, or 0 where there is none. */
    uint32_t version;
    /* In network order, 4 or 16 of them; the others are 0. */
    uint8_t bytes[16];
} x07_net_address;

enum {
    X07_NET_HOST_BYTES = 256,
    /* `[host]:port` */
    X07_NET_TEXT_BYTES = X07_NET_HOST_BYTES + 16,
};

typedef struct {
    /* Without a version: `host` is a name. */
    x07_net_address address;
    uint32_t port;
    /* The one spelling that counts, in lower case: `example.com`, `127.0.0.1`, `::1`. */
    char host[X07_NET_HOST_BYTES];
} x07_net_target;

typedef enum {
    X07_NET_READ,
    /* No name of ASCII letters, digits, `-` and `_`, and no address. */
    X07_NET_NO_HOST,
    /* Something before an `@`, which readers of URLs do not agree on. */
    X07_NET_HAS_USER,
    /* None, or none from 1 to 65535. */
    X07_NET_NO_PORT,
    /* A URL that is neither http nor https. */
    X07_NET_NO_SCHEME,
} x07_net_problem;

/* Addresses in text are read as by inet_aton (`2130706433`, `0x7f.1` and `0177.0.0.1` are all
 * 127.0.0.1), and those of IPv6 as by inet_pton, with brackets or without. What looks like a number
 * and is none that they read is no name either. */
x07_net_problem x07_net_target_of(x07_bytes_view host, uint32_t port, x07_net_target *target);

/* `host:port`; an IPv6 address has brackets. */
x07_net_problem x07_net_target_read(x07_bytes_view text, x07_net_target *target);

/* The host of an http or https URL, with the port of its scheme where it names none. What readers
 * of URLs do not agree on is refused: user names, `\`, spaces, control characters, `%` in hosts. */
x07_net_problem x07_net_target_of_url(x07_bytes_view url, x07_net_target *target);

/* From 4 or 16 bytes in network order. */
x07_net_target x07_net_target_of_address(const uint8_t *bytes, uint32_t size, uint32_t port);

/* `example.com:443`, `[::1]:80`, ended by a NUL. */
void x07_net_target_text(const x07_net_target *target, char text[X07_NET_TEXT_BYTES]);

#endif
