/* What a request may reach: the one way from a program's words to addresses. */
#include "sockets.h"

#include "dns.h"
#include "guard.h"

static x07_bytes_view target_text(const x07_net_target *target, char text[X07_NET_TEXT_BYTES])
{
    x07_net_target_text(target, text);
    return (x07_bytes_view){(const uint8_t *)text, (uint32_t)strlen(text)};
}

x07_net_code x07_net_allowed(const x07_net_request *request, x07_verdict verdict)
{
    char text[X07_NET_TEXT_BYTES];
    if (verdict.reason == X07_GRANTED) {
        return X07_NETERR_OK;
    }
    x07_denied(request->operation, target_text(&request->target, text), &verdict);
    return X07_NETERR_DENIED;
}

x07_net_code x07_net_request_host(x07_net_request *request, x07_bytes_view host, uint32_t port)
{
    x07_net_problem problem = x07_net_target_of(host, port, &request->target);
    if (problem == X07_NET_READ) {
        return X07_NETERR_OK;
    }
    x07_verdict verdict = x07_verdict_unread(problem);
    if (x07_policy_current()->sandboxed) {
        x07_denied(request->operation, host, &verdict);
        return X07_NETERR_DENIED;
    }
    return X07_NETERR_INVALID;
}

/* Keeps those of the addresses that the name grants; the denials of the others are told. */
static void keep_granted(const x07_net_request *request, x07_net_addresses *found)
{
    const x07_policy *policy = x07_policy_current();
    uint32_t kept = 0;
    for (uint32_t i = 0; i < found->count; i++) {
        const x07_net_address *item = &found->items[i];
        x07_net_target target = x07_net_target_of_address(
            item->bytes, item->version == 4 ? 4 : 16, request->target.port);
        x07_verdict verdict =
            x07_verdict_resolved(policy, request->use, &request->target, &target);
        if (!x07_guard("net-resolved") || x07_net_allowed(request, verdict) == X07_NETERR_OK) {
            found->items[kept++] = *item;
        }
    }
    found->count = kept;
}

/* Where denials are collected, all that is missing is told. */
static x07_net_code ask(const x07_net_request *request)
{
    x07_verdict missing[X07_NET_VERDICTS];
    size_t count =
        x07_verdicts_net(x07_policy_current(), request->use, &request->target, missing);
    size_t told = x07_denials_are_collected() ? count : count != 0;
    for (size_t i = 0; i < told; i++) {
        x07_net_allowed(request, missing[i]);
    }
    return count == 0 ? X07_NETERR_OK : X07_NETERR_DENIED;
}

x07_net_code x07_net_resolve(const x07_net_request *request, x07_net_addresses *found)
{
    const x07_net_target *target = &request->target;
    x07_net_code code = ask(request);
    found->count = 0;
    if (code != X07_NETERR_OK) {
        return code;
    }
    if (target->address.version != 0) {
        *found = (x07_net_addresses){.count = 1, .items = {target->address}};
        return X07_NETERR_OK;
    }
    code = x07_dns_find(target->host, request->deadline, found);
    if (code != X07_NETERR_OK) {
        return code;
    }
    keep_granted(request, found);
    return found->count != 0 ? X07_NETERR_OK : X07_NETERR_DENIED;
}
