/* One name server, asked for both kinds of addresses at once; by TCP for an answer that is cut. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "dns.h"
#include "sockets.h"

#include <errno.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif

enum {
    KINDS = 2,
    /* What UDP carries without an agreement on more. */
    UDP_BYTES = 512,
    TCP_BYTES = UINT16_MAX,
    /* What the second kind is waited for, once the first one has an address. */
    SECOND_MS = 500,
};

typedef struct {
    x07_dns_query query;
    x07_dns_answer answer;
    x07_net_addresses found;
} kind;

typedef struct {
    kind kinds[KINDS];
    x07_sockaddr server;
    uint32_t version;
    x07_net_deadline deadline;
} exchange;

/* -- by TCP */

static x07_net_code write_whole(int fd, const x07_dns_query *query, x07_net_deadline deadline)
{
    uint8_t message[2 + X07_DNS_QUERY_BYTES];
    uint32_t len = query->len + 2;
    message[0] = (uint8_t)(query->len >> 8);
    message[1] = (uint8_t)query->len;
    memcpy(message + 2, query->bytes, query->len);
    x07_net_code code = x07_net_wait(fd, X07_NET_WRITABLE, deadline, NULL);
    if (code == X07_NETERR_OK && x07_socket_send(fd, message, len) != (ssize_t)len) {
        code = X07_NETERR_DNS;
    }
    return code;
}

static x07_net_code read_whole(int fd, uint8_t *into, uint32_t len, x07_net_deadline deadline)
{
    x07_net_socket stream = {.kind = X07_NET_STREAM, .fd = fd, .transport = &x07_net_plain};
    while (len != 0) {
        uint32_t got = 0;
        x07_net_code code = x07_net_stream_read(&stream, into, len, deadline, &got);
        if (code != X07_NETERR_OK || got == 0) {
            return code != X07_NETERR_OK ? code : X07_NETERR_DNS;
        }
        into += got;
        len -= got;
    }
    return X07_NETERR_OK;
}

static x07_net_code ask_stream(int fd, const exchange *with, kind *of)
{
    uint8_t message[TCP_BYTES], size[2];
    x07_net_code code = x07_socket_connect(fd, &with->server, with->deadline);
    code = code == X07_NETERR_OK ? write_whole(fd, &of->query, with->deadline) : code;
    code = code == X07_NETERR_OK ? read_whole(fd, size, 2, with->deadline) : code;
    uint32_t len = code == X07_NETERR_OK ? (uint32_t)size[0] << 8 | size[1] : 0;
    code = code == X07_NETERR_OK ? read_whole(fd, message, len, with->deadline) : code;
    if (code == X07_NETERR_OK) {
        of->answer = x07_dns_read(&of->query, message, len, &of->found);
    }
    return code;
}

static void ask_by_tcp(const exchange *with, kind *of)
{
    int fd = x07_socket_open(with->version, SOCK_STREAM);
    of->answer = X07_DNS_FAILED;
    if (fd >= 0) {
        ask_stream(fd, with, of);
        close(fd);
    }
    if (of->answer != X07_DNS_ANSWERED && of->answer != X07_DNS_NO_SUCH_NAME) {
        of->answer = X07_DNS_FAILED;
    }
}

/* -- by UDP */

static int is_over(const exchange *with)
{
    int waits = 0;
    for (int i = 0; i < KINDS; i++) {
        waits |= with->kinds[i].answer == X07_DNS_NOT_OURS;
    }
    return !waits;
}

static x07_net_deadline sooner(x07_net_deadline deadline, uint32_t ms)
{
    x07_net_deadline soon = x07_net_deadline_in(ms);
    return soon < deadline ? soon : deadline;
}

static void take_message(exchange *with, const uint8_t *message, uint32_t len)
{
    for (int i = 0; i < KINDS; i++) {
        kind *each = &with->kinds[i];
        if (each->answer != X07_DNS_NOT_OURS) {
            continue;
        }
        each->answer = x07_dns_read(&each->query, message, len, &each->found);
        if (each->answer == X07_DNS_TRUNCATED) {
            ask_by_tcp(with, each);
        }
        if (each->found.count != 0) {
            with->deadline = sooner(with->deadline, SECOND_MS);
        }
    }
}

static x07_net_code listen_for_answers(exchange *with, int fd)
{
    uint8_t message[UDP_BYTES];
    while (!is_over(with)) {
        x07_net_code code = x07_net_wait(fd, X07_NET_READABLE, with->deadline, NULL);
        if (code != X07_NETERR_OK) {
            return code;
        }
        ssize_t len = recv(fd, message, sizeof message, 0);
        if (len < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) {
            return X07_NETERR_DNS;
        }
        if (len > 0) {
            take_message(with, message, (uint32_t)len);
        }
    }
    return X07_NETERR_OK;
}

/* Connected, so that only the server's own messages come back. */
static x07_net_code ask_by_udp(exchange *with, int fd)
{
    if (connect(fd, (const struct sockaddr *)&with->server.storage, with->server.len) != 0) {
        return X07_NETERR_DNS;
    }
    for (int i = 0; i < KINDS; i++) {
        const x07_dns_query *query = &with->kinds[i].query;
        if (x07_socket_send(fd, query->bytes, query->len) < 0) {
            return X07_NETERR_DNS;
        }
    }
    return listen_for_answers(with, fd);
}

/* -- both */

static int put_queries(exchange *with, const char *host)
{
    static const uint16_t types[KINDS] = {X07_DNS_A, X07_DNS_AAAA};
    uint16_t ids[KINDS];
    if (getentropy(ids, sizeof ids) != 0) {
        return 0;
    }
    for (int i = 0; i < KINDS; i++) {
        with->kinds[i].answer = X07_DNS_NOT_OURS;
        with->kinds[i].found.count = 0;
        if (!x07_dns_ask(&with->kinds[i].query, host, types[i], ids[i])) {
            return 0;
        }
    }
    return 1;
}

/* X07_NETERR_OK with addresses, or without where a server said that there are none. */
static x07_net_code outcome(const exchange *with, x07_net_code code, x07_net_addresses *found)
{
    int is_known = 0;
    found->count = 0;
    for (int i = 0; i < KINDS; i++) {
        const kind *each = &with->kinds[i];
        for (uint32_t j = 0; j < each->found.count; j++) {
            x07_dns_add(found, each->found.items[j]);
        }
        is_known |= each->answer == X07_DNS_NO_SUCH_NAME;
    }
    if (found->count != 0 || is_known) {
        return X07_NETERR_OK;
    }
    int is_answered = with->kinds[0].answer == X07_DNS_ANSWERED
                      && with->kinds[1].answer == X07_DNS_ANSWERED;
    return is_answered || code != X07_NETERR_OK ? code : X07_NETERR_DNS;
}

x07_net_code x07_dns_exchange(const char *host, const x07_net_address *server,
                              x07_net_deadline deadline, x07_net_addresses *found)
{
    exchange with = {.version = server->version, .deadline = deadline};
    found->count = 0;
    if (!put_queries(&with, host)) {
        return X07_NETERR_DNS;
    }
    int fd = x07_socket_open(server->version, SOCK_DGRAM);
    if (fd < 0) {
        return X07_NETERR_INTERNAL;
    }
    with.server = x07_sockaddr_of(server, x07_dns_port());
    x07_net_code code = ask_by_udp(&with, fd);
    close(fd);
    return outcome(&with, code, found);
}
