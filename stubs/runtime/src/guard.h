/* Guards that tests take out, one at a time, to show that something fails then. In a program there
 * is no such thing. */
#ifndef X07_GUARD_H
#define X07_GUARD_H

#ifdef X07_TESTING
/* Whether the guard is there: not in the list that X07_TEST_WITHOUT_GUARD holds, joined by `,`. */
int x07_guard(const char *name);
#else
#define x07_guard(name) 1
#endif

#endif
