#include "http2.h"

#include "buffer.h"

#define PREFACE "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

/* RFC 9113 §6, and its §4.1 for the first nine bytes of a frame. */
enum {
    DATA = 0,
    HEADERS = 1,
    RST_STREAM = 3,
    SETTINGS = 4,
    PUSH_PROMISE = 5,
    PING = 6,
    GOAWAY = 7,
    END_STREAM = 1,
    ACK = 1,
    END_HEADERS = 4,
    PADDED = 8,
    HEAD_BYTES = 9,
    LENGTH_BYTES = 3,
    STREAM_BYTES = 4,
    STREAM_AT = 5,
    PING_BYTES = 8,
};

/* What a frame holds unless we allowed more (§4.2), and all that an answer may have. The latter is
 * less than what a server may send without our leave (§6.9.2), so that leave is never given. */
enum { MOST_FRAME_BYTES = 1 << 14, MOST_RECEIVED_BYTES = (1 << 16) - 1, MOST_SENT_BYTES = 1 << 13 };

/* The first stream of a client (§5.1.1), and none, which stands for the connection. */
enum { STREAM = 1, CONNECTION = 0 };

typedef struct {
    uint8_t kind;
    uint8_t flags;
    uint32_t stream;
    x07_text payload;
} frame;

/* `taken`: of what was received, the bytes of frames that were read. */
typedef struct {
    const x07_peer *peer;
    size_t received;
    size_t taken;
    x07_buffer body;
    bool has_ended;
    char data[MOST_RECEIVED_BYTES];
} exchange;

static void put_frame(x07_buffer *to, frame what)
{
    x07_put_number(to, (uint32_t)what.payload.length, LENGTH_BYTES);
    x07_put_byte(to, what.kind);
    x07_put_byte(to, what.flags);
    x07_put_number(to, what.stream, STREAM_BYTES);
    x07_put(to, what.payload);
}

/* RFC 7541 §5.2: plain, with a length that has one byte. Longer ones are of no use to us. */
static void put_string(x07_buffer *to, x07_text text)
{
    enum { LEAST_WITH_MORE_BYTES = 0x7f };
    to->is_short = to->is_short || text.length >= LEAST_WITH_MORE_BYTES;
    x07_put_byte(to, (uint8_t)text.length);
    x07_put(to, text);
}

/* RFC 7541 §6.2.2: a literal without indexing, whose name is new. */
static void put_header(x07_buffer *to, x07_header header)
{
    x07_put_byte(to, 0);
    put_string(to, header.name);
    put_string(to, header.value);
}

/* All at once: nothing of it waits for the settings of the server (RFC 9113 §3.4), and ours are
 * those that hold where none are told. */
static bool send_request(const x07_peer *peer, const x07_request *request)
{
    char header_bytes[MOST_SENT_BYTES];
    char bytes[MOST_SENT_BYTES];
    x07_buffer headers = {.bytes = header_bytes, .most = sizeof header_bytes};
    x07_buffer all = {.bytes = bytes, .most = sizeof bytes};
    for (size_t at = 0; at < request->header_count; at++) {
        put_header(&headers, request->headers[at]);
    }
    x07_put(&all, x07_text_of(PREFACE));
    put_frame(&all, (frame){.kind = SETTINGS, .stream = CONNECTION, .payload = {bytes, 0}});
    put_frame(&all, (frame){HEADERS, END_HEADERS, STREAM, x07_content(&headers)});
    put_frame(&all, (frame){DATA, END_STREAM, STREAM, request->body});
    return !headers.is_short && !all.is_short && x07_tell(peer, all.bytes, all.length);
}

/* The next bytes of the answer; NULL where they do not come. */
static const char *take(exchange *with, size_t bytes)
{
    if (bytes > MOST_RECEIVED_BYTES - with->taken) {
        return NULL;
    }
    while (with->received - with->taken < bytes) {
        char *end = with->data + with->received;
        const size_t got = x07_hear(with->peer, end, MOST_RECEIVED_BYTES - with->received);
        if (got == 0) {
            return NULL;
        }
        with->received += got;
    }
    with->taken += bytes;
    return with->data + with->taken - bytes;
}

static uint32_t number_of(const char *bytes, size_t count)
{
    uint32_t number = 0;
    for (size_t at = 0; at < count; at++) {
        number = number << 8 | (uint8_t)bytes[at];
    }
    return number;
}

/* The highest bit of a stream's number has no meaning. */
static bool take_frame(exchange *with, frame *found)
{
    const char *head = take(with, HEAD_BYTES);
    if (head == NULL) {
        return false;
    }
    const size_t length = number_of(head, LENGTH_BYTES);
    found->kind = (uint8_t)head[LENGTH_BYTES];
    found->flags = (uint8_t)head[LENGTH_BYTES + 1];
    found->stream = number_of(head + STREAM_AT, STREAM_BYTES) & INT32_MAX;
    found->payload.start = length <= MOST_FRAME_BYTES ? take(with, length) : NULL;
    found->payload.length = length;
    return found->payload.start != NULL;
}

/* §6.1: the length of the padding goes before the data, the padding after them. */
static bool without_padding(const frame *found, x07_text *data)
{
    *data = found->payload;
    if ((found->flags & PADDED) == 0) {
        return true;
    }
    const size_t padding = data->length > 0 ? (uint8_t)data->start[0] : 0;
    if (data->length < padding + 1) {
        return false;
    }
    *data = (x07_text){data->start + 1, data->length - padding - 1};
    return true;
}

static bool on_data(exchange *with, const frame *found)
{
    x07_text data;
    if (found->stream != STREAM || !without_padding(found, &data)) {
        return false;
    }
    x07_put(&with->body, data);
    with->has_ended = (found->flags & END_STREAM) != 0;
    return !with->body.is_short;
}

/* The first headers, or those after the body; what they say is not needed. */
static bool on_headers(exchange *with, const frame *found)
{
    with->has_ended = (found->flags & END_STREAM) != 0;
    return found->stream == STREAM;
}

/* §6.5.3 and §6.7: what an acknowledgement answers is not answered again. */
static bool acknowledge(const exchange *with, const frame *found, x07_text payload)
{
    char bytes[HEAD_BYTES + PING_BYTES];
    x07_buffer answer = {.bytes = bytes, .most = sizeof bytes};
    put_frame(&answer, (frame){found->kind, ACK, CONNECTION, payload});
    return found->stream == CONNECTION &&
           ((found->flags & ACK) != 0 || x07_tell(with->peer, bytes, answer.length));
}

static bool on_ping(const exchange *with, const frame *found)
{
    return found->payload.length == PING_BYTES && acknowledge(with, found, found->payload);
}

/* Kinds that are not known mean nothing (§4.1); WINDOW_UPDATE lets us send more, and we have sent
 * all. A pushed stream has nothing that was asked for. */
static bool on_frame(exchange *with, const frame *found)
{
    switch (found->kind) {
    case DATA:
        return on_data(with, found);
    case HEADERS:
        return on_headers(with, found);
    case SETTINGS:
        return acknowledge(with, found, (x07_text){found->payload.start, 0});
    case PING:
        return on_ping(with, found);
    case RST_STREAM:
    case PUSH_PROMISE:
    case GOAWAY:
        return false;
    default:
        return true;
    }
}

bool x07_http2_ask(const x07_peer *peer, const x07_request *request, x07_text *body)
{
    static char body_bytes[MOST_RECEIVED_BYTES];
    static exchange with;
    frame found;
    with.peer = peer;
    with.received = with.taken = 0;
    with.body = (x07_buffer){.bytes = body_bytes, .most = sizeof body_bytes};
    with.has_ended = false;
    if (!send_request(peer, request)) {
        return false;
    }
    while (!with.has_ended) {
        if (!take_frame(&with, &found) || !on_frame(&with, &found)) {
            return false;
        }
    }
    *body = x07_content(&with.body);
    return true;
}
