// What echo.x07.json does, by the calls of the system alone.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROUNDS = 10000, MESSAGE_BYTES = 64 };

int main(int argc, char **argv) {
    if (argc < 2) {
        return 2;
    }
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((unsigned short)atoi(argv[1])),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char message[MESSAGE_BYTES] = {0};
    int stream = socket(AF_INET, SOCK_STREAM, 0), on = 1, sum = 0;
    setsockopt(stream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(stream, (struct sockaddr *)&to, sizeof to) != 0) {
        return 1;
    }
    for (int i = 0; i < ROUNDS; i++) {
        ssize_t left = MESSAGE_BYTES;
        if (write(stream, message, sizeof message) != MESSAGE_BYTES) {
            return 1;
        }
        while (left > 0) {
            ssize_t got = read(stream, message, (size_t)left);
            if (got <= 0) {
                return 1;
            }
            left -= got;
        }
        sum += MESSAGE_BYTES;
    }
    printf("%d\n", sum);
    return 0;
}
