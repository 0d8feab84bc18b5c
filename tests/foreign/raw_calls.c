/* A library that an X07 program links with, and that asks the kernel itself: each line of the words
 * is a verb and what it acts on, as `read data/a`. The answers are a line each, 0 or an errno. What
 * it tried before `main`, it tells when it is asked for `early`; by then there is `out/early`. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int closed(long fd)
{
    int error = error_of(fd);
    if (fd >= 0) {
        close((int)fd);
    }
    return error;
}

/* -- files */

static int try_read(const char *path)
{
    return closed(syscall(SYS_openat, AT_FDCWD, path, O_RDONLY));
}

static int try_write(const char *path)
{
    return closed(syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
}

/* -- the network */

/* `domain:type:protocol`, in numbers. */
static int try_socket(const char *words)
{
    int domain = 0, type = 0, protocol = 0;
    sscanf(words, "%d:%d:%d", &domain, &type, &protocol);
    return closed(syscall(SYS_socket, domain, type, protocol));
}

static struct sockaddr_in here(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static int try_connect(const char *port)
{
    struct sockaddr_in address = here(port);
    long fd = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0);
    int error = fd < 0 ? errno : error_of(syscall(SYS_connect, fd, &address, sizeof address));
    closed(fd);
    return error;
}

static int try_sendto(const char *port)
{
    struct sockaddr_in address = here(port);
    long fd = syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0);
    int error =
        fd < 0 ? errno : error_of(syscall(SYS_sendto, fd, "x", 1, 0, &address, sizeof address));
    closed(fd);
    return error;
}

/* -- processes */

static int waited(long pid)
{
    int status = 0;
    if (pid < 0) {
        return errno;
    }
    return waitpid((pid_t)pid, &status, 0) < 0 ? errno : WEXITSTATUS(status);
}

static long forked(void)
{
    return syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int try_fork(const char *words)
{
    (void)words;
    long pid = forked();
    if (pid == 0) {
        _exit(0);
    }
    return waited(pid);
}

static int execute(int fd, const char *path, int flags)
{
    char name[] = "program";
    char *arguments[] = {name, NULL}, *variables[] = {NULL};
    return error_of(syscall(SYS_execveat, fd, path, arguments, variables, flags));
}

static int try_execve(const char *path)
{
    long pid = forked();
    if (pid < 0) {
        return execute(AT_FDCWD, path, 0);
    }
    if (pid == 0) {
        _exit(execute(AT_FDCWD, path, 0));
    }
    return waited(pid);
}

/* The program as bytes in memory, which no rule for files sees. */
static int in_memory(const char *path)
{
    static char program[1 << 22];
    int from = open(path, O_RDONLY), to = (int)syscall(SYS_memfd_create, "program", 0);
    ssize_t len = from < 0 ? -1 : read(from, program, sizeof program);
    if (to < 0 || len < 0 || write(to, program, (size_t)len) != len) {
        return -1;
    }
    return to;
}

static int try_memory(const char *path)
{
    int fd = in_memory(path);
    long pid = fd < 0 ? -1 : forked();
    if (pid == 0) {
        _exit(execute(fd, "", AT_EMPTY_PATH));
    }
    return waited(pid);
}

/* Any other: its number and arguments, in numbers. */
static int try_call(const char *words)
{
    long numbers[6] = {0};
    char *next = NULL;
    for (int i = 0; i < 6 && *words != '\0'; i++) {
        numbers[i] = strtol(words, &next, 0);
        words = *next != '\0' ? next + 1 : next;
    }
    return error_of(
        syscall(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]));
}

/* -- memory */

static int try_variable(const char *name)
{
    return getenv(name) != NULL ? 0 : ENOENT;
}

/* Whether some part of the environment, as the system keeps it, still holds `text`. */
static int try_environ(const char *text)
{
    static char all[1 << 16];
    int fd = open("/proc/self/environ", O_RDONLY);
    ssize_t len = fd < 0 ? -1 : read(fd, all, sizeof all);
    if (len < 0) {
        return errno;
    }
    return memmem(all, (size_t)len, text, strlen(text)) != NULL ? 0 : ENOENT;
}

/* -- before main */

static int early_error = -1;

__attribute__((constructor)) static void before_main(void)
{
    early_error = try_read("/etc/passwd");
    try_write("out/early");
}

static int tell_early(const char *words)
{
    (void)words;
    return early_error;
}

/* -- all */

static const struct {
    const char *verb;
    int (*act)(const char *words);
} verbs[] = {
    {"read", try_read},       {"write", try_write},   {"socket", try_socket},
    {"connect", try_connect}, {"sendto", try_sendto}, {"fork", try_fork},
    {"execve", try_execve},   {"memory", try_memory}, {"call", try_call},
    {"early", tell_early},    {"variable", try_variable}, {"environ", try_environ},
};

static int attempt(const char *verb, const char *words)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (strcmp(verbs[i].verb, verb) == 0) {
            return verbs[i].act(words);
        }
    }
    return ENOTSUP;
}

/* The length of the answers, `room` bytes at most. */
uint32_t raw_calls(char *answers, uint32_t room, const char *words, uint32_t len)
{
    char lines[4096] = "", *rest = NULL;
    uint32_t written = 0;
    memcpy(lines, words, len < sizeof lines ? len : sizeof lines - 1);
    for (char *line = strtok_r(lines, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        char *what = strchr(line, ' ');
        *what = '\0';
        int error = attempt(line, what + 1);
        written += (uint32_t)snprintf(answers + written, room - written, "%d\n", error);
    }
    return written;
}
