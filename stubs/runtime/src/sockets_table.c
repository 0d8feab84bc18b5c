/* The sockets that a program has. A handle is a place in the table and how often it was taken, so
 * that one that was closed names nothing that was opened later. */
#include "sockets.h"

#include "x07_release.h"

#include <unistd.h>

enum { PLACES = 4096, PLACE_BITS = 12, GENERATIONS = 1 << 19 };

static x07_net_socket sockets[PLACES];
static struct {
    /* Places from here on were never taken. */
    uint32_t fresh;
    uint32_t open;
    /* Where the next search for a free place starts. */
    uint32_t next;
} table;

static void close_socket(x07_net_socket *socket)
{
    uint32_t generation = socket->generation;
    if (socket->transport != NULL && socket->transport->close != NULL) {
        socket->transport->close(socket);
    }
    close(socket->fd);
    *socket = (x07_net_socket){.fd = -1, .generation = generation};
    table.open--;
}

static void close_all(void)
{
    for (uint32_t i = 0; i < table.fresh; i++) {
        if (sockets[i].kind != X07_NET_NO_SOCKET) {
            close_socket(&sockets[i]);
        }
        sockets[i].generation = 0;
    }
    table.fresh = table.next = 0;
}

static x07_release release_sockets = {.run = close_all};

/* There is one. */
static uint32_t free_place(void)
{
    if (table.fresh < PLACES) {
        return table.fresh++;
    }
    while (sockets[table.next].kind != X07_NET_NO_SOCKET) {
        table.next = (table.next + 1) % PLACES;
    }
    return table.next;
}

x07_net_code x07_net_keep(x07_net_socket made, uint32_t *handle)
{
    if (table.open == PLACES) {
        close(made.fd);
        return X07_NETERR_INTERNAL;
    }
    if (table.fresh == 0) {
        x07_release_add(&release_sockets);
    }
    uint32_t place = free_place();
    made.generation = sockets[place].generation % (GENERATIONS - 1) + 1;
    sockets[place] = made;
    table.open++;
    *handle = made.generation << PLACE_BITS | place;
    return X07_NETERR_OK;
}

static x07_net_socket *place_of(uint32_t handle)
{
    uint32_t place = handle % PLACES;
    return place < table.fresh && handle >> PLACE_BITS != 0 ? &sockets[place] : NULL;
}

x07_net_socket *x07_net_socket_of(uint32_t handle, x07_net_kind kind)
{
    x07_net_socket *socket = place_of(handle);
    int is_it = socket != NULL && socket->generation == handle >> PLACE_BITS && socket->kind == kind;
    return is_it ? socket : NULL;
}

x07_net_socket *x07_net_socket_with(uint32_t handle, x07_net_kind kind, x07_bytes_view caps,
                                    x07_net_caps *limits)
{
    x07_net_code code = x07_net_caps_read(caps, limits);
    return code == X07_NETERR_OK ? x07_net_socket_of(handle, kind) : NULL;
}

uint32_t x07_net_close(uint32_t handle, x07_net_kind kind)
{
    x07_net_socket *socket = x07_net_socket_of(handle, kind);
    if (socket != NULL) {
        close_socket(socket);
    }
    return socket != NULL;
}

uint32_t x07_net_drop(uint32_t handle, x07_net_kind kind)
{
    const x07_net_socket *socket = place_of(handle);
    int was_there = socket != NULL && handle >> PLACE_BITS <= socket->generation;
    int is_other = socket != NULL && handle >> PLACE_BITS == socket->generation
                   && socket->kind != X07_NET_NO_SOCKET && socket->kind != kind;
    x07_net_close(handle, kind);
    return was_there && !is_other;
}
