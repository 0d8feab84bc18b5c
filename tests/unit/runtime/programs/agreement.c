/* Operations as programs do them, for a comparison with what `x07 policy explain` says. The answer
 * to each is 0, or the code of its error. What was denied stands on stderr, in the same order. */
#include "stream.h"

#include "x07_os.h"
#include "x07_os_files.h"
#include "x07_os_process.h"
#include "x07_policy.h"
#include "x07_report.h"

#include <setjmp.h>
#include <unistd.h>

enum { TRAPPED = 132 };

static void give_code(x07_result_i32 result)
{
    give_u32(result.tag ? 0 : result.err);
}

static void give_outcome(x07_result_bytes result)
{
    give_u32(result.tag ? 0 : result.err);
    x07_result_bytes_drop(result);
}

/* -- files */

static void read_file(x07_bytes path, x07_bytes caps)
{
    give_outcome(x07_os_fs_read_all_v1(path, caps, AT));
}

static void open_to_read(x07_bytes path, x07_bytes caps)
{
    x07_result_i32 result = x07_os_fs_stream_open_read_v1(path, caps, AT);
    give_code(result);
    if (result.tag) {
        x07_os_fs_stream_drop_read_v1(result.ok);
    }
}

static void list_folder(x07_bytes path, x07_bytes caps)
{
    give_outcome(x07_os_fs_list_dir_sorted_text_v1(path, caps, AT));
}

static void write_file(x07_bytes path, x07_bytes caps)
{
    give_code(x07_os_fs_write_all_v1(path, x07_bytes_empty(), caps));
}

static void append_file(x07_bytes path, x07_bytes caps)
{
    give_code(x07_os_fs_append_all_v1(path, x07_bytes_empty(), caps));
}

static void open_to_write(x07_bytes path, x07_bytes caps)
{
    x07_result_i32 result = x07_os_fs_stream_open_write_v1(path, caps, AT);
    give_code(result);
    if (result.tag) {
        x07_os_fs_stream_drop_v1(result.ok);
    }
}

static void make_folders(x07_bytes path, x07_bytes caps)
{
    give_code(x07_os_fs_mkdirs_v1(path, caps));
}

/* -- variables: a denial would end the process, and comes back here */

static jmp_buf before_trap;

static void come_back(void)
{
    longjmp(before_trap, 1);
}

static void read_variable(x07_bytes key, x07_bytes nothing)
{
    x07_bytes_drop(nothing);
    x07_before_exit = come_back;
    if (setjmp(before_trap) == 0) {
        x07_bytes_drop(x07_os_env_get(key, AT));
        give_u32(0);
    } else {
        x07_bytes_drop(key);
        give_u32(TRAPPED);
    }
    x07_before_exit = NULL;
}

/* -- programs */

static void start_program(x07_bytes request_bytes, x07_bytes caps)
{
    x07_bytes document = x07_os_process_run_capture_v1(request_bytes, caps, AT);
    x07_bytes_view view = x07_bytes_as_view(document);
    give_u32(view.ptr[0] ? 0 : x07_codec_read_u32_le(view, 1, AT));
    x07_bytes_drop(document);
}

static void report(x07_bytes nothing, x07_bytes more)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_bytes_drop(nothing);
    x07_bytes_drop(more);
    x07_report_wanted = 1;
    x07_report_write(&writer);
    x07_writer_flush(&writer);
}

void serve(uint32_t operation)
{
    static void (*const operations[])(x07_bytes, x07_bytes) = {
        read_file,   open_to_read,  list_folder,   write_file,    append_file,
        open_to_write, make_folders, read_variable, start_program, report,
    };
    x07_bytes target = take_bytes();
    operations[operation](target, take_bytes());
    fflush(stdout);
}
