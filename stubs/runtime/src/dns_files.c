/* What the system's files say of names and name servers. */
#include "dns.h"
#include "net_address.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 1024, BUFFER_BYTES = 4096, USUAL_PORT = 53 };

#ifdef X07_TESTING

static const char *hosts_file(void)
{
    const char *other = getenv("X07_TEST_HOSTS");
    return other != NULL ? other : "/etc/hosts";
}

static const char *servers_file(void)
{
    const char *other = getenv("X07_TEST_RESOLV_CONF");
    return other != NULL ? other : "/etc/resolv.conf";
}

uint32_t x07_dns_port(void)
{
    const char *other = getenv("X07_TEST_DNS_PORT");
    return other != NULL ? (uint32_t)strtoul(other, NULL, 10) : USUAL_PORT;
}

#else

static const char *hosts_file(void)
{
    return "/etc/hosts";
}

static const char *servers_file(void)
{
    return "/etc/resolv.conf";
}

uint32_t x07_dns_port(void)
{
    return USUAL_PORT;
}

#endif

/* -- lines */

typedef struct {
    int fd;
    ssize_t len;
    ssize_t at;
    char buffer[BUFFER_BYTES];
} reader;

/* The next byte, or -1. */
static int next_byte(reader *from)
{
    if (from->at == from->len) {
        do {
            from->len = read(from->fd, from->buffer, sizeof from->buffer);
        } while (from->len < 0 && errno == EINTR);
        from->at = 0;
    }
    if (from->len <= 0) {
        from->len = from->at = 0;
        return -1;
    }
    return (unsigned char)from->buffer[from->at++];
}

/* A line in lower case, without its comment; cut where it is long. 0 at the end. */
static int next_line(reader *from, char line[LINE_BYTES])
{
    uint32_t len = 0, in_comment = 0;
    int byte = next_byte(from), is_some = byte >= 0;
    for (; byte >= 0 && byte != '\n'; byte = next_byte(from)) {
        in_comment |= byte == '#' || byte == ';';
        if (!in_comment && len < LINE_BYTES - 1) {
            line[len++] = (char)(byte >= 'A' && byte <= 'Z' ? byte | 32 : byte);
        }
    }
    line[len] = '\0';
    return is_some;
}

/* The next word; empty after the last. */
static x07_bytes_view next_word(const char **rest)
{
    const char *start = *rest + strspn(*rest, " \t\r");
    size_t len = strcspn(start, " \t\r");
    *rest = start + len;
    return (x07_bytes_view){(const uint8_t *)start, (uint32_t)len};
}

static int is_word(x07_bytes_view word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.ptr, text, word.len) == 0;
}

static int read_address(x07_bytes_view word, x07_net_address *address)
{
    return x07_net_read_v4(word, address) || x07_net_read_v6(word, address);
}

/* -- hosts */

static void take_line_of_hosts(const char *line, const char *host, x07_net_addresses *found)
{
    x07_net_address address;
    if (!read_address(next_word(&line), &address)) {
        return;
    }
    for (x07_bytes_view name = next_word(&line); name.len != 0; name = next_word(&line)) {
        if (is_word(name, host)) {
            x07_dns_add(found, address);
        }
    }
}

void x07_dns_hosts(const char *host, x07_net_addresses *found)
{
    char line[LINE_BYTES];
    reader from = {.fd = open(hosts_file(), O_RDONLY | O_CLOEXEC)};
    if (from.fd < 0) {
        return;
    }
    while (next_line(&from, line)) {
        take_line_of_hosts(line, host, found);
    }
    close(from.fd);
}

/* -- servers */

static void take_line_of_servers(const char *line, x07_net_addresses *servers)
{
    x07_net_address address;
    if (is_word(next_word(&line), "nameserver") && servers->count < X07_DNS_SERVERS
        && read_address(next_word(&line), &address)) {
        x07_dns_add(servers, address);
    }
}

void x07_dns_servers(x07_net_addresses *servers)
{
    static const x07_net_address here = {.version = 4, .bytes = {127, 0, 0, 1}};
    char line[LINE_BYTES];
    reader from = {.fd = open(servers_file(), O_RDONLY | O_CLOEXEC)};
    servers->count = 0;
    while (from.fd >= 0 && next_line(&from, line)) {
        take_line_of_servers(line, servers);
    }
    if (from.fd >= 0) {
        close(from.fd);
    }
    if (servers->count == 0) {
        x07_dns_add(servers, here);
    }
}
