#include "net_range.h"

#include <string.h>

#define DIGITS "0123456789"
#define LABEL DIGITS "abcdefghijklmnopqrstuvwxyz-_"

enum { LONGEST_LABEL = 63 };

static char lower(uint8_t byte)
{
    return (char)(byte >= 'A' && byte <= 'Z' ? byte | 32 : byte);
}

int x07_net_lower(x07_bytes_view host, char to[X07_NET_HOST_BYTES])
{
    uint32_t len = host.len;
    if (len >= X07_NET_HOST_BYTES || (len != 0 && memchr(host.ptr, '\0', len))) {
        return 0;
    }
    len -= len != 0 && host.ptr[len - 1] == '.';
    for (uint32_t i = 0; i < len; i++) {
        to[i] = lower(host.ptr[i]);
    }
    to[len] = '\0';
    return len != 0;
}

int x07_net_is_name(const char *lower)
{
    for (;; lower++) {
        size_t len = strspn(lower, LABEL);
        lower += len;
        if (len == 0 || len > LONGEST_LABEL || (*lower != '.' && *lower != '\0')) {
            return 0;
        }
        if (*lower == '\0') {
            return 1;
        }
    }
}

int x07_net_is_number(const char *lower)
{
    const char *dot = strrchr(lower, '.');
    const char *label = dot ? dot + 1 : lower;
    int is_hexadecimal = label[0] == '0' && label[1] == 'x';
    const char *digits = is_hexadecimal ? label + 2 : label;
    const char *end = digits + strspn(digits, is_hexadecimal ? DIGITS "abcdef" : DIGITS);
    return end != label && *end == '\0';
}
