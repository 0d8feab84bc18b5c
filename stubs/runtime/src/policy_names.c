#include "policy_names.h"
#include "policy_table.h"

#include <string.h>

enum {
    PREFIX_BYTES = sizeof X07_POLICY_PREFIX - 1,
    /* More than the longest known name. */
    NAME_BYTES = 40,
    /* Changes that still are a slip. */
    MOST_CHANGES = 3,
};

/* What beside the rows of the policy is known. */
static const char DENIALS[] = "DENIALS";
static const char *const denials[] = {"", "report", "stderr", "collect"};

static int is_of_denials(const char *name)
{
    if (strncmp(name, DENIALS, sizeof DENIALS - 1) != 0 || name[sizeof DENIALS - 1] != '=') {
        return 0;
    }
    for (size_t i = 0; i < sizeof denials / sizeof denials[0]; i++) {
        if (strcmp(name + sizeof DENIALS, denials[i]) == 0) {
            return 1;
        }
    }
    return 0;
}

int x07_policy_entry_is_unknown(const char *entry)
{
    const char *value;
    return strncmp(entry, X07_POLICY_PREFIX, PREFIX_BYTES) == 0
           && x07_policy_row_of(entry, &value) == NULL && !is_of_denials(entry + PREFIX_BYTES);
}

static size_t least(size_t first, size_t second, size_t third)
{
    size_t low = first < second ? first : second;
    return low < third ? low : third;
}

/* Letters that one name has to lose, gain or change to be the other (Levenshtein). */
static size_t changes(const char *name, size_t len, const char *known)
{
    size_t row[NAME_BYTES];
    for (size_t i = 0; i <= len; i++) {
        row[i] = i;
    }
    for (size_t line = 1; *known != '\0'; known++, line++) {
        size_t diagonal = row[0];
        row[0] = line;
        for (size_t i = 1; i <= len; i++) {
            size_t above = row[i];
            row[i] = least(above + 1, row[i - 1] + 1, diagonal + (name[i - 1] != *known));
            diagonal = above;
        }
    }
    return row[len];
}

const char *x07_policy_nearest(const char *entry)
{
    const char *name = entry + PREFIX_BYTES, *nearest = NULL;
    size_t len = strcspn(name, "="), fewest = len < MOST_CHANGES ? len : MOST_CHANGES + 1;
    if (len >= NAME_BYTES) {
        return NULL;
    }
    for (int i = 0; i <= X07_POLICY_ROWS; i++) {
        const char *known = i < X07_POLICY_ROWS ? x07_policy_table[i].name : DENIALS;
        size_t count = changes(name, len, known);
        if (count < fewest) {
            fewest = count;
            nearest = known;
        }
    }
    return nearest;
}
