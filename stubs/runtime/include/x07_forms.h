/* What the forms of the language compile to where C has no form of its own: records, casts,
 * documents, extern symbols. Included by x07.h, after the primitives. */
#ifndef X07_FORMS_H
#define X07_FORMS_H

#include "x07_bytes.h"
#include "x07_types.h"

/* These speak of the logic of a program (x < x, a function that only calls itself), which is the
 * programmer's business, not of the C that it became. */
#pragma GCC diagnostic ignored "-Wpragmas"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#endif
#pragma GCC diagnostic ignored "-Wtautological-compare"
#pragma GCC diagnostic ignored "-Wtype-limits"
#pragma GCC diagnostic ignored "-Winfinite-recursion"

/* The linker's name of a C symbol; some systems put an underscore before it. */
#define X07_SYMBOL_TEXT(text) #text
#define X07_SYMBOL_PREFIX(prefix) X07_SYMBOL_TEXT(prefix)
#define X07_SYMBOL(name) X07_SYMBOL_PREFIX(__USER_LABEL_PREFIX__) name

/* Records and enum values: words, little-endian. */
static inline x07_bytes x07_pack_u32(const uint32_t *words, uint32_t count, const char *at)
{
    x07_bytes packed = x07_bytes_alloc(4u * count, at);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t word = words[i];
        packed.ptr[4u * i] = (uint8_t)word;
        packed.ptr[4u * i + 1u] = (uint8_t)(word >> 8);
        packed.ptr[4u * i + 2u] = (uint8_t)(word >> 16);
        packed.ptr[4u * i + 3u] = (uint8_t)(word >> 24);
    }
    return packed;
}

/* A brand is given when its validator says so; else its error code is passed on. */
static inline x07_result_bytes x07_cast_bytes(x07_result_i32 verdict, x07_bytes value)
{
    if (verdict.tag != 0u) {
        return (x07_result_bytes){.tag = 1u, .ok = value};
    }
    x07_bytes_drop(value);
    return (x07_result_bytes){.tag = 0u, .err = verdict.err};
}

static inline x07_result_bytes_view x07_cast_view(x07_result_i32 verdict, x07_bytes_view value)
{
    if (verdict.tag != 0u) {
        return (x07_result_bytes_view){.tag = 1u, .ok = value};
    }
    return (x07_result_bytes_view){.tag = 0u, .err = verdict.err};
}

static inline x07_result_bytes x07_cast_view_copy(x07_result_i32 verdict, x07_bytes_view value,
                                                  const char *at)
{
    if (verdict.tag != 0u) {
        return (x07_result_bytes){.tag = 1u, .ok = x07_view_to_bytes(value, at)};
    }
    return (x07_result_bytes){.tag = 0u, .err = verdict.err};
}

/* Documents: a leading 1 says that the rest is the payload. */
static inline uint32_t x07_doc_is_ok(x07_bytes_view document)
{
    return document.len > 0u && document.ptr[0] == 1u;
}

static inline x07_bytes x07_doc_rest_of_view(x07_bytes_view document, const char *at)
{
    x07_bytes_view rest = {document.ptr + 1, document.len - 1u};
    return x07_view_to_bytes(rest, at);
}

static inline x07_bytes x07_doc_rest(x07_bytes document, const char *at)
{
    x07_bytes rest = x07_doc_rest_of_view(x07_bytes_as_view(document), at);
    x07_bytes_drop(document);
    return rest;
}

#endif
