/* JSON documents as trees over their text, for the canonical form (RFC 8785).
 *
 * Reading, in json_read.c, checks everything: afterwards the text of every node is known to be
 * good, and a name or a number is decoded again wherever it is needed. */
#ifndef X07_JSON_H
#define X07_JSON_H

#include "x07_vec.h"

#include <stdbool.h>

enum {
    X07_JSON_SYNTAX = 20,
    X07_JSON_NOT_I_JSON = 21, /* RFC 7493: bad UTF-8, surrogates, noncharacters, numbers, twins */
    X07_JSON_TOO_DEEP = 22,
    X07_JSON_OBJECT_TOO_LARGE = 23,
    X07_JSON_TRAILING = 24,
};

typedef enum {
    X07_JSON_LITERAL,
    X07_JSON_NUMBER,
    X07_JSON_STRING,
    X07_JSON_ARRAY,
    X07_JSON_OBJECT
} x07_json_kind;

/* Node 0 is the root; as a link, 0 means none. */
typedef struct {
    uint32_t start, end;           /* the text of the value; of a string, between the quotes */
    uint32_t name_start, name_end; /* of the member's name, between the quotes; 0: not a member */
    uint32_t parent, first, last, next;
    uint32_t count; /* of members */
    x07_json_kind kind;
} x07_json_node;

/* 0: no limit. */
typedef struct {
    uint32_t depth, members, object_bytes;
} x07_json_limits;

typedef struct {
    const uint8_t *text;
    uint32_t len, at;
    uint32_t error, error_at; /* a code of the list above, and its place in the text */
    x07_json_limits limits;
    x07_json_node *nodes;
    uint32_t count;
    uint32_t depth;
    uint32_t open; /* the innermost container that has not ended, while depth > 0 */
    const char *site;
} x07_json;

/* Reads the whole text. False: `error` and `error_at` say why and where. */
bool x07_json_read(x07_json *json);

/* Puts the members of an object in order. False if a name occurs twice. */
bool x07_json_sort(x07_json *json, uint32_t object);

/* A run of text inside a string. */
typedef struct {
    const uint8_t *text;
    uint32_t at, end;
    uint32_t error;
} x07_json_run;

/* The next code point, escapes resolved. Sets `error` where it is not one that I-JSON allows; the
 * run then stands where the bad part begins. */
uint32_t x07_json_code_point(x07_json_run *run);

/* Order by UTF-16 code units: -1, 0, 1. */
int x07_json_compare(x07_json_run a, x07_json_run b);

/* Whether the number is an integer that the canonical form leaves as it is. */
bool x07_json_is_plain_integer(const uint8_t *text, uint32_t len);

/* The canonical text, after `out`. */
x07_vec_u8 x07_json_write(const x07_json *json, x07_vec_u8 out);

#endif
