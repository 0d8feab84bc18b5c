/* What a runner would read of what was denied. */
#ifndef DENIALS_H
#define DENIALS_H

#include "x07_report.h"

static void report(void)
{
    x07_writer writer = {.fd = 2};
    if (x07_report_more) {
        x07_report_more(&writer);
    }
    x07_writer_text(&writer, "\n");
    x07_writer_flush(&writer);
}

#endif
