/* Operations as programs do them, for a comparison with what `x07 policy explain` says. The answer
 * to each is 0, or the code of its error. */
#include "stream.h"

#include "x07_os.h"
#include "x07_os_files.h"
#include "x07_os_process.h"

#include <sys/wait.h>
#include <unistd.h>

static void read_file(void)
{
    x07_bytes path = take_bytes();
    x07_result_bytes result = x07_os_fs_read_all_v1(path, take_bytes(), AT);
    give_u32(result.tag ? 0 : result.err);
    x07_result_bytes_drop(result);
}

static void write_file(void)
{
    x07_bytes path = take_bytes();
    x07_result_i32 result = x07_os_fs_write_all_v1(path, x07_bytes_empty(), take_bytes());
    give_u32(result.tag ? 0 : result.err);
}

/* A denial ends the process, so another one asks. */
static void read_variable(void)
{
    x07_bytes key = take_bytes();
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        x07_os_env_get(key, AT);
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    x07_bytes_drop(key);
    give_u32((uint32_t)WEXITSTATUS(status));
}

static void start_program(void)
{
    x07_bytes request_bytes = take_bytes();
    x07_bytes document = x07_os_process_run_capture_v1(request_bytes, take_bytes(), AT);
    x07_bytes_view view = x07_bytes_as_view(document);
    give_u32(view.ptr[0] ? 0 : x07_codec_read_u32_le(view, 1, AT));
    x07_bytes_drop(document);
}

void serve(uint32_t operation)
{
    static void (*const operations[])(void) = {read_file, write_file, read_variable,
                                               start_program};
    operations[operation]();
    fflush(stdout);
}
