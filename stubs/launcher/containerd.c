/* The call `Get` of containerd's service of images, over gRPC. */
#include "containerd.h"

#include "http2.h"
#include "protobuf.h"

#define METHOD "/containerd.services.images.v1.Images/Get"

/* api/services/images/v1/images.proto and api/types/descriptor.proto of containerd. */
enum { REQUEST_NAME = 1, RESPONSE_IMAGE = 1, IMAGE_NAME = 1, IMAGE_TARGET = 3, TARGET_DIGEST = 2 };

/* A message of gRPC: whether it is compressed, its length, and itself. */
enum { PLAIN = 0, LENGTH_BYTES = 4, PREFIX_BYTES = 5, LENGTH_AT = 1 };

enum { WAIT_MS = 2000, MOST_MESSAGE_BYTES = 4096 };

#define TEXT(literal) {literal, sizeof literal - 1}

static bool put_question(x07_buffer *question, x07_text name)
{
    char bytes[MOST_MESSAGE_BYTES];
    x07_buffer message = {.bytes = bytes, .most = sizeof bytes};
    x07_protobuf_put(&message, REQUEST_NAME, name);
    x07_put_byte(question, PLAIN);
    x07_put_number(question, (uint32_t)message.length, LENGTH_BYTES);
    x07_put(question, x07_content(&message));
    return !message.is_short && !question->is_short;
}

static bool ask(const x07_peer *peer, x07_text name_space, x07_text name, x07_text *answer)
{
    const x07_header headers[] = {
        {TEXT(":method"), TEXT("POST")},
        {TEXT(":scheme"), TEXT("http")},
        {TEXT(":path"), TEXT(METHOD)},
        {TEXT(":authority"), TEXT("localhost")},
        {TEXT("content-type"), TEXT("application/grpc")},
        {TEXT("te"), TEXT("trailers")},
        {TEXT("containerd-namespace"), name_space},
    };
    char bytes[PREFIX_BYTES + MOST_MESSAGE_BYTES];
    x07_buffer question = {.bytes = bytes, .most = sizeof bytes};
    if (!put_question(&question, name)) {
        return false;
    }
    const size_t count = sizeof headers / sizeof *headers;
    const x07_request request = {headers, count, x07_content(&question)};
    return x07_http2_ask(peer, &request, answer);
}

/* The message of an answer that has one, and nothing else. */
static bool message_of(x07_text answer, x07_text *message)
{
    size_t length = 0;
    if (answer.length < PREFIX_BYTES || answer.start[0] != PLAIN) {
        return false;
    }
    for (size_t at = LENGTH_AT; at < PREFIX_BYTES; at++) {
        length = length << 8 | (uint8_t)answer.start[at];
    }
    *message = x07_after(answer, PREFIX_BYTES);
    return message->length == length;
}

static bool is_of(x07_text response, x07_text name, x07_text digest)
{
    x07_text image;
    x07_text target;
    x07_text found_name;
    x07_text found_digest;
    return x07_protobuf_only(response, RESPONSE_IMAGE, &image) &&
           x07_protobuf_only(image, IMAGE_NAME, &found_name) &&
           x07_protobuf_only(image, IMAGE_TARGET, &target) &&
           x07_protobuf_only(target, TARGET_DIGEST, &found_digest) &&
           x07_same(found_name, name) && x07_same(found_digest, digest);
}

bool x07_containerd_has(const char *socket, x07_text name_space, x07_text name, x07_text digest)
{
    x07_peer peer;
    x07_text answer;
    x07_text response;
    if (!x07_connect(socket, WAIT_MS, &peer)) {
        return false;
    }
    const bool is_told = ask(&peer, name_space, name, &answer);
    x07_disconnect(&peer);
    return is_told && message_of(answer, &response) && is_of(response, name, digest);
}
