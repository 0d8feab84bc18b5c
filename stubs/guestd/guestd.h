/* x07-guestd --stream: carries files and streams into a guest that no folder of the host reaches.
 * x07-guestd --exec FILE MARK PROGRAM [WORD ...]: is the first process of a guest whose files are mounted,
 * as long as FILE is there; leaves MARK.
 *
 * Frames on standard input and output: u8 kind, three zero bytes, u32 length (LE), payload.
 * docs/reference/guest-stream.md has the kinds and the order of them; vm/stream_frames.py is the
 * other side. */
#ifndef X07_GUESTD_H
#define X07_GUESTD_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    FRAME_HEAD_BYTES = 8,
    FRAME_MOST_BYTES = 1 << 20,
    CHUNK_BYTES = 1 << 16,
    /* What the host may send of standard input before the program has read it. */
    STDIN_WINDOW_BYTES = 1 << 18,
    NOT_STARTED = 127,
};

/* From the host. */
enum {
    IN_REQUEST = 1,
    IN_FILES,
    IN_START,
    IN_STDIN,
    IN_STDIN_END,
    IN_STDOUT_END,
    IN_WINDOW,
};
/* To the host. */
enum { OUT_STDOUT = 1, OUT_STDERR, OUT_FILES, OUT_ENDED, OUT_FAILED, OUT_CREDIT };

typedef struct {
    uint8_t kind;
    uint32_t length;
    const uint8_t *bytes;
} frame;

/* What is run. Strings point into the frame of the request, which is kept. */
typedef struct {
    const char *workdir;
    uid_t uid;
    gid_t gid;
    uint64_t open_files;
    uint64_t processes;
    uint64_t most_files_bytes;
    uint64_t most_seconds;
    int has_terminal;
    uint16_t rows;
    uint16_t columns;
    /* Each ends with NULL. `roots`: what is sent back. */
    char **roots;
    char **argv;
    char **env;
} request;

typedef struct {
    pid_t pid;
    /* Ours of each; -1: closed. With a terminal all of it is `input`, and `error` is -1. */
    int input;
    int output;
    int error;
} program;

/* Says why nothing more can be done, to the host where it listens, and ends with 127. */
_Noreturn void fail(const char *what, const char *target);

/* frames.c. `read_frame` waits for a whole one; 0 at the end of input. */
int read_frame(frame *found);
int read_some_frame(frame *found);
void write_frame(uint8_t kind, const void *bytes, size_t length);
void write_all(int descriptor, const void *bytes, size_t length);

/* request.c */
void parse_request(frame found, request *wanted);

/* unpack.c: a tar that comes in pieces. `unpack_end` fails unless it was whole. */
void unpack_piece(const uint8_t *bytes, size_t length);
void unpack_end(void);

/* pack.c: sends a tar of these folders in pieces; 0 where it would be longer than `most`. */
int pack_roots(char *const *roots, uint64_t most);

/* program.c */
program start_program(const request *wanted);
void set_window(int descriptor, uint16_t rows, uint16_t columns);

/* first.c: runs a program beside itself, as long as a file is there; its exit status, or 128 + signal. */
int run_first(const char *wanted, const char *mark, char **argv);

/* relay.c: takes what has ended. 1: the program has, with its exit status, or 128 + signal. */
int reap(pid_t program, int *status);

/* relay.c: ends the guest after a while: the host may be gone, and nothing tells. */
void end_after(uint64_t seconds);

/* relay.c: until the program has ended and its streams are empty; its exit status, or 128 + signal. */
int relay(program *started);

#endif
