/* Names of the environment that mean something to a bundle's policy, and those that are close. */
#ifndef X07_POLICY_NAMES_H
#define X07_POLICY_NAMES_H

#define X07_POLICY_PREFIX "X07_OS_"

/* Whether an entry of the environment looks as if it was for the policy, and means nothing. */
int x07_policy_entry_is_unknown(const char *entry);

/* The known name that is nearest to that of an unknown entry, after the prefix; NULL where none is
 * close enough to be meant. */
const char *x07_policy_nearest(const char *entry);

#endif
