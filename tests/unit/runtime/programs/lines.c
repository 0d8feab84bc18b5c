/* Reads lines of at most as many bytes as its argument says, up to the end; says what came, each
 * with its length or its error before it. Requests of other tests are no input of this one. */
#include "x07.h"
#include "x07_release.h"

#include <stdio.h>
#include <stdlib.h>

X07_PROGRAM_LIMITS;

#define AT X07_AT("main.solve", "/solve")

enum { END = 60121, FAILED = 60115 };

static x07_bytes caps_of(uint32_t max_read, uint32_t max_write)
{
    const uint32_t words[4] = {1, max_read, max_write, 0};
    x07_bytes caps = x07_bytes_alloc(16, AT);
    for (uint32_t i = 0; i < 16; i++) {
        caps.ptr[i] = (uint8_t)(words[i / 4] >> 8 * (i % 4));
    }
    return caps;
}

static void say(x07_bytes text)
{
    x07_result_i32 written = x07_os_stdio_write_stdout_v1(text, caps_of(0, 0));
    if (!written.tag) {
        exit((int)(written.err - 60000));
    }
}

static void say_number(char kind, uint32_t number)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%c%u:", kind, number);
    say(x07_bytes_lit(text, (uint32_t)len, AT));
}

int main(int argc, char **argv)
{
    uint32_t max = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 0, code = 0;
    while (code != END && code != FAILED) {
        x07_result_bytes line = x07_os_stdio_read_line_v1(caps_of(max, 0), AT);
        code = line.tag ? 0 : line.err;
        say_number(line.tag ? 'l' : 'e', line.tag ? line.ok.len : code);
        say(line.tag ? line.ok : x07_bytes_empty());
    }
    x07_release_all();
    return x07_state.memory.live_bytes != 0;
}
