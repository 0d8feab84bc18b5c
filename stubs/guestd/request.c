#include "guestd.h"

#include <stdlib.h>
#include <string.h>

/* Strings, each with its NUL, in this order: the protocol; workdir; uid, gid, open files, processes,
 * bytes of files and seconds in decimal digits, 0 for no limit; rows and columns of a terminal, 0 without
 * one; then three lists, each with its count first: roots, words, variables. */
static const char PROTOCOL[] = "x07.guest.stream@1";

typedef struct {
    char *next;
    char *end;
} cursor;

static char *text(cursor *at)
{
    char *found = at->next;
    char *nul = memchr(found, 0, (size_t)(at->end - found));
    if (nul == NULL) {
        fail("the host's request is cut short", "");
    }
    at->next = nul + 1;
    return found;
}

static uint64_t number(cursor *at)
{
    char *digits = text(at);
    char *end = digits;
    uint64_t found = strtoull(digits, &end, 10);
    if (*digits == 0 || *end != 0) {
        fail("the host's request has no number", digits);
    }
    return found;
}

static char **list(cursor *at)
{
    uint64_t count = number(at);
    /* Every string of the list takes a byte at least. */
    if (count > (uint64_t)(at->end - at->next)) {
        fail("the host's request is cut short", "");
    }
    char **found = calloc((size_t)count + 1, sizeof *found);
    if (found == NULL) {
        fail("out of memory", "");
    }
    for (uint64_t index = 0; index < count; index++) {
        found[index] = text(at);
    }
    return found;
}

void parse_request(frame found, request *wanted)
{
    char *kept = malloc((size_t)found.length + 1);
    if (kept == NULL) {
        fail("out of memory", "");
    }
    memcpy(kept, found.bytes, found.length);
    cursor at = {kept, kept + found.length};
    char *protocol = text(&at);
    if (strcmp(protocol, PROTOCOL) != 0) {
        fail("the host speaks another protocol", protocol);
    }
    wanted->workdir = text(&at);
    wanted->uid = (uid_t)number(&at);
    wanted->gid = (gid_t)number(&at);
    wanted->open_files = number(&at);
    wanted->processes = number(&at);
    wanted->most_files_bytes = number(&at);
    wanted->most_seconds = number(&at);
    wanted->rows = (uint16_t)number(&at);
    wanted->columns = (uint16_t)number(&at);
    wanted->has_terminal = wanted->rows > 0;
    wanted->roots = list(&at);
    wanted->argv = list(&at);
    wanted->env = list(&at);
    if (wanted->argv[0] == NULL) {
        fail("the host's request names no program", "");
    }
}
