#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "process_setup.h"
#include "x07_bytes.h"
#include "x07_main.h"
#include "x07_pages.h"
#include "x07_program.h"
#include "x07_writer.h"

enum {
    FAILED = 2,
    /* Arguments that are encoded without asking the system for memory. */
    USUAL_INPUT_BYTES = 4096,
};

static void say(const char *reason)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    x07_writer_text(&writer, "x07 bundle: ");
    x07_writer_text(&writer, reason);
    x07_writer_text(&writer, "\n");
    x07_writer_flush(&writer);
}

static _Noreturn void fail(const char *reason)
{
    say(reason);
    _exit(FAILED);
}

static void limit_cpu(uint64_t seconds)
{
    const struct rlimit limit = {.rlim_cur = (rlim_t)seconds, .rlim_max = (rlim_t)seconds};
    if (seconds != 0u) {
        setrlimit(RLIMIT_CPU, &limit);
    }
}

/* -- argv_v1: the number of arguments, then each with its length (abi.md §2) */

static uint64_t encoded_len(const char *text, const char *too_long)
{
    size_t len = strlen(text);
    if (len > UINT32_MAX) {
        fail(too_long);
    }
    return 4u + (uint64_t)len;
}

static uint32_t input_len(const char *name, int argc, char **argv)
{
    uint64_t len = 4u + encoded_len(name, "argv0 too long");
    for (int i = 1; i < argc; i++) {
        len += encoded_len(argv[i], "argv too long");
    }
    if (len > UINT32_MAX) {
        fail("argv_v1 too large");
    }
    return (uint32_t)len;
}

static uint8_t *put_u32(uint8_t *to, uint32_t word)
{
    for (int i = 0; i < 4; i++) {
        to[i] = (uint8_t)(word >> (8 * i));
    }
    return to + 4;
}

static uint8_t *put_text(uint8_t *to, const char *text)
{
    uint32_t len = (uint32_t)strlen(text);
    to = put_u32(to, len);
    memcpy(to, text, len);
    return to + len;
}

static x07_bytes_view encoded(const char *name, int argc, char **argv)
{
    static uint8_t usual[USUAL_INPUT_BYTES];
    uint32_t len = input_len(name, argc, argv);
    uint8_t *input = len <= sizeof usual ? usual : x07_pages_map(len);
    if (input == NULL) {
        fail("malloc failed");
    }
    uint8_t *next = put_u32(input, argc > 1 ? (uint32_t)argc : 1u);
    next = put_text(next, name);
    for (int i = 1; i < argc; i++) {
        next = put_text(next, argv[i]);
    }
    return (x07_bytes_view){.ptr = input, .len = len};
}

/* -- the run */

int x07_bundle_main(const x07_bundle_config *config, int argc, char **argv)
{
    x07_process_setup();
    limit_cpu(config->cpu_seconds);
    x07_bytes output = x07_program_run(encoded(config->name, argc, argv));
    if (config->max_output_bytes != 0u && output.len > config->max_output_bytes) {
        fail("output exceeded cap");
    }
    int written = x07_write_all(STDOUT_FILENO, output.ptr, output.len);
    /* Told where nobody would know that output is missing: whoever closed stdout does. */
    if (written < 0 && errno != EPIPE && errno != EBADF) {
        say("the output cannot be written");
    }
    x07_bytes_drop(output);
    x07_program_end();
    return written < 0 ? FAILED : x07_program_exit_code();
}
