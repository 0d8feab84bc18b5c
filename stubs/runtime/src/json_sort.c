/* A merge sort of the linked members of an object: no memory of its own, stable, and never worse
 * than n log n. */
#include "json.h"

enum { RUNS = 32 };

static x07_json_run name_of(const x07_json *json, uint32_t member)
{
    const x07_json_node *node = &json->nodes[member];
    return (x07_json_run){json->text, node->name_start, node->name_end, 0};
}

/* Earlier members must be in `a`. */
static uint32_t merge(x07_json *json, uint32_t a, uint32_t b)
{
    uint32_t first = 0, *link = &first;
    while (a && b) {
        bool take_a = x07_json_compare(name_of(json, a), name_of(json, b)) <= 0;
        uint32_t *taken = take_a ? &a : &b;
        *link = *taken;
        link = &json->nodes[*taken].next;
        *taken = *link;
    }
    *link = a ? a : b;
    return first;
}

/* runs[i] holds 2^i sorted members, or none. */
static uint32_t sorted(x07_json *json, uint32_t member)
{
    uint32_t runs[RUNS] = {0};
    uint32_t all = 0;
    while (member) {
        uint32_t run = member, i = 0;
        member = json->nodes[run].next;
        json->nodes[run].next = 0;
        for (; runs[i]; i++) {
            run = merge(json, runs[i], run);
            runs[i] = 0;
        }
        runs[i] = run;
    }
    for (uint32_t i = 0; i < RUNS; i++) {
        all = merge(json, runs[i], all);
    }
    return all;
}

bool x07_json_sort(x07_json *json, uint32_t object)
{
    uint32_t member = json->nodes[object].first = sorted(json, json->nodes[object].first);
    for (; member; member = json->nodes[member].next) {
        uint32_t next = json->nodes[member].next;
        if (!next || x07_json_compare(name_of(json, member), name_of(json, next))) {
            continue;
        }
        json->error = X07_JSON_NOT_I_JSON;
        json->error_at = json->nodes[next].name_start - 1;
        return false;
    }
    return true;
}
