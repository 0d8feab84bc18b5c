#include "net_address.h"

#include <string.h>

/* The part before the next `separator`, which is taken with it; the rest where there is none. */
static x07_bytes_view take_part(x07_bytes_view *rest, char separator)
{
    const uint8_t *end = rest->len != 0 ? memchr(rest->ptr, separator, rest->len) : NULL;
    uint32_t len = end ? (uint32_t)(end - rest->ptr) : rest->len;
    uint32_t taken = end ? len + 1 : len;
    x07_bytes_view part = {rest->ptr, len};
    *rest = (x07_bytes_view){rest->ptr + taken, rest->len - taken};
    return part;
}

static uint32_t count_of(x07_bytes_view text, char byte)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        count += text.ptr[i] == byte;
    }
    return count;
}

/* 16 and more: no digit of any base. */
static uint32_t digit_of(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10u : 16u;
}

static int read_number(x07_bytes_view digits, uint32_t base, uint64_t most, uint64_t *number)
{
    *number = 0;
    for (uint32_t i = 0; i < digits.len; i++) {
        uint32_t digit = digit_of(digits.ptr[i]);
        *number = *number * base + digit;
        if (digit >= base || *number > most) {
            return 0;
        }
    }
    return digits.len != 0;
}

/* -- IPv4 */

static void put_v4(uint8_t *to, uint64_t number)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(number >> (24 - 8 * i));
    }
}

static int read_octets(x07_bytes_view text, uint8_t *to)
{
    uint64_t octet;
    if (count_of(text, '.') != 3) {
        return 0;
    }
    for (int i = 0; i < 4; i++) {
        x07_bytes_view part = take_part(&text, '.');
        int has_zero = part.len > 1 && part.ptr[0] == '0';
        if (has_zero || !read_number(part, 10, 255, &octet)) {
            return 0;
        }
        to[i] = (uint8_t)octet;
    }
    return 1;
}

int x07_net_read_v4(x07_bytes_view text, x07_net_address *address)
{
    *address = (x07_net_address){.version = 4};
    return read_octets(text, address->bytes);
}

static int read_loose_number(x07_bytes_view text, uint64_t most, uint64_t *number)
{
    uint32_t prefix = 0, base = 10;
    if (text.len > 1 && text.ptr[0] == '0') {
        prefix = text.ptr[1] == 'x' ? 2 : 1;
        base = prefix == 2 ? 16 : 8;
    }
    return read_number((x07_bytes_view){text.ptr + prefix, text.len - prefix}, base, most, number);
}

int x07_net_read_loose_v4(x07_bytes_view text, x07_net_address *address)
{
    uint32_t dots = count_of(text, '.');
    uint64_t whole = 0, number;
    if (dots > 3) {
        return 0;
    }
    for (uint32_t i = 0; i < dots; i++) {
        if (!read_loose_number(take_part(&text, '.'), 255, &number)) {
            return 0;
        }
        whole |= number << (24 - 8 * i);
    }
    if (!read_loose_number(text, UINT32_MAX >> 8 * dots, &number)) {
        return 0;
    }
    *address = (x07_net_address){.version = 4};
    put_v4(address->bytes, whole | number);
    return 1;
}

/* -- IPv6 */

enum { ALL_BYTES = 16 };

/* What was read of an address, two bytes for each group. */
typedef struct {
    uint8_t bytes[ALL_BYTES];
    uint32_t len;
} groups;

static int put_group(groups *groups, x07_bytes_view text)
{
    uint64_t group;
    if (text.len > 4 || groups->len == ALL_BYTES || !read_number(text, 16, UINT16_MAX, &group)) {
        return 0;
    }
    groups->bytes[groups->len++] = (uint8_t)(group >> 8);
    groups->bytes[groups->len++] = (uint8_t)group;
    return 1;
}

static int put_octets(groups *groups, x07_bytes_view text)
{
    if (groups->len > ALL_BYTES - 4 || !read_octets(text, groups->bytes + groups->len)) {
        return 0;
    }
    groups->len += 4;
    return 1;
}

/* Groups joined by `:`. What ends the address may be written as an IPv4 address. */
static int read_groups(x07_bytes_view text, int is_end, groups *groups)
{
    uint32_t colons = count_of(text, ':');
    if (text.len == 0) {
        return 1;
    }
    for (uint32_t i = 0; i < colons; i++) {
        if (!put_group(groups, take_part(&text, ':'))) {
            return 0;
        }
    }
    return (is_end && put_octets(groups, text)) || put_group(groups, text);
}

/* Where `::` starts; the length where there is none. */
static uint32_t gap_in(x07_bytes_view text)
{
    for (uint32_t i = 0; i + 1 < text.len; i++) {
        if (text.ptr[i] == ':' && text.ptr[i + 1] == ':') {
            return i;
        }
    }
    return text.len;
}

int x07_net_read_v6(x07_bytes_view text, x07_net_address *address)
{
    groups head = {.len = 0}, tail = {.len = 0};
    uint32_t gap = gap_in(text);
    int has_gap = gap != text.len;
    x07_bytes_view before = {text.ptr, gap};
    x07_bytes_view after = {text.ptr + gap + 2 * has_gap, text.len - gap - 2u * (uint32_t)has_gap};
    int is_read = read_groups(before, !has_gap, &head) && read_groups(after, 1, &tail);
    uint32_t len = head.len + tail.len;
    *address = (x07_net_address){.version = 6};
    if (!is_read || (has_gap ? len > ALL_BYTES - 2 : len != ALL_BYTES)) {
        return 0;
    }
    memcpy(address->bytes, head.bytes, head.len);
    memcpy(address->bytes + ALL_BYTES - tail.len, tail.bytes, tail.len);
    return 1;
}

/* -- mapped addresses */

int x07_net_is_mapped(const uint8_t bytes[ALL_BYTES])
{
    static const uint8_t mapped[X07_NET_MAPPED_AT] = {[10] = 0xFF, [11] = 0xFF};
    return memcmp(bytes, mapped, sizeof mapped) == 0;
}

x07_net_address x07_net_unmapped(x07_net_address address)
{
    x07_net_address inner = {.version = 4};
    if (address.version != 6 || !x07_net_is_mapped(address.bytes)) {
        return address;
    }
    memcpy(inner.bytes, address.bytes + X07_NET_MAPPED_AT, 4);
    return inner;
}

/* -- text */

static char *put_base(char *to, uint32_t number, uint32_t base)
{
    char digits[8];
    uint32_t count = 0;
    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number != 0);
    while (count != 0) {
        *to++ = digits[--count];
    }
    return to;
}

static uint32_t group_at(const uint8_t *bytes, uint32_t index)
{
    return (uint32_t)bytes[2 * index] << 8 | bytes[2 * index + 1];
}

/* The groups from `index` that are 0. */
static uint32_t zeros_from(const uint8_t *bytes, uint32_t index)
{
    uint32_t count = 0;
    while (index + count < 8 && group_at(bytes, index + count) == 0) {
        count++;
    }
    return count;
}

/* The first of the longest runs of zeros, 8 where none is worth a `::`. */
static uint32_t longest_zeros(const uint8_t *bytes)
{
    uint32_t best = 8, most = 1;
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t count = zeros_from(bytes, i);
        if (count > most) {
            best = i;
            most = count;
        }
    }
    return best;
}

static char *put_v6(char *to, const uint8_t *bytes)
{
    uint32_t gap = longest_zeros(bytes);
    for (uint32_t i = 0; i < 8;) {
        if (i == gap) {
            i += zeros_from(bytes, i);
            *to++ = ':';
            *to++ = ':';
            continue;
        }
        to = put_base(to, group_at(bytes, i), 16);
        i++;
        if (i < 8 && i != gap) {
            *to++ = ':';
        }
    }
    return to;
}

static char *put_octets_text(char *to, const uint8_t *bytes)
{
    for (int i = 0; i < 4; i++) {
        to = put_base(to, bytes[i], 10);
        *to++ = '.';
    }
    return to - 1;
}

void x07_net_address_text(x07_net_address address, char text[X07_NET_ADDRESS_BYTES])
{
    char *end = address.version == 4 ? put_octets_text(text, address.bytes)
                                     : put_v6(text, address.bytes);
    *end = '\0';
}
