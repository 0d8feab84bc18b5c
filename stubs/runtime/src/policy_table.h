/* The variables of policy.md §5, as rows: what each is called, where its value stands, and when a
 * value of it grants no more than another. */
#ifndef X07_POLICY_TABLE_H
#define X07_POLICY_TABLE_H

#include "x07_policy.h"

typedef enum {
    /* Switches: one that allows, one that restrains. */
    X07_GRANTS,
    X07_GUARDS,
    /* The smaller, the less. */
    X07_NUMBER,
    /* Lists whose items grant: as they are; what is below them; what starts with them; a host with
     * its ports; numbers joined by `,`. */
    X07_ITEMS,
    X07_ROOTS,
    X07_PREFIXES,
    X07_HOSTS,
    X07_PORTS,
    /* A list whose items deny, and one that restrains unless it is empty. */
    X07_DENIES,
    X07_PATTERNS,
} x07_policy_kind;

typedef struct {
    /* What follows X07_OS_. */
    const char *name;
    const char *field;
    uint16_t offset;
    uint16_t kind;
    /* What the number 0 stands for; what holds where a sandbox does not say; and without one. */
    uint32_t zero;
    uint32_t missing;
    uint32_t open;
} x07_policy_row;

enum { X07_POLICY_ROWS = 79 };
extern const x07_policy_row x07_policy_table[X07_POLICY_ROWS];

/* -- policy_value.c */

/* The row of an entry of the environment or of a bundle, NULL where it is none. `value`: what
 * follows the `=`, untouched where the entry has none. */
const x07_policy_row *x07_policy_row_of(const char *entry, const char **value);

int x07_policy_is_list(const x07_policy_row *row);
uint32_t x07_policy_number(const x07_policy *policy, const x07_policy_row *row);
x07_policy_list x07_policy_text(const x07_policy *policy, const x07_policy_row *row);

/* 0 where `text` is no value of the row's kind. */
int x07_policy_parse(const x07_policy_row *row, const char *text, uint32_t *number);

void x07_policy_put_number(x07_policy *policy, const x07_policy_row *row, uint32_t number);
void x07_policy_put_text(x07_policy *policy, const x07_policy_row *row, x07_policy_list text);

/* -- policy_narrow.c */

/* X07_GRANTED where a value, parsed already, grants nothing that the policy does not. */
x07_verdict x07_policy_narrows(const x07_policy *policy, const x07_policy_row *row,
                               const char *text, uint32_t number);

/* -- policy_variables.c */

/* Takes what the policy does not grant out of the environment, and out of memory. */
void x07_policy_hide_variables(const x07_policy *policy);

#endif
