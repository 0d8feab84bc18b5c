/* What a guest sees, a line for each thing; and what it does when it is told. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void lines(const char *file, const char *label)
{
    char line[4096];
    FILE *stream = fopen(file, "r");
    if (stream == NULL) {
        printf("%s -\n", label);
        return;
    }
    while (fgets(line, sizeof line, stream) != NULL)
        printf("%s %s", label, line);
    fclose(stream);
}

static void names(const char *folder, const char *label)
{
    DIR *stream = opendir(folder);
    struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            printf("%s %s\n", label, entry->d_name);
    if (stream != NULL)
        closedir(stream);
}

static void see(void)
{
    struct rlimit limit;
    for (char **each = environ; *each != NULL; each++)
        printf("env %s\n", *each);
    printf("user %d %d\n", (int)getuid(), (int)getgid());
    printf("folder %s\n", getcwd(NULL, 0));
    lines("/proc/self/status", "status");
    lines("/proc/mounts", "mount");
    lines("/proc/net/dev", "interface");
    names("/proc", "process");
    names("/dev", "device");
    names("/x07", "x07");
    lines("/etc/resolv.conf", "resolver");
    getrlimit(RLIMIT_NOFILE, &limit);
    printf("files %d\n", (int)limit.rlim_cur);
    getrlimit(RLIMIT_CORE, &limit);
    printf("core %d\n", (int)limit.rlim_cur);
}

static void write_at(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    printf("write %s %s\n", path, file < 0 ? strerror(errno) : "yes");
    if (file >= 0 && write(file, "x", 1) == 1)
        close(file);
}

static void fork_much(void)
{
    int count = 0;
    for (; count < 500; count++) {
        pid_t child = fork();
        if (child < 0)
            break;
        if (child == 0) {
            pause();
            _exit(0);
        }
    }
    printf("forked %d\n", count);
    fflush(stdout);
    kill(-1, 9);
}

static void take_memory(size_t mebibytes)
{
    for (size_t taken = 0; taken < mebibytes; taken++) {
        char *block = malloc(1 << 20);
        memset(block, 1, 1 << 20);
    }
    printf("took %d\n", (int)mebibytes);
}

int main(int count, char **words)
{
    char data[4096];
    ssize_t size;
    for (int each = 1; each < count; each++) {
        const char *word = words[each];
        if (strcmp(word, "see") == 0)
            see();
        else if (strcmp(word, "fork") == 0)
            fork_much();
        else if (strcmp(word, "tty") == 0)
            printf("terminal %d %d\n", isatty(0), isatty(1));
        else if (strcmp(word, "cat") == 0)
            while (fflush(stdout) == 0 && (size = read(0, data, sizeof data)) > 0)
                fwrite(data, 1, (size_t)size, stdout);
        else if (strncmp(word, "list=", 5) == 0)
            names(word + 5, "name");
        else if (strncmp(word, "write=", 6) == 0)
            write_at(word + 6);
        else if (strncmp(word, "read=", 5) == 0)
            lines(word + 5, "line");
        else if (strncmp(word, "take=", 5) == 0)
            take_memory((size_t)atoi(word + 5));
        else if (strncmp(word, "exit=", 5) == 0)
            return atoi(word + 5);
    }
    return 0;
}
