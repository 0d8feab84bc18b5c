/* A Unix socket that one talks to for a limited time, however its other end behaves. */
#ifndef X07_LAUNCHER_SOCKETS_H
#define X07_LAUNCHER_SOCKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `deadline_ns`: of the monotonic clock; nothing is waited for after it. */
typedef struct {
    int descriptor;
    int64_t deadline_ns;
} x07_peer;

/* Nothing is open where it fails. */
bool x07_connect(const char *path, int64_t wait_ms, x07_peer *peer);
void x07_disconnect(const x07_peer *peer);
/* All of it. */
bool x07_tell(const x07_peer *peer, const void *data, size_t bytes);
/* Whatever is there; 0: nothing more comes, or not in time. */
size_t x07_hear(const x07_peer *peer, void *data, size_t bytes);

#endif
