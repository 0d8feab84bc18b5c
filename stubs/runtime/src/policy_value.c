#include "policy_names.h"
#include "policy_table.h"

#include <string.h>

#define PREFIX X07_POLICY_PREFIX

static const x07_policy_row *row_named(const char *name, size_t len)
{
    for (int i = 0; i < X07_POLICY_ROWS; i++) {
        const char *known = x07_policy_table[i].name;
        if (strncmp(known, name, len) == 0 && known[len] == '\0') {
            return &x07_policy_table[i];
        }
    }
    return NULL;
}

const x07_policy_row *x07_policy_row_of(const char *entry, const char **value)
{
    if (strncmp(entry, PREFIX, sizeof PREFIX - 1) != 0) {
        return NULL;
    }
    const char *name = entry + sizeof PREFIX - 1;
    size_t len = strcspn(name, "=");
    if (name[len] == '=') {
        *value = name + len + 1;
    }
    return row_named(name, len);
}

/* -- where values stand */

int x07_policy_is_list(const x07_policy_row *row)
{
    return row->kind >= X07_ITEMS;
}

uint32_t x07_policy_number(const x07_policy *policy, const x07_policy_row *row)
{
    uint32_t number;
    memcpy(&number, (const char *)policy + row->offset, sizeof number);
    return number;
}

x07_policy_list x07_policy_text(const x07_policy *policy, const x07_policy_row *row)
{
    x07_policy_list text;
    memcpy(&text, (const char *)policy + row->offset, sizeof text);
    return text;
}

void x07_policy_put_number(x07_policy *policy, const x07_policy_row *row, uint32_t number)
{
    uint32_t meant = row->kind == X07_NUMBER && number == 0 ? row->zero : number;
    memcpy((char *)policy + row->offset, &meant, sizeof meant);
}

void x07_policy_put_text(x07_policy *policy, const x07_policy_row *row, x07_policy_list text)
{
    memcpy((char *)policy + row->offset, &text, sizeof text);
}

/* -- values as text */

static int is_one_of(const char *text, const char *const *words)
{
    for (; *words; words++) {
        if (strcmp(text, *words) == 0) {
            return 1;
        }
    }
    return 0;
}

static int parse_switch(const char *text, uint32_t *on)
{
    static const char *const yes[] = {"1", "true", "TRUE", "yes", "YES", NULL};
    static const char *const no[] = {"0", "false", "FALSE", "no", "NO", "", NULL};
    *on = (uint32_t)is_one_of(text, yes);
    return *on || is_one_of(text, no);
}

static int parse_number(const char *text, uint32_t *number)
{
    uint64_t value = 0;
    if (*text == '\0') {
        return 0;
    }
    for (; *text >= '0' && *text <= '9' && value <= UINT32_MAX; text++) {
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *number = (uint32_t)value;
    return *text == '\0' && value <= UINT32_MAX;
}

int x07_policy_parse(const x07_policy_row *row, const char *text, uint32_t *number)
{
    *number = 0;
    if (x07_policy_is_list(row)) {
        return 1;
    }
    return row->kind == X07_NUMBER ? parse_number(text, number) : parse_switch(text, number);
}
