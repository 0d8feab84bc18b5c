/* Messages of Protocol Buffers, as far as texts in them are concerned. */
#ifndef X07_LAUNCHER_PROTOBUF_H
#define X07_LAUNCHER_PROTOBUF_H

#include "buffer.h"

/* The bytes of the field NUMBER. False unless the message is well-formed, and has that field once:
 * readers do not agree on what several of them mean. */
bool x07_protobuf_only(x07_text message, uint32_t number, x07_text *bytes);

void x07_protobuf_put(x07_buffer *message, uint32_t number, x07_text bytes);

#endif
