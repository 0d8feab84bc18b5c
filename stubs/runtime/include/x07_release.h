/* What lives until the program ends (tables, readers): freed before memory is counted. */
#ifndef X07_RELEASE_H
#define X07_RELEASE_H

/* What frees the things of one kind. `run` leaves none, as before the first thing. */
typedef struct x07_release {
    void (*run)(void);
    struct x07_release *next;
} x07_release;

/* To be called with the first thing of a kind; the next x07_release_all runs it once. */
void x07_release_add(x07_release *release);

/* Runs what was added, the last one first. */
void x07_release_all(void);

/* Called where the program ends at once (a trap, os.process.exit) and nothing is released; NULL:
 * nothing is to be done. Async-signal-safe. */
extern void (*x07_before_exit)(void);

/* One function more to be called there; the same one again adds nothing. */
void x07_before_exit_add(void (*run)(void));

#endif
