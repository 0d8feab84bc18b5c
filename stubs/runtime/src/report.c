#include "x07_report.h"

#include <stddef.h>

void (*x07_report_more)(x07_writer *writer) = NULL;
int x07_report_wanted = 0;

void x07_report_write(x07_writer *writer)
{
    if (x07_report_wanted && x07_report_more) {
        x07_writer_text(writer, "{");
        x07_report_more(writer);
        x07_writer_text(writer, "}\n");
    }
}
