#include <errno.h>
#include <unistd.h>

#include "metrics.h"
#include "process_setup.h"
#include "x07_bytes.h"
#include "x07_main.h"
#include "x07_pages.h"
#include "x07_program.h"
#include "x07_report.h"
#include "x07_writer.h"

enum { LEN_BYTES = 4, FAILED = 2 };

static int read_all(int fd, uint8_t *to, size_t size)
{
    while (size > 0u) {
        ssize_t got = read(fd, to, size);
        if (got == 0 || (got < 0 && errno != EINTR)) {
            return -1;
        }
        if (got > 0) {
            to += got;
            size -= (size_t)got;
        }
    }
    return 0;
}

static int read_frame(x07_bytes *frame)
{
    uint8_t len[LEN_BYTES];
    if (read_all(STDIN_FILENO, len, sizeof len) < 0) {
        return -1;
    }
    frame->len = (uint32_t)len[0] | (uint32_t)len[1] << 8 | (uint32_t)len[2] << 16
                 | (uint32_t)len[3] << 24;
    frame->ptr = frame->len != 0u ? x07_pages_map(frame->len) : x07_nothing;
    return frame->ptr != NULL ? read_all(STDIN_FILENO, frame->ptr, frame->len) : -1;
}

static int write_frame(x07_bytes frame)
{
    const uint8_t len[LEN_BYTES] = {(uint8_t)frame.len, (uint8_t)(frame.len >> 8),
                                    (uint8_t)(frame.len >> 16), (uint8_t)(frame.len >> 24)};
    if (x07_write_all(STDOUT_FILENO, len, sizeof len) < 0) {
        return -1;
    }
    return x07_write_all(STDOUT_FILENO, frame.ptr, frame.len);
}

int x07_framed_main(void)
{
    x07_bytes input;
    x07_process_setup();
    x07_report_wanted = 1;
    if (read_frame(&input) < 0) {
        return FAILED;
    }
    x07_bytes output = x07_program_run(x07_bytes_as_view(input));
    int written = write_frame(output);
    x07_bytes_drop(output);
    x07_program_end();
    if (written < 0) {
        return FAILED;
    }
    x07_metrics_write(STDERR_FILENO);
    return x07_program_exit_code();
}
