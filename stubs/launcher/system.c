/* What headers of C libraries hide behind it: flags of files, and of memory. */
#define _GNU_SOURCE

#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#ifndef __linux__
#error "Linux alone: other systems load programs in other ways"
#endif

const char x07_own_place[] = "/proc/self/exe";
const char x07_own_place_hint[] = "mount /proc, or move the bundle to a shorter path";

/* AT_NULL and AT_HWCAP of the vector that follows the environment. */
enum { AUXILIARY_END = 0, AUXILIARY_HARDWARE = 16 };

#if defined(__x86_64__)
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    xorl %ebp, %ebp\n"
        "    movq %rsp, %rdi\n"
        "    andq $-16, %rsp\n"
        "    call x07_begin\n");

static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
__asm__(".text\n"
        ".globl _start\n"
        "_start:\n"
        "    mov x29, #0\n"
        "    mov x30, #0\n"
        "    mov x0, sp\n"
        "    bl x07_begin\n");

static long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}
#else
#error "x86-64 and arm64 alone"
#endif

_Noreturn void x07_begin(long *stack);
void *memcpy(void *restrict target, const void *restrict source, size_t bytes);
void *memset(void *target, int value, size_t bytes);

/* The stack of a new process: a count, the arguments, NULL, the environment, NULL, and pairs. */
_Noreturn void x07_begin(long *stack)
{
    x07_process process = {.argument_count = (size_t)stack[0], .arguments = (char **)(stack + 1)};
    process.environment = process.arguments + process.argument_count + 1;
    char **end = process.environment;
    while (*end != NULL) {
        end++;
    }
    for (const long *pair = (long *)(end + 1); pair[0] != AUXILIARY_END; pair += 2) {
        if (pair[0] == AUXILIARY_HARDWARE) {
            process.hardware = (unsigned long)pair[1];
        }
    }
    const int status = x07_launch(&process);
    for (;;) {
        call(SYS_exit_group, status, 0, 0, 0, 0, 0);
    }
}

/* Compilers call these two. */
__attribute__((used)) void *memcpy(void *restrict target, const void *restrict source, size_t bytes)
{
    x07_copy(target, source, bytes);
    return target;
}

__attribute__((used)) void *memset(void *target, int value, size_t bytes)
{
    volatile uint8_t *to = target;
    for (size_t index = 0; index < bytes; index++) {
        to[index] = (uint8_t)value;
    }
    return target;
}

long x07_call(long number, long a, long b, long c, long d)
{
    return call(number, a, b, c, d, 0, 0);
}

long x07_call6(long number, long a, long b, long c, long d, long e, long f)
{
    return call(number, a, b, c, d, e, f);
}

static int open_at(int folder, const char *path, int flags)
{
    const int all = flags | O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
    return (int)call(SYS_openat, folder, (long)path, all, 0, 0, 0);
}

int x07_open_file(int folder, const char *path)
{
    return open_at(folder, path, 0);
}

int x07_open_folder(int folder, const char *path)
{
    return open_at(folder, path, O_DIRECTORY);
}

static bool look(int descriptor, struct stat *status)
{
    return call(SYS_fstat, descriptor, (long)status, 0, 0, 0, 0) == 0;
}

bool x07_is_file(int descriptor)
{
    struct stat status;
    return look(descriptor, &status) && S_ISREG(status.st_mode);
}

int64_t x07_size(int descriptor)
{
    struct stat status;
    return look(descriptor, &status) ? (int64_t)status.st_size : -1;
}

bool x07_is_open(int descriptor)
{
    return call(SYS_fcntl, descriptor, F_GETFD, 0, 0, 0, 0) != -EBADF;
}

int x07_open_null(void)
{
    return (int)call(SYS_openat, AT_FDCWD, (long)"/dev/null", O_RDWR, 0, 0, 0);
}

void x07_close(int descriptor)
{
    call(SYS_close, descriptor, 0, 0, 0, 0, 0);
}

bool x07_make_file(const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
    const int made = (int)call(SYS_openat, AT_FDCWD, (long)path, flags, 0600, 0, 0);
    if (made >= 0) {
        x07_close(made);
    }
    return made >= 0;
}

void x07_remove_file(const char *path)
{
    call(SYS_unlinkat, AT_FDCWD, (long)path, 0, 0, 0, 0);
}

long x07_read(int descriptor, void *data, size_t bytes)
{
    long got;
    do {
        got = call(SYS_read, descriptor, (long)data, (long)bytes, 0, 0, 0);
    } while (got == -EINTR);
    return got;
}

long x07_read_at(int descriptor, void *data, size_t bytes, uint64_t offset)
{
    return call(SYS_pread64, descriptor, (long)data, (long)bytes, (long)offset, 0, 0);
}

long x07_read_folder(int descriptor, void *data, size_t bytes)
{
    return call(SYS_getdents64, descriptor, (long)data, (long)bytes, 0, 0, 0);
}

long x07_own_path(char *target, size_t bytes)
{
    return call(SYS_readlinkat, AT_FDCWD, (long)x07_own_place, (long)target, (long)bytes, 0, 0);
}

long x07_write_some(int descriptor, const void *data, size_t bytes)
{
    return call(SYS_write, descriptor, (long)data, (long)bytes, 0, 0, 0);
}

void *x07_memory(size_t bytes)
{
    const long found =
        call(SYS_mmap, 0, (long)bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return found < 0 && found > -4096 ? NULL : (void *)found;
}

int x07_execute(const char *path, char **arguments, char **environment)
{
    return (int)call(SYS_execve, (long)path, (long)arguments, (long)environment, 0, 0, 0);
}
