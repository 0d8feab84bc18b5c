/* json.jcs.canon_doc_v1: the canonical form of a JSON document (RFC 8785). */
#include "x07_json.h"

#include "json.h"
#include "words.h"

static x07_bytes error_document(const x07_json *json)
{
    x07_bytes document = x07_bytes_alloc(9, json->site);
    x07_put_u32(x07_put_u32(document.ptr + 1, json->error), json->error_at);
    return document;
}

static x07_bytes canonical_document(const x07_json *json)
{
    x07_vec_u8 out = x07_vec_u8_with_capacity(json->len, json->site);
    out = x07_vec_u8_push(out, 1, json->site);
    return x07_vec_u8_into_bytes(x07_json_write(json, out));
}

x07_bytes x07_json_jcs_canon_doc_v1(x07_bytes_view text, uint32_t max_depth, uint32_t max_members,
                                    uint32_t max_object_bytes, const char *at)
{
    x07_json json = {
        .text = text.ptr,
        .len = text.len,
        .limits = {max_depth, max_members, max_object_bytes},
        .site = at,
    };
    x07_bytes document = x07_json_read(&json) ? canonical_document(&json) : error_document(&json);
    x07_free(json.nodes);
    return document;
}
