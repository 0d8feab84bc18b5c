// A C compiler that notes what it took: runs COMPILER with the same arguments, and appends one line
// to LOG: the nanoseconds. So the time inside `x07 bundle` that is not the C compiler's is known.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int main(int argc, char **argv) {
    (void)argc;
    int64_t begin = now_ns();
    pid_t child = vfork();
    if (child == 0) {
        argv[0] = (char *)COMPILER;
        execv(COMPILER, argv);
        _exit(127);
    }
    int status;
    if (child < 0 || waitpid(child, &status, 0) != child)
        return 127;
    char line[32];
    int len = snprintf(line, sizeof line, "%lld\n", (long long)(now_ns() - begin));
    int log = open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0666);
    if (log < 0 || write(log, line, (size_t)len) != len)
        return 126;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
