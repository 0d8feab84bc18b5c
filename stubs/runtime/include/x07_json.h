/* Canonical JSON (RFC 8785). */
#ifndef X07_JSON_HEADS_H
#define X07_JSON_HEADS_H

#include "x07_types.h"

/* 01 and the canonical text; or 00, u32 code, u32 offset. Codes: 20 syntax, 21 not I-JSON, 22 too
 * deep, 23 an object with too many members or too many bytes of text, 24 more after the document.
 * A limit of 0 is none. */
x07_bytes x07_json_jcs_canon_doc_v1(x07_bytes_view text, uint32_t max_depth, uint32_t max_members,
                                    uint32_t max_object_bytes, const char *at);

#endif
