// A server on a free port of loopback, which it prints: what comes goes back, one client at a time.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static void echo(int client) {
    static char data[65536];
    ssize_t got;
    while ((got = read(client, data, sizeof data)) > 0 && write(client, data, (size_t)got) == got) {
    }
    close(client);
}

int main(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    if (bind(listener, (struct sockaddr *)&own, size) != 0 || listen(listener, 8) != 0) {
        return 1;
    }
    getsockname(listener, (struct sockaddr *)&own, &size);
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        echo(client);
    }
}
