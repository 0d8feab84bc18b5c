/* All ways to match are followed at once, so that no pattern takes longer than its length times
 * that of the text. */
#include "regex_lite.h"

#include <string.h>

typedef struct {
    uint8_t byte;
    uint8_t any;
    uint8_t repeats;
} token;

typedef struct {
    token tokens[X07_REGEX_LITE_TOKENS];
    uint32_t count;
} regex;

/* What stands at `index` of the pattern without its star; the number of bytes it takes, 0: none. */
static uint32_t read_token(x07_bytes_view pattern, uint32_t index, token *read)
{
    uint8_t byte = pattern.ptr[index];
    uint32_t len = byte == '\\' ? 2u : 1u;
    if (byte == '*' || len > pattern.len - index) {
        return 0u;
    }
    *read = (token){.byte = pattern.ptr[index + len - 1u], .any = byte == '.'};
    return len;
}

/* 1, 0 or -1 as of x07_regex_lite_matches. */
static int compile(x07_bytes_view pattern, regex *made)
{
    made->count = 0u;
    for (uint32_t i = 0u; i < pattern.len;) {
        if (made->count == X07_REGEX_LITE_TOKENS) {
            return -1;
        }
        token *next = &made->tokens[made->count++];
        uint32_t len = read_token(pattern, i, next);
        if (len == 0u) {
            return 0;
        }
        i += len;
        next->repeats = i < pattern.len && pattern.ptr[i] == '*';
        i += next->repeats;
    }
    return 1;
}

/* reached[i]: the text so far may be matched by the tokens before i. */
typedef uint8_t reached[X07_REGEX_LITE_TOKENS + 1];

static void skip_repeats(const regex *by, reached places)
{
    for (uint32_t i = 0u; i < by->count; i++) {
        places[i + 1u] |= places[i] & by->tokens[i].repeats;
    }
}

static void advance(const regex *by, uint8_t byte, reached places)
{
    for (uint32_t i = by->count; i > 0u; i--) {
        const token *before = &by->tokens[i - 1u];
        uint8_t fits = before->any || before->byte == byte;
        uint8_t stays = i < by->count && by->tokens[i].repeats
                        && (by->tokens[i].any || by->tokens[i].byte == byte);
        places[i] = (uint8_t)((places[i] & stays) | (places[i - 1u] & fits));
    }
    const token *first = &by->tokens[0];
    places[0] &= first->repeats && (first->any || first->byte == byte);
}

int x07_regex_lite_matches(x07_bytes_view pattern, x07_bytes_view text)
{
    regex by;
    int compiled = compile(pattern, &by);
    if (compiled <= 0) {
        return compiled;
    }
    reached places;
    memset(places, 0, sizeof places);
    places[0] = 1u;
    skip_repeats(&by, places);
    for (uint32_t i = 0u; i < text.len && by.count != 0u; i++) {
        advance(&by, text.ptr[i], places);
        skip_repeats(&by, places);
    }
    return places[by.count] && (by.count != 0u || text.len == 0u);
}
