// A server on a free port of loopback, which it prints: what comes goes back, one client at a time.
#include "listening.h"

#include <netinet/tcp.h>
#include <unistd.h>

static void echo(int client) {
    static char data[65536];
    ssize_t got;
    while ((got = read(client, data, sizeof data)) > 0 && write(client, data, (size_t)got) == got) {
    }
    close(client);
}

int main(void) {
    int listener = listening(), on = 1;
    if (listener < 0) {
        return 1;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        echo(client);
    }
}
