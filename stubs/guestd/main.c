#include "guestd.h"

#include <grp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef X07_VERSION
#define X07_VERSION "unknown"
#endif

static void say(int stream, const char *text)
{
    write_all(stream, text, strlen(text));
}

/* Nothing that follows needs a right of root: files are unpacked as who the program will be. */
static void drop_rights(const request *wanted)
{
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (getuid() != 0 || wanted->uid == 0) {
        return;
    }
    if (setgroups(0, NULL) != 0 || setgid(wanted->gid) != 0 || setuid(wanted->uid) != 0) {
        fail("cannot become the user of the program", "");
    }
}

static void receive(request *wanted)
{
    frame found;
    if (!read_frame(&found) || found.kind != IN_REQUEST) {
        fail("the host sent no request", "");
    }
    parse_request(found, wanted);
    end_after(wanted->most_seconds);
    drop_rights(wanted);
    while (read_frame(&found) && found.kind == IN_FILES) {
        unpack_piece(found.bytes, found.length);
    }
    if (found.kind != IN_START) {
        fail("the host ended before it said to start", "");
    }
    unpack_end();
}

static void tell_end(int status, int is_whole)
{
    uint8_t bytes[8] = {0};
    for (int index = 0; index < 4; index++) {
        bytes[index] = (uint8_t)((unsigned)status >> (8 * index));
    }
    bytes[4] = (uint8_t)!is_whole;
    write_frame(OUT_ENDED, bytes, sizeof bytes);
}

static int stream(void)
{
    request wanted;
    signal(SIGPIPE, SIG_IGN);
    umask(0);
    if (chdir("/") != 0) {
        fail("cannot use the root folder", "");
    }
    receive(&wanted);
    umask(022);
    program started = start_program(&wanted);
    int status = relay(&started);
    int is_whole = status != 0 || pack_roots(wanted.roots, wanted.most_files_bytes);
    tell_end(status, is_whole);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--stream") == 0) {
        return stream();
    }
    if (argc > 4 && strcmp(argv[1], "--exec") == 0) {
        return run_first(argv[2], argv[3], argv + 4);
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        say(STDOUT_FILENO, "x07-guestd " X07_VERSION "\n");
        return 0;
    }
    say(STDERR_FILENO, "usage: x07-guestd --stream | --exec FILE MARK PROGRAM [WORD ...] | --version\n");
    return 2;
}
