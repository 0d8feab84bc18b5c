/* std.net.dns.lookup_v1 */
#include "sockets.h"

static x07_net_target target_of(const x07_net_address *address, uint32_t port)
{
    return x07_net_target_of_address(address->bytes, address->version == 4 ? 4 : 16, port);
}

static x07_bytes found_document(const x07_net_addresses *found, uint32_t port, const char *at)
{
    uint32_t len = X07_NET_PREFIX_BYTES + 4;
    for (uint32_t i = 0; i < found->count; i++) {
        x07_net_target target = target_of(&found->items[i], port);
        len += x07_net_address_size(&target);
    }
    x07_bytes document = x07_bytes_raw(len, at);
    uint8_t *next = x07_net_put_u32(x07_net_put_prefix(document.ptr), found->count);
    for (uint32_t i = 0; i < found->count; i++) {
        x07_net_target target = target_of(&found->items[i], port);
        next = x07_net_put_address(next, &target);
    }
    return document;
}

x07_bytes x07_net_dns_lookup_v1(x07_bytes_view name, uint32_t port, x07_bytes_view caps,
                                const char *at)
{
    x07_net_request request = {.operation = "std.net.dns.lookup_v1", .use = X07_NET_LOOK_UP};
    x07_net_caps limits;
    x07_net_addresses found;
    x07_net_code code = x07_net_caps_read(caps, &limits);
    request.deadline = x07_net_deadline_in(limits.connect_ms);
    if (code == X07_NETERR_OK) {
        code = x07_net_request_host(&request, name, port);
    }
    if (code == X07_NETERR_OK) {
        code = x07_net_resolve(&request, &found);
    }
    return code == X07_NETERR_OK ? found_document(&found, request.target.port, at)
                                 : x07_net_error_document(code, at);
}
