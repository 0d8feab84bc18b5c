/* What parts of the runtime that only some programs have tell a runner. */
#ifndef X07_REPORT_H
#define X07_REPORT_H

#include "x07_writer.h"

/* Writes members of a JSON object: at the end of the metrics line, or of a line before a trap's
 * text. NULL: nothing to tell. */
extern void (*x07_report_more)(x07_writer *writer);

/* stderr is read by a runner. */
extern int x07_report_wanted;

/* Before the process ends without metrics. */
void x07_report_write(x07_writer *writer);

#endif
