#include "net_range.h"

#include "net_address.h"

#include <string.h>

static int read_address(x07_bytes_view text, x07_net_address *address)
{
    return x07_net_read_v4(text, address) || x07_net_read_v6(text, address);
}

static uint32_t size_of(uint32_t version)
{
    return version == 4 ? 4 : 16;
}

static void put(x07_net_range *range, const x07_net_address *first, const x07_net_address *last)
{
    range->version = first->version;
    memcpy(range->first, first->bytes, sizeof range->first);
    memcpy(range->last, last->bytes, sizeof range->last);
}

/* -- networks */

/* Digits, as many as there are; `most` + 1 stands for all that is more. */
static int read_bits(x07_bytes_view text, uint32_t most, uint32_t *bits)
{
    *bits = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        uint32_t digit = (uint32_t)text.ptr[i] - '0';
        if (digit > 9) {
            return 0;
        }
        *bits = *bits * 10 + digit;
        *bits = *bits <= most ? *bits : most + 1;
    }
    return text.len != 0 && *bits <= most;
}

/* The bits of byte `index` that `bits` leaves free. */
static uint8_t free_bits(uint32_t bits, uint32_t index)
{
    uint32_t before = 8 * index;
    uint32_t fixed = bits <= before ? 0 : bits - before;
    return (uint8_t)(fixed >= 8 ? 0 : 0xFF >> fixed);
}

static int read_network(x07_bytes_view address, x07_bytes_view bits, x07_net_range *range)
{
    x07_net_address first;
    uint32_t count;
    if (!read_address(address, &first) || !read_bits(bits, 8 * size_of(first.version), &count)) {
        return 0;
    }
    x07_net_address last = first;
    for (uint32_t i = 0; i < size_of(first.version); i++) {
        uint8_t free = free_bits(count, i);
        first.bytes[i] &= (uint8_t)~free;
        last.bytes[i] |= free;
    }
    put(range, &first, &last);
    return 1;
}

/* -- ranges */

static int read_pair(x07_bytes_view lowest, x07_bytes_view highest, x07_net_range *range)
{
    x07_net_address first, last;
    int are_two = read_address(lowest, &first) && read_address(highest, &last)
                  && first.version == last.version
                  && memcmp(first.bytes, last.bytes, sizeof first.bytes) <= 0;
    if (are_two) {
        put(range, &first, &last);
    }
    return are_two;
}

/* What lies before and behind the first `sign`, 0 where there is none. */
static int split(x07_bytes_view text, char sign, x07_bytes_view *before, x07_bytes_view *after)
{
    const uint8_t *at = memchr(text.ptr, sign, text.len);
    if (!at) {
        return 0;
    }
    uint32_t len = (uint32_t)(at - text.ptr);
    *before = (x07_bytes_view){text.ptr, len};
    *after = (x07_bytes_view){at + 1, text.len - len - 1};
    return 1;
}

static int read_addresses(x07_bytes_view text, x07_net_range *range)
{
    x07_bytes_view before, after;
    if (split(text, '/', &before, &after)) {
        return read_network(before, after, range);
    }
    return split(text, '-', &before, &after) ? read_pair(before, after, range)
                                             : read_pair(text, text, range);
}

/* -- all */

/* Where all of it is mapped, it is the IPv4 addresses. */
static void unmap(x07_net_range *range)
{
    if (range->version != 6 || !x07_net_is_mapped(range->first)
        || !x07_net_is_mapped(range->last)) {
        return;
    }
    range->version = 4;
    memmove(range->first, range->first + X07_NET_MAPPED_AT, 4);
    memmove(range->last, range->last + X07_NET_MAPPED_AT, 4);
}

static x07_bytes_view without_brackets(x07_bytes_view host)
{
    int has_both = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    return has_both ? (x07_bytes_view){host.ptr + 1, host.len - 2} : host;
}

int x07_net_range_read(x07_bytes_view host, x07_net_range *range)
{
    memset(range, 0, sizeof *range);
    if (!x07_net_lower(without_brackets(host), range->name)) {
        return 0;
    }
    if (!strpbrk(range->name, ":/") && !x07_net_is_number(range->name)) {
        return x07_net_is_name(range->name);
    }
    int is_read = read_addresses(x07_net_view(range->name), range);
    unmap(range);
    return is_read;
}

x07_net_range x07_net_range_of(const x07_net_target *target)
{
    x07_net_range range = {.version = 0};
    memcpy(range.name, target->host, sizeof range.name);
    if (target->address.version != 0) {
        put(&range, &target->address, &target->address);
    }
    return range;
}

int x07_net_range_covers(const x07_net_range *whole, const x07_net_range *part)
{
    uint32_t size = size_of(whole->version);
    if (whole->version != part->version) {
        return 0;
    }
    if (whole->version == 0) {
        return strcmp(whole->name, part->name) == 0;
    }
    return memcmp(whole->first, part->first, size) <= 0
           && memcmp(part->last, whole->last, size) <= 0;
}
