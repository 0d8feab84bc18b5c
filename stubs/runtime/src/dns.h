/* Look-ups of names: the file of hosts, then the name servers of resolv.conf (decision 0015). */
#ifndef X07_DNS_H
#define X07_DNS_H

#include "x07_sockets.h"

/* The addresses of a name as it is in a target, those of IPv4 first; at most X07_NET_ADDRESSES. It
 * is looked up as it stands: no domain is added. X07_NETERR_DNS: there are none, or nobody knows. */
x07_net_code x07_dns_find(const char *host, x07_net_deadline deadline, x07_net_addresses *found);

/* Adds one that is not there yet, and fits. */
void x07_dns_add(x07_net_addresses *found, x07_net_address address);

/* -- dns_files.c */

enum { X07_DNS_SERVERS = 3 };

/* What the file of hosts has. */
void x07_dns_hosts(const char *host, x07_net_addresses *found);

/* At most X07_DNS_SERVERS, and one at least; the port that they answer at. */
void x07_dns_servers(x07_net_addresses *servers);
uint32_t x07_dns_port(void);

/* -- dns_message.c */

enum { X07_DNS_A = 1, X07_DNS_AAAA = 28, X07_DNS_QUERY_BYTES = 512 };

typedef struct {
    uint16_t type;
    uint32_t len;
    uint8_t bytes[X07_DNS_QUERY_BYTES];
} x07_dns_query;

typedef enum {
    /* An answer to something else, or none at all. */
    X07_DNS_NOT_OURS,
    /* With addresses or without. */
    X07_DNS_ANSWERED,
    X07_DNS_NO_SUCH_NAME,
    /* All of it can be had by TCP. */
    X07_DNS_TRUNCATED,
    /* The server does not help; another may. */
    X07_DNS_FAILED,
} x07_dns_answer;

/* 0 where the host is no name of DNS. */
int x07_dns_ask(x07_dns_query *query, const char *host, uint16_t type, uint16_t id);

x07_dns_answer x07_dns_read(const x07_dns_query *query, const uint8_t *message, uint32_t len,
                            x07_net_addresses *found);

/* -- dns_exchange.c */

/* Asks one server for the addresses of both kinds, each with its own answer. */
x07_net_code x07_dns_exchange(const char *host, const x07_net_address *server,
                              x07_net_deadline deadline, x07_net_addresses *found);

#endif
