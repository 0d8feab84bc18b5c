/* Messages of DNS (RFC 1035): one question, and the addresses in its answer. Whoever answers may be
 * anyone: every length is looked at, and pointers only lead back. */
#include "dns.h"
#include "net_address.h"

#include <string.h>

enum {
    HEAD_BYTES = 12,
    NAME_BYTES = 256,
    LABEL_BYTES = 63,
    CLASS_IN = 1,
    CNAME = 5,
    ANSWERS = 0x8000,
    OPCODE = 0x7800,
    IS_CUT = 0x0200,
    WANTS_RECURSION = 0x0100,
    RCODE = 0x000F,
    NO_SUCH_NAME = 3,
    /* Names that stand for another, one after the other. */
    CHAIN = 16,
};

/* -- asking */

static void put_u16(uint8_t *to, uint32_t number)
{
    to[0] = (uint8_t)(number >> 8);
    to[1] = (uint8_t)number;
}

/* Labels with their lengths; the end, or NULL. */
static uint8_t *put_name(uint8_t *to, const char *host)
{
    size_t total = strlen(host);
    if (total == 0 || total > NAME_BYTES - 3) {
        return NULL;
    }
    while (*host != '\0') {
        size_t len = strcspn(host, ".");
        if (len == 0 || len > LABEL_BYTES) {
            return NULL;
        }
        *to = (uint8_t)len;
        memcpy(to + 1, host, len);
        to += 1 + len;
        host += len + (host[len] == '.');
    }
    *to = 0;
    return to + 1;
}

int x07_dns_ask(x07_dns_query *query, const char *host, uint16_t type, uint16_t id)
{
    uint8_t *bytes = query->bytes, *end;
    memset(bytes, 0, HEAD_BYTES);
    put_u16(bytes, id);
    put_u16(bytes + 2, WANTS_RECURSION);
    put_u16(bytes + 4, 1);
    end = put_name(bytes + HEAD_BYTES, host);
    if (end == NULL) {
        return 0;
    }
    put_u16(end, type);
    put_u16(end + 2, CLASS_IN);
    query->type = type;
    query->len = (uint32_t)(end + 4 - bytes);
    return 1;
}

/* -- reading */

typedef struct {
    const uint8_t *bytes;
    uint32_t len;
    uint32_t at;
    int is_broken;
} cursor;

static const uint8_t *take(cursor *from, uint32_t size)
{
    if (from->is_broken || size > from->len - from->at) {
        from->is_broken = 1;
        return NULL;
    }
    from->at += size;
    return from->bytes + from->at - size;
}

static uint32_t take_u16(cursor *from)
{
    const uint8_t *pair = take(from, 2);
    return pair != NULL ? (uint32_t)pair[0] << 8 | pair[1] : 0;
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? byte | 32 : byte;
}

/* A label, and the dot before it. A dot in a label is none that parts names. */
static uint32_t put_label(char *name, uint32_t len, const uint8_t *label, uint32_t size)
{
    if (len + size + 2 > NAME_BYTES) {
        return NAME_BYTES;
    }
    if (len != 0) {
        name[len++] = '.';
    }
    for (uint32_t i = 0; i < size; i++) {
        name[len++] = (char)(label[i] == '.' || label[i] == 0 ? '\\' : lower(label[i]));
    }
    return len;
}

/* A name as text, which may go on at places before. */
static void take_name(cursor *from, char name[NAME_BYTES])
{
    cursor part = *from;
    uint32_t len = 0, has_jumped = 0;
    for (;;) {
        uint32_t start = part.at;
        const uint8_t *size = take(&part, 1);
        if (size != NULL && *size >= 0xC0) {
            const uint8_t *low = take(&part, 1);
            uint32_t to = low != NULL ? (*size & 0x3Fu) << 8 | *low : start;
            from->at = has_jumped ? from->at : part.at;
            has_jumped = 1;
            part.is_broken |= to >= start;
            part.len = start;
            part.at = part.is_broken ? start : to;
            continue;
        }
        const uint8_t *label = size != NULL && *size <= LABEL_BYTES ? take(&part, *size) : NULL;
        len = label != NULL ? put_label(name, len, label, *size) : NAME_BYTES;
        if (len >= NAME_BYTES || *size == 0) {
            break;
        }
    }
    from->is_broken |= part.is_broken || len >= NAME_BYTES;
    from->at = has_jumped ? from->at : part.at;
    name[from->is_broken ? 0 : len] = '\0';
}

typedef struct {
    char owner[NAME_BYTES];
    uint32_t type;
    uint32_t size;
    /* Where its data is. */
    uint32_t at;
} record;

static int take_record(cursor *from, record *to)
{
    take_name(from, to->owner);
    to->type = take_u16(from);
    uint32_t class = take_u16(from);
    take(from, 4);
    to->size = take_u16(from);
    to->at = from->at;
    take(from, to->size);
    to->type = class == CLASS_IN ? to->type : 0;
    return !from->is_broken;
}

/* -- the answer */

/* Replaces a name that stands for another by that; 0 where it stands for none. */
static int follow(cursor answers, uint32_t count, char name[NAME_BYTES])
{
    record each;
    while (count-- != 0 && take_record(&answers, &each)) {
        if (each.type == CNAME && strcmp(each.owner, name) == 0) {
            cursor data = {answers.bytes, answers.len, each.at, 0};
            take_name(&data, name);
            return !data.is_broken;
        }
    }
    return 0;
}

static void take_addresses(cursor answers, uint32_t count, const char *name, uint32_t type,
                           x07_net_addresses *found)
{
    uint32_t size = type == X07_DNS_A ? 4 : 16;
    record each;
    while (count-- != 0 && take_record(&answers, &each)) {
        if (each.type == type && each.size == size && strcmp(each.owner, name) == 0) {
            x07_net_address address = {.version = size == 4 ? 4 : 6};
            memcpy(address.bytes, answers.bytes + each.at, size);
            x07_dns_add(found, address);
        }
    }
}

/* The question comes back as it was asked, maybe in other case. */
static int repeats(const x07_dns_query *query, const uint8_t *message, uint32_t len)
{
    if (len < query->len || memcmp(message, query->bytes, 2) != 0) {
        return 0;
    }
    for (uint32_t i = HEAD_BYTES; i < query->len; i++) {
        if (lower(message[i]) != lower(query->bytes[i])) {
            return 0;
        }
    }
    return message[4] == 0 && message[5] == 1;
}

x07_dns_answer x07_dns_read(const x07_dns_query *query, const uint8_t *message, uint32_t len,
                            x07_net_addresses *found)
{
    char name[NAME_BYTES];
    cursor head = {message, len, 2, 0}, question = {query->bytes, query->len, HEAD_BYTES, 0};
    if (!repeats(query, message, len)) {
        return X07_DNS_NOT_OURS;
    }
    uint32_t flags = take_u16(&head);
    take(&head, 2);
    uint32_t count = take_u16(&head), rcode = flags & RCODE;
    if (!(flags & ANSWERS) || flags & OPCODE) {
        return X07_DNS_NOT_OURS;
    }
    if (rcode != 0) {
        return rcode == NO_SUCH_NAME ? X07_DNS_NO_SUCH_NAME : X07_DNS_FAILED;
    }
    if (flags & IS_CUT) {
        return X07_DNS_TRUNCATED;
    }
    cursor answers = {message, len, query->len, 0};
    take_name(&question, name);
    for (int i = 0; i < CHAIN && follow(answers, count, name); i++) {
    }
    take_addresses(answers, count, name, query->type, found);
    return X07_DNS_ANSWERED;
}
