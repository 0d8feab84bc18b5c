/* https://protobuf.dev/programming-guides/encoding: a field is a number that holds the field's and
 * its kind, then the value. */
#include "protobuf.h"

enum {
    NUMBER_KIND = 0,
    EIGHT_BYTES_KIND = 1,
    BYTES_KIND = 2,
    FOUR_BYTES_KIND = 5,
    KIND_BITS = 3,
    KIND_MASK = 7,
};

/* Numbers have 7 bits in each byte, the lowest first; the highest bit says that more follow. */
enum { PART_BITS = 7, PART_MASK = 0x7f, MORE = 0x80, LAST_SHIFT = 63 };

typedef struct {
    uint64_t number;
    uint64_t kind;
    x07_text bytes;
} field;

/* At most 64 bits: of the tenth byte the lowest alone. */
static bool take_number(x07_text *from, uint64_t *number)
{
    *number = 0;
    for (unsigned shift = 0; shift <= LAST_SHIFT && from->length > 0; shift += PART_BITS) {
        const uint8_t byte = (uint8_t)from->start[0];
        *from = x07_after(*from, 1);
        *number |= (uint64_t)(byte & PART_MASK) << shift;
        if (byte < MORE) {
            return shift < LAST_SHIFT || byte <= 1;
        }
    }
    return false;
}

static bool take_bytes(x07_text *from, uint64_t length, x07_text *bytes)
{
    if (length > from->length) {
        return false;
    }
    *bytes = (x07_text){from->start, (size_t)length};
    *from = x07_after(*from, (size_t)length);
    return true;
}

/* The other two kinds, groups, are of times before all that is asked here. */
static bool take_value(x07_text *from, field *found)
{
    uint64_t number;
    switch (found->kind) {
    case NUMBER_KIND:
        return take_number(from, &number);
    case EIGHT_BYTES_KIND:
        return take_bytes(from, 8, &found->bytes);
    case BYTES_KIND:
        return take_number(from, &number) && take_bytes(from, number, &found->bytes);
    case FOUR_BYTES_KIND:
        return take_bytes(from, 4, &found->bytes);
    default:
        return false;
    }
}

static bool take_field(x07_text *from, field *found)
{
    uint64_t tag;
    if (!take_number(from, &tag) || tag > UINT32_MAX) {
        return false;
    }
    found->number = tag >> KIND_BITS;
    found->kind = tag & KIND_MASK;
    return found->number > 0 && take_value(from, found);
}

bool x07_protobuf_only(x07_text message, uint32_t number, x07_text *bytes)
{
    bool is_found = false;
    field found;
    while (message.length > 0) {
        if (!take_field(&message, &found)) {
            return false;
        }
        if (found.number == number) {
            if (is_found || found.kind != BYTES_KIND) {
                return false;
            }
            is_found = true;
            *bytes = found.bytes;
        }
    }
    return is_found;
}

static void put_number(x07_buffer *message, uint64_t number)
{
    while (number >= MORE) {
        x07_put_byte(message, (uint8_t)(number | MORE));
        number >>= PART_BITS;
    }
    x07_put_byte(message, (uint8_t)number);
}

void x07_protobuf_put(x07_buffer *message, uint32_t number, x07_text bytes)
{
    put_number(message, (uint64_t)number << KIND_BITS | BYTES_KIND);
    put_number(message, bytes.length);
    x07_put(message, bytes);
}
