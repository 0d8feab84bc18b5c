/* The engine's client, with the words and variables of a record. */
#ifndef X07_LAUNCHER_CLIENT_H
#define X07_LAUNCHER_CLIENT_H

#include "record.h"
#include "system.h"
#include "text.h"

/* `feed`: the writing end of its standard input, where somebody has to hold that open; else 0. */
typedef struct {
    int process;
    int feed;
} x07_client;

/* In a group of its own, so that what the terminal sends to ours does not reach it; in the job's
 * folder. A process below 1: there is none. */
x07_client x07_client_start(
    const x07_process *process, x07_text fields, const x07_holes *holes, x07_text folder);

#endif
