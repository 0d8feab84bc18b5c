// Starts a program COUNT times, one after the other, with its output thrown away, and prints the
// nanoseconds that one start takes, to its end. Used: starts COUNT PROGRAM
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    long count = strtol(argv[1], NULL, 10);
    int out = dup(1), null = open("/dev/null", O_WRONLY);
    struct timespec begin, end;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    dup2(null, 1);
    for (long i = 0; i < count; i++) {
        pid_t child = vfork();
        if (child == 0) {
            execl(argv[2], argv[2], (char *)NULL);
            _exit(127);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            return 1;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double spent_ns = (double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec);
    dprintf(out, "%.0f\n", spent_ns / (double)count);
    return 0;
}
