/* The line of metrics that a runner reads (abi.md §1). */
#ifndef X07_METRICS_H
#define X07_METRICS_H

void x07_metrics_write(int fd);

#endif
