#include "net_range.h"
#include "stream.h"
#include "x07_policy_net.h"

static void give_target(x07_net_problem problem, const x07_net_target *target)
{
    char text[X07_NET_TEXT_BYTES];
    give_u32(problem);
    if (problem == X07_NET_READ) {
        x07_net_target_text(target, text);
        give_view(x07_net_view(text));
        give_u32(target->address.version);
    }
}

static void read_target(void)
{
    x07_net_target target;
    x07_bytes_view text = take_view();
    give_target(x07_net_target_read(text, &target), &target);
    forget(text);
}

static void read_host(void)
{
    x07_net_target target;
    x07_bytes_view host = take_view();
    give_target(x07_net_target_of(host, take_u32(), &target), &target);
    forget(host);
}

static void read_url(void)
{
    x07_net_target target;
    x07_bytes_view url = take_view();
    give_target(x07_net_target_of_url(url, &target), &target);
    forget(url);
}

static void read_address(void)
{
    x07_bytes_view bytes = take_view();
    x07_net_target target = x07_net_target_of_address(bytes.ptr, bytes.len, take_u32());
    give_target(X07_NET_READ, &target);
    forget(bytes);
}

static void read_range(void)
{
    x07_net_range range;
    x07_bytes_view host = take_view();
    int is_read = x07_net_range_read(host, &range);
    uint32_t size = range.version == 4 ? 4 : 16;
    give_u32((uint32_t)is_read);
    if (is_read) {
        give_u32(range.version);
        give_view(x07_net_view(range.name));
        give_view((x07_bytes_view){range.first, size});
        give_view((x07_bytes_view){range.last, size});
    }
    forget(host);
}

static void give_verdict(x07_verdict verdict, x07_bytes_view target)
{
    char words[4096] = "";
    if (verdict.reason == X07_GRANTED) {
        give_view(x07_net_view("granted"));
        give_view(verdict.wanted.len != 0 ? verdict.wanted : x07_net_view(""));
        return;
    }
    x07_denial_sentence(&(x07_words){words, sizeof words, 0}, "connect", target, &verdict);
    give_view(x07_net_view(words));
    give_view(x07_net_view(verdict.field));
}

static void judge(void)
{
    x07_net_target target;
    x07_net_use use = (x07_net_use)take_u32();
    x07_bytes_view text = take_view();
    give_verdict(x07_verdict_net_text(x07_policy_current(), use, text, &target), text);
    forget(text);
}

static void judge_resolved(void)
{
    x07_net_target named, found;
    x07_net_use use = (x07_net_use)take_u32();
    x07_bytes_view name = take_view(), address = take_view();
    x07_net_target_read(name, &named);
    x07_net_target_read(address, &found);
    give_verdict(x07_verdict_resolved(x07_policy_current(), use, &named, &found), name);
    forget(name);
    forget(address);
}

void serve(uint32_t operation)
{
    static void (*const operations[])(void) = {
        read_target, read_host, read_url, read_address, read_range, judge, judge_resolved,
    };
    operations[operation]();
}
