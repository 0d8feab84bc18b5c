/* A process that confines itself as its environment says, and then tries what its arguments say: a
 * verb and what it acts on, as `read data/a`. For each there is a line, `ok` or an errno. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../../../stubs/cli_main/sandbox.h"
#include "x07_child_hook.h"
#include "x07.h"
#include "x07_limit_hook.h"
#include "x07_pages.h"
#include "x07_report.h"

X07_PROGRAM_LIMITS;

x07_bytes x07_program_solve(x07_bytes_view input)
{
    return x07_view_to_bytes(input, NULL);
}

/* -- files: 0 or an errno */

static int closed(int fd)
{
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

static int error_of(long result)
{
    return result < 0 ? errno : 0;
}

static int try_read(const char *path)
{
    return closed(open(path, O_RDONLY));
}

static int try_list(const char *path)
{
    return closed(open(path, O_RDONLY | O_DIRECTORY));
}

static int try_write(const char *path)
{
    return closed(open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666));
}

static int try_mkdir(const char *path)
{
    return error_of(mkdir(path, 0777));
}

static int try_unlink(const char *path)
{
    return error_of(unlink(path));
}

/* To the same name with an `.x`. */
static int try_rename(const char *path)
{
    char other[4096];
    snprintf(other, sizeof other, "%s.x", path);
    return error_of(rename(path, other));
}

static int try_chmod(const char *path)
{
    return error_of(chmod(path, 0600));
}

static int try_descriptor(const char *number)
{
    return error_of(fcntl(atoi(number), F_GETFD));
}

/* -- the network */

static struct sockaddr_in here(const char *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

/* `domain:type:protocol`, in numbers. */
static int try_socket(const char *words)
{
    int domain = 0, type = 0, protocol = 0;
    sscanf(words, "%d:%d:%d", &domain, &type, &protocol);
    return closed((int)syscall(SYS_socket, domain, type, protocol));
}

/* On a socket of TCP. */
static int with_socket(int (*act)(int, const char *), const char *words)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    int error = fd < 0 ? errno : act(fd, words);
    close(fd);
    return error;
}

static int do_connect(int fd, const char *port)
{
    struct sockaddr_in address = here(port);
    return error_of(connect(fd, (struct sockaddr *)&address, sizeof address));
}

static int do_bind(int fd, const char *port)
{
    struct sockaddr_in address = here(port);
    return error_of(bind(fd, (struct sockaddr *)&address, sizeof address));
}

static int do_listen(int fd, const char *words)
{
    (void)words;
    return error_of(listen(fd, 1));
}

static int do_fast_open(int fd, const char *port)
{
    enum { FAST_OPEN = 0x20000000 };
    struct sockaddr_in address = here(port);
    return error_of(sendto(fd, "x", 1, FAST_OPEN, (struct sockaddr *)&address, sizeof address));
}

static int try_connect(const char *port)
{
    return with_socket(do_connect, port);
}

static int try_bind(const char *port)
{
    return with_socket(do_bind, port);
}

static int try_listen(const char *words)
{
    return with_socket(do_listen, words);
}

static int try_fast_open(const char *port)
{
    return with_socket(do_fast_open, port);
}

/* -- processes */

static int waited(long pid)
{
    int status;
    if (pid < 0) {
        return errno;
    }
    return waitpid((pid_t)pid, &status, 0) < 0 ? errno : WEXITSTATUS(status);
}

/* `flags`, beyond those of a fork, in hexadecimal. */
static int try_fork(const char *flags)
{
    long pid = syscall(SYS_clone, strtol(flags, NULL, 16) | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0) {
        _exit(0);
    }
    return waited(pid);
}

static void *stay(void *argument)
{
    pause();
    return argument;
}

/* So many threads that stay. */
static int try_threads(const char *count)
{
    pthread_t thread;
    int error = 0;
    for (int i = 0; i < atoi(count) && error == 0; i++) {
        error = pthread_create(&thread, NULL, stay, NULL);
    }
    return error;
}

/* In this process, which it ends where it works. */
static int try_exec(const char *path)
{
    char name[] = "program";
    char *arguments[] = {name, NULL}, *variables[] = {NULL};
    return error_of(execve(path, arguments, variables));
}

static int try_exec_descriptor(const char *path)
{
    char name[] = "program";
    char *arguments[] = {name, NULL}, *variables[] = {NULL};
    int fd = open(path, O_PATH);
    return error_of(syscall(SYS_execveat, fd, "", arguments, variables, AT_EMPTY_PATH));
}

static int try_spawn(const char *path)
{
    long pid = fork();
    if (pid == 0) {
        _exit(try_exec(path));
    }
    return waited(pid);
}

static int try_signal(const char *pid)
{
    return error_of(kill(atoi(pid), 0));
}

/* -- any system call: its number and up to five arguments, in numbers */

static int try_call(const char *words)
{
    char *next = NULL;
    long numbers[6] = {0};
    for (int i = 0; i < 6 && *words; i++) {
        numbers[i] = strtol(words, &next, 0);
        words = *next ? next + 1 : next;
    }
    return error_of(syscall(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]));
}

/* The same by a process that the runtime would have started. */
static int try_child(const char *words)
{
    long pid = fork();
    if (pid == 0) {
        if (x07_child_hook != NULL) {
            x07_child_hook();
        }
        _exit(try_call(words));
    }
    return waited(pid);
}

/* getpid by the entry of another architecture, and by the other table of numbers. */
static int try_foreign(const char *words)
{
    long result = -ENOSYS;
    (void)words;
#ifdef __x86_64__
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    result = (int)result;
#endif
    return result < 0 ? (int)-result : 0;
}

/* -- limits */

static int try_time(const char *words)
{
    (void)words;
    while (pause() < 0) {
    }
    return 0;
}

/* As code that does not want to end. */
static int try_deaf(const char *words)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    return try_time(words);
}

static volatile uint64_t turns;

static int try_work(const char *words)
{
    (void)words;
    while (turns < UINT64_MAX) {
        turns++;
    }
    return 0;
}

static int try_memory(const char *mebibytes)
{
    return x07_pages_map((size_t)atoi(mebibytes) << 20) ? 0 : errno;
}

static int try_descriptors(const char *words)
{
    int fd;
    (void)words;
    do {
        fd = open("/dev/null", O_RDONLY);
    } while (fd >= 0);
    int error = errno;
    x07_limit_met(error);
    return error;
}

static int try_bytes(const char *path)
{
    static const char block[1 << 16];
    int fd = open(path, O_WRONLY | O_CREAT, 0666);
    int error = fd < 0 ? errno : 0;
    for (int i = 0; i < 256 && error == 0; i++) {
        error = error_of(write(fd, block, sizeof block));
    }
    closed(fd);
    return error;
}

/* At most `count` children, 64 in all, that stay until it is over. */
static int try_bomb(const char *count)
{
    pid_t children[64];
    int made = 0, error = 0;
    while (made < atoi(count) && error == 0) {
        children[made] = fork();
        if (children[made] == 0) {
            pause();
            _exit(0);
        }
        error = children[made] < 0 ? errno : 0;
        made += error == 0;
    }
    printf("%d ", made);
    x07_limit_met(error);
    for (int i = 0; i < made; i++) {
        kill(children[i], SIGKILL);
    }
    return error;
}

/* -- all */

static const struct {
    const char *verb;
    int (*act)(const char *words);
} verbs[] = {
    {"read", try_read},           {"list", try_list},
    {"write", try_write},         {"mkdir", try_mkdir},
    {"unlink", try_unlink},       {"rename", try_rename},
    {"chmod", try_chmod},         {"descriptor", try_descriptor},
    {"socket", try_socket},       {"connect", try_connect},
    {"bind", try_bind},           {"listen", try_listen},
    {"fast_open", try_fast_open}, {"fork", try_fork},
    {"threads", try_threads},
    {"exec", try_exec},           {"exec_descriptor", try_exec_descriptor},
    {"spawn", try_spawn},         {"signal", try_signal},
    {"call", try_call},           {"child", try_child},
    {"foreign", try_foreign},
    {"time", try_time},           {"deaf", try_deaf},
    {"work", try_work},           {"memory", try_memory},
    {"descriptors", try_descriptors}, {"bytes", try_bytes},
    {"bomb", try_bomb},
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

int main(int argc, char **argv)
{
    const x07_sandbox_config config = x07_sandbox_of_environment();
    if (getenv("EARLY_THREAD") != NULL) {
        try_threads("1");
    }
    x07_sandbox_enter(&config, getenv("KEEPS_TIME") != NULL);
    for (int i = 1; i + 1 < argc; i += 2) {
        int error = attempt(argv[i], argv[i + 1]);
        printf("%s %d\n", argv[i], error);
        fflush(stdout);
    }
    x07_writer writer = {.fd = STDOUT_FILENO};
    x07_report_wanted = 1;
    x07_report_write(&writer);
    x07_writer_flush(&writer);
    _exit(0);
}
