/* Documents of os-modules.md §7. */
#include "sockets.h"

enum { ERROR_BYTES = 9, WORD_BYTES = 8, VERSION = 1, IPV4 = 1, IPV6 = 2, DNS = 3, HEAD_BYTES = 12 };

uint8_t *x07_net_put_u32(uint8_t *to, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> 8 * i);
    }
    return to + 4;
}

uint32_t x07_net_get_u32(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8 | (uint32_t)from[2] << 16
           | (uint32_t)from[3] << 24;
}

uint8_t *x07_net_put_prefix(uint8_t *to)
{
    return x07_net_put_u32(to, 1u | 1u << 8);
}

x07_bytes x07_net_error_document(x07_net_code code, const char *at)
{
    x07_bytes document = x07_bytes_alloc(ERROR_BYTES, at);
    x07_net_put_u32(document.ptr + 1, code);
    return document;
}

x07_bytes x07_net_word_document(uint32_t word, const char *at)
{
    x07_bytes document = x07_bytes_raw(WORD_BYTES, at);
    x07_net_put_u32(x07_net_put_prefix(document.ptr), word);
    return document;
}

/* -- NetAddrV1 */

static uint32_t bytes_of(const x07_net_target *target)
{
    return target->address.version == 4 ? 4 : 16;
}

uint32_t x07_net_address_size(const x07_net_target *target)
{
    return 4 + HEAD_BYTES + bytes_of(target);
}

uint8_t *x07_net_put_address(uint8_t *to, const x07_net_target *target)
{
    uint32_t size = bytes_of(target);
    to = x07_net_put_u32(to, HEAD_BYTES + size);
    to = x07_net_put_u32(to, VERSION);
    to = x07_net_put_u32(to, target->address.version == 4 ? IPV4 : IPV6);
    to = x07_net_put_u32(to, target->port);
    memcpy(to, target->address.bytes, size);
    return to + size;
}

x07_bytes x07_net_address_document(uint32_t word, const x07_net_target *target, const char *at)
{
    x07_bytes document = x07_bytes_raw(WORD_BYTES + x07_net_address_size(target), at);
    uint8_t *next = x07_net_put_u32(x07_net_put_prefix(document.ptr), word);
    x07_net_put_address(next, target);
    return document;
}

static x07_net_code read_name(x07_net_request *request, x07_bytes_view text, uint32_t port)
{
    if (text.len < 4 || x07_net_get_u32(text.ptr) != text.len - 4) {
        return X07_NETERR_INVALID;
    }
    return x07_net_request_host(request, (x07_bytes_view){text.ptr + 4, text.len - 4}, port);
}

x07_net_code x07_net_request_read(x07_net_request *request, x07_bytes_view address)
{
    if (address.len < HEAD_BYTES || x07_net_get_u32(address.ptr) != VERSION) {
        return X07_NETERR_INVALID;
    }
    uint32_t tag = x07_net_get_u32(address.ptr + 4), port = x07_net_get_u32(address.ptr + 8);
    x07_bytes_view rest = {address.ptr + HEAD_BYTES, address.len - HEAD_BYTES};
    if (tag == DNS) {
        return read_name(request, rest, port);
    }
    if ((tag != IPV4 || rest.len != 4) && (tag != IPV6 || rest.len != 16)) {
        return X07_NETERR_INVALID;
    }
    request->target = x07_net_target_of_address(rest.ptr, rest.len, port);
    return port <= UINT16_MAX ? X07_NETERR_OK : X07_NETERR_INVALID;
}

/* -- NetCapsV1 */

enum { CAPS_BYTES = 24, DEFAULT_MS = 30000, DEFAULT_BYTES = 1 << 20 };

static int read_limit(x07_bytes_view document, uint32_t index, uint32_t usual, uint32_t most,
                      uint32_t *limit)
{
    uint32_t asked = x07_net_get_u32(document.ptr + 4 * index);
    *limit = asked != 0 ? asked : usual;
    return asked <= most;
}

x07_net_code x07_net_caps_read(x07_bytes_view document, x07_net_caps *caps)
{
    *caps = (x07_net_caps){DEFAULT_MS, DEFAULT_MS, DEFAULT_BYTES, DEFAULT_BYTES};
    if (document.len < CAPS_BYTES) {
        return X07_NETERR_OK;
    }
    int is_fit =
        x07_net_get_u32(document.ptr) == VERSION
        && read_limit(document, 1, DEFAULT_MS, X07_NET_CAPS_MAX_MS, &caps->connect_ms)
        && read_limit(document, 2, DEFAULT_MS, X07_NET_CAPS_MAX_MS, &caps->io_ms)
        && read_limit(document, 3, DEFAULT_BYTES, X07_NET_CAPS_MAX_BYTES, &caps->max_read_bytes)
        && read_limit(document, 4, DEFAULT_BYTES, X07_NET_CAPS_MAX_BYTES, &caps->max_write_bytes);
    return is_fit ? X07_NETERR_OK : X07_NETERR_INVALID;
}

x07_net_code x07_net_request_begin(x07_net_request *request, x07_bytes_view address,
                                   x07_bytes_view caps)
{
    x07_net_caps limits;
    x07_net_code code = x07_net_caps_read(caps, &limits);
    request->deadline = x07_net_deadline_in(limits.connect_ms);
    return code == X07_NETERR_OK ? x07_net_request_read(request, address) : code;
}
