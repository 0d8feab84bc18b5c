#include "net_address.h"
#include "net_range.h"

#include <string.h>

enum { HIGHEST_PORT = UINT16_MAX };

/* -- ports */

/* 1 to 5 digits; 0 for everything that is no port. */
static uint32_t port_of(x07_bytes_view text)
{
    uint32_t port = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        uint32_t digit = (uint32_t)text.ptr[i] - '0';
        if (digit > 9 || i == 5) {
            return 0;
        }
        port = port * 10 + digit;
    }
    return port <= HIGHEST_PORT ? port : 0;
}

static x07_net_problem put_port(uint32_t port, x07_net_target *target)
{
    target->port = port;
    return port >= 1 && port <= HIGHEST_PORT ? X07_NET_READ : X07_NET_NO_PORT;
}

/* -- hosts */

static int put_address(x07_net_address address, x07_net_target *target)
{
    target->address = x07_net_unmapped(address);
    memset(target->host, 0, sizeof target->host);
    x07_net_address_text(target->address, target->host);
    return 1;
}

static int read_v6(x07_bytes_view text, x07_net_target *target)
{
    x07_net_address address;
    return x07_net_lower(text, target->host) && text.ptr[text.len - 1] != '.'
           && x07_net_read_v6(x07_net_view(target->host), &address)
           && put_address(address, target);
}

/* A name or an IPv4 address. */
static int read_plain(x07_bytes_view text, x07_net_target *target)
{
    x07_net_address address;
    if (!x07_net_lower(text, target->host)) {
        return 0;
    }
    if (!x07_net_is_number(target->host)) {
        return x07_net_is_name(target->host);
    }
    return x07_net_read_loose_v4(x07_net_view(target->host), &address)
           && put_address(address, target);
}

static int is_bracketed(x07_bytes_view host)
{
    return host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
}

static int read_host(x07_bytes_view host, x07_net_target *target)
{
    if (is_bracketed(host)) {
        return read_v6((x07_bytes_view){host.ptr + 1, host.len - 2}, target);
    }
    return read_plain(host, target);
}

static x07_net_problem put_host(int is_read, uint32_t port, x07_net_target *target)
{
    return is_read ? put_port(port, target) : X07_NET_NO_HOST;
}

x07_net_problem x07_net_target_of(x07_bytes_view host, uint32_t port, x07_net_target *target)
{
    memset(target, 0, sizeof *target);
    int has_colon = host.len != 0 && memchr(host.ptr, ':', host.len) && !is_bracketed(host);
    return put_host(has_colon ? read_v6(host, target) : read_host(host, target), port, target);
}

/* -- `host:port` */

/* What is behind the host in `host:port`, with its `:`. */
static x07_bytes_view after_host(x07_bytes_view text)
{
    const uint8_t *end = text.ptr;
    uint32_t len = text.len;
    if (len != 0 && text.ptr[0] == '[') {
        end = memchr(text.ptr, ']', len);
        end = end ? end + 1 : text.ptr + len;
    } else {
        end = len != 0 ? memchr(text.ptr, ':', len) : NULL;
        end = end ? end : text.ptr + len;
    }
    return (x07_bytes_view){end, (uint32_t)(text.ptr + len - end)};
}

/* `usual`: the port of a text that names none. */
static x07_net_problem read_pair(x07_bytes_view text, uint32_t usual, x07_net_target *target)
{
    memset(target, 0, sizeof *target);
    if (text.len != 0 && memchr(text.ptr, '@', text.len)) {
        return X07_NET_HAS_USER;
    }
    x07_bytes_view rest = after_host(text);
    int has_port = rest.len != 0 && rest.ptr[0] == ':';
    uint32_t port = has_port ? port_of((x07_bytes_view){rest.ptr + 1, rest.len - 1}) : usual;
    int is_read = (has_port || rest.len == 0)
                  && read_host((x07_bytes_view){text.ptr, text.len - rest.len}, target);
    return put_host(is_read, port, target);
}

x07_net_problem x07_net_target_read(x07_bytes_view text, x07_net_target *target)
{
    return read_pair(text, 0, target);
}

/* -- URLs */

static int starts(x07_bytes_view text, const char *lower)
{
    size_t len = strlen(lower);
    if (text.len < len) {
        return 0;
    }
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = text.ptr[i];
        if ((byte >= 'A' && byte <= 'Z' ? byte | 32 : byte) != lower[i]) {
            return 0;
        }
    }
    return 1;
}

/* Readers of URLs leave these out, or take them for others. */
static int is_disputed(x07_bytes_view url)
{
    for (uint32_t i = 0; i < url.len; i++) {
        uint8_t byte = url.ptr[i];
        if (byte <= ' ' || byte == '\\' || byte >= 0x7F) {
            return 1;
        }
    }
    return 0;
}

static x07_bytes_view authority_of(x07_bytes_view rest)
{
    uint32_t len = 0;
    while (len < rest.len && !strchr("/?#", rest.ptr[len])) {
        len++;
    }
    return (x07_bytes_view){rest.ptr, len};
}

x07_net_problem x07_net_target_of_url(x07_bytes_view url, x07_net_target *target)
{
    static const struct {
        const char *start;
        uint32_t port;
    } schemes[] = {{"http://", 80}, {"https://", 443}};
    memset(target, 0, sizeof *target);
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        uint32_t len = (uint32_t)strlen(schemes[i].start);
        if (starts(url, schemes[i].start)) {
            x07_bytes_view rest = {url.ptr + len, url.len - len};
            return is_disputed(url) ? X07_NET_NO_HOST
                                    : read_pair(authority_of(rest), schemes[i].port, target);
        }
    }
    return X07_NET_NO_SCHEME;
}

/* -- others */

x07_net_target x07_net_target_of_address(const uint8_t *bytes, uint32_t size, uint32_t port)
{
    x07_net_target target = {.port = port};
    x07_net_address address = {.version = size == 4 ? 4 : 6};
    memcpy(address.bytes, bytes, size);
    put_address(address, &target);
    return target;
}

static char *put_text(char *to, const char *text)
{
    size_t len = strlen(text);
    memcpy(to, text, len);
    return to + len;
}

void x07_net_target_text(const x07_net_target *target, char text[X07_NET_TEXT_BYTES])
{
    char digits[10];
    uint32_t port = target->port, first = sizeof digits;
    int has_brackets = target->address.version == 6;
    text = put_text(text, has_brackets ? "[" : "");
    text = put_text(text, target->host);
    text = put_text(text, has_brackets ? "]:" : ":");
    do {
        digits[--first] = (char)('0' + port % 10);
        port /= 10;
    } while (port != 0);
    memcpy(text, digits + first, sizeof digits - first);
    text[sizeof digits - first] = '\0';
}
