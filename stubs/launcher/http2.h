/* One request over HTTP/2 (RFC 9113) to a server that is known to speak it (§3.3). */
#ifndef X07_LAUNCHER_HTTP2_H
#define X07_LAUNCHER_HTTP2_H

#include "sockets.h"
#include "text.h"

typedef struct {
    x07_text name;
    x07_text value;
} x07_header;

typedef struct {
    const x07_header *headers;
    size_t header_count;
    x07_text body;
} x07_request;

/* The whole body of the answer, which stays until the next call; what its headers say is not read.
 * False where it does not come whole, or is not what RFC 9113 allows. */
bool x07_http2_ask(const x07_peer *peer, const x07_request *request, x07_text *body);

#endif
