#include "denials.h"
#include "stream.h"

#include "x07_readers.h"
#include "x07_sockets.h"
#include "x07_writer.h"

#include <poll.h>
#include <sys/resource.h>

enum { TAKEN = 2 };

static void give_document(x07_bytes document, x07_bytes_view *taken, int count)
{
    give_bytes(document);
    for (int i = 0; i < count; i++) {
        forget(taken[i]);
    }
}

static void look_up(void)
{
    x07_bytes_view taken[TAKEN] = {take_view()};
    uint32_t port = take_u32();
    taken[1] = take_view();
    give_document(x07_net_dns_lookup_v1(taken[0], port, taken[1], AT), taken, 2);
}

typedef x07_bytes opener(x07_bytes_view address, x07_bytes_view caps, const char *at);

static void open_at(opener *call)
{
    x07_bytes_view taken[TAKEN] = {take_view()};
    taken[1] = take_view();
    give_document(call(taken[0], taken[1], AT), taken, 2);
}

static void accept_one(void)
{
    uint32_t listener = take_u32();
    x07_bytes_view caps = take_view();
    give_document(x07_net_tcp_accept_v1(listener, caps, AT), &caps, 1);
}

typedef x07_bytes receiver(uint32_t handle, uint32_t max_bytes, x07_bytes_view caps,
                           const char *at);

static void receive(receiver *call)
{
    uint32_t handle = take_u32(), max_bytes = take_u32();
    x07_bytes_view caps = take_view();
    give_document(call(handle, max_bytes, caps, AT), &caps, 1);
}

static void write_data(void)
{
    uint32_t handle = take_u32();
    x07_bytes_view taken[TAKEN] = {take_view()};
    taken[1] = take_view();
    give_document(x07_net_stream_write_v1(handle, taken[0], taken[1], AT), taken, 2);
}

static void wait_for(void)
{
    uint32_t handle = take_u32(), events = take_u32();
    give_bytes(x07_net_stream_wait_v1(handle, events, take_u32(), AT));
}

static void send_message(void)
{
    uint32_t handle = take_u32();
    x07_bytes_view address = take_view(), payload = take_view(), caps = take_view();
    x07_bytes_view taken[] = {address, payload, caps};
    give_document(x07_net_udp_sendto_v1(handle, address, payload, caps, AT), taken, 3);
}

typedef uint32_t reader(uint32_t handle, x07_bytes_view caps);

/* As many reads of at most so many bytes. */
static void read_all(reader *make)
{
    uint32_t handle = take_u32();
    x07_bytes_view caps = take_view();
    x07_iface source = x07_iface_make_v1(handle, make(handle, caps));
    uint32_t max = take_u32(), count = take_u32();
    for (uint32_t i = 0; i < count; i++) {
        give_bytes(x07_io_read(source, max, AT));
    }
    forget(caps);
}

static void end_socket(uint32_t (*call)(uint32_t, x07_net_kind))
{
    uint32_t handle = take_u32();
    give_u32(call(handle, (x07_net_kind)take_u32()));
}

static void open_many(void)
{
    struct rlimit descriptors;
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
    x07_bytes_view address = take_view();
    uint32_t count = take_u32(), made = 0;
    for (uint32_t i = 0; i < count; i++) {
        x07_bytes document = x07_net_udp_bind_v1(address, X07_NO_BYTES_VIEW, AT);
        made += document.ptr[0];
        x07_bytes_drop(document);
    }
    give_u32(made);
    forget(address);
}

static void pass_time(void)
{
    poll(NULL, 0, (int)take_u32());
    give_u32(0);
}

void serve(uint32_t operation)
{
    uint32_t handle;
    switch (operation) {
    case 0:
        look_up();
        return;
    case 1:
        open_at(x07_net_tcp_connect_v1);
        return;
    case 2:
        open_at(x07_net_tcp_listen_v1);
        return;
    case 3:
        accept_one();
        return;
    case 4:
        receive(x07_net_stream_read_v1);
        return;
    case 5:
        write_data();
        return;
    case 6:
        wait_for();
        return;
    case 7:
        handle = take_u32();
        give_u32(x07_net_stream_shutdown_v1(handle, take_u32()));
        return;
    case 8:
        end_socket(x07_net_close);
        return;
    case 9:
        end_socket(x07_net_drop);
        return;
    case 10:
        open_at(x07_net_udp_bind_v1);
        return;
    case 11:
        send_message();
        return;
    case 12:
        receive(x07_net_udp_recvfrom_v1);
        return;
    case 13:
        read_all(x07_net_stream_reader_v1);
        return;
    case 14:
        read_all(x07_net_udp_reader_v1);
        return;
    case 15:
        open_many();
        return;
    case 17:
        report();
        return;
    default:
        pass_time();
        return;
    }
}
