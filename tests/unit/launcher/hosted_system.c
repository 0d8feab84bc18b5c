/* What `system.h` promises, with a C library, which sanitizers need. */
#define _GNU_SOURCE

#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int count, char **words)
{
    const x07_process process = {
        .argument_count = (size_t)count,
        .arguments = words,
        .environment = environ,
    };
    return x07_launch(&process);
}

long x07_call(long number, long a, long b, long c, long d)
{
    const long done = syscall(number, a, b, c, d, 0L, 0L);
    return done < 0 ? -errno : done;
}

long x07_read(int descriptor, void *data, size_t bytes)
{
    return read(descriptor, data, bytes);
}

bool x07_write(int descriptor, const void *data, size_t bytes)
{
    while (bytes > 0) {
        const ssize_t done = write(descriptor, data, bytes);
        if (done <= 0) {
            return false;
        }
        data = (const char *)data + done;
        bytes -= (size_t)done;
    }
    return true;
}

void x07_close(int descriptor)
{
    close(descriptor);
}

bool x07_is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0;
}

void *x07_memory(size_t bytes)
{
    return calloc(1, bytes);
}

size_t x07_length(const char *text)
{
    return strlen(text);
}

bool x07_equal(const void *one, const void *other, size_t bytes)
{
    return memcmp(one, other, bytes) == 0;
}

void x07_copy(void *restrict target, const void *restrict source, size_t bytes)
{
    memcpy(target, source, bytes);
}
