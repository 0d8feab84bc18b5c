// A listener of loopback for the servers here; its port is printed.
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

// -1 where there is none.
static int listening(void) {
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof own;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&own, size) != 0 || listen(listener, 8) != 0) {
        return -1;
    }
    getsockname(listener, (struct sockaddr *)&own, &size);
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    return listener;
}
