// A server of HTTP on a free port of loopback, which it prints: `GET /N` is answered by N bytes, one
// client at a time.
#include "listening.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char data[1 << 20];

static void send_all(int client, const char *from, size_t size) {
    while (size > 0) {
        ssize_t put = send(client, from, size, MSG_NOSIGNAL);
        if (put <= 0) {
            return;
        }
        from += put;
        size -= (size_t)put;
    }
}

static void answer(int client) {
    char head[4096] = "";
    size_t got = 0;
    while (!strstr(head, "\r\n\r\n")) {
        ssize_t more = read(client, head + got, sizeof head - 1 - got);
        if (more <= 0) {
            return;
        }
        got += (size_t)more;
    }
    size_t left = strtoul(head + strlen("GET /"), NULL, 10);
    int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", left);
    send_all(client, head, (size_t)len);
    for (; left > 0; left -= left < sizeof data ? left : sizeof data) {
        send_all(client, data, left < sizeof data ? left : sizeof data);
    }
}

int main(void) {
    int listener = listening();
    if (listener < 0) {
        return 1;
    }
    for (;;) {
        int client = accept(listener, NULL, NULL);
        answer(client);
        close(client);
    }
}
