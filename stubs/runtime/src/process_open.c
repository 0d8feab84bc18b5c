/* Under a policy, programs are opened as the policy names them and executed by descriptor. A script
 * runs where its interpreter is granted too, and gets the script as a descriptor's path: an
 * interpreter that opened the script's own path might find something else there. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "process_open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guard.h"
#include "policy_roots.h"
#include "resolve.h"
#include "x07_limit_hook.h"
#include "x07_memory.h"

/* A program may turn out to be a fifo or a terminal. */
enum { PROGRAM_FLAGS = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

static x07_bytes_view view_of(const char *text)
{
    return (x07_bytes_view){.ptr = (const uint8_t *)text, .len = (uint32_t)strlen(text)};
}

/* -- roots: folders that the policy names */

/* What the first `len` bytes of a path name; the program's own folder where they are none. */
static int open_root(const char *path, size_t len)
{
    char root[X07_PATH_BYTES];
    if (!x07_path_copy(root, path, len)) {
        return -1;
    }
    return open(len != 0u ? root : ".", X07_FOLDER_FLAGS);
}

/* `root` is closed. Links that stay beneath it are followed. */
static int open_under(int root, const char *rest, int flags)
{
    if (root < 0) {
        return -1;
    }
    int file = x07_resolve((x07_base){.folder = root, .follows = 1}, rest, flags, 0);
    int error = errno;
    close(root);
    errno = error;
    return file;
}

static int leads_out(void)
{
    return errno == EXDEV || errno == ELOOP;
}

static x07_verdict link_out(const char *field)
{
    return (x07_verdict){.reason = X07_LEADS_OUT, .field = field};
}

static uint32_t failed(const x07_process_start *start, x07_bytes_view target, const char *field)
{
    if (!leads_out()) {
        x07_limit_met(errno);
        return X07_PROCESS_FAILED;
    }
    return x07_process_ask(start, target, link_out(field));
}

/* -- programs */

/* The folder part of a prefix is where links may not lead out of. */
static int open_by_prefixes(const x07_process_start *start, const char *path)
{
    x07_policy_list cursor = start->policy->process.allow_exec_prefixes;
    x07_bytes_view prefix;
    int file = -1;
    errno = ENOENT;
    while (file < 0 && x07_policy_next(&cursor, &prefix)) {
        if (strncmp(path, (const char *)prefix.ptr, prefix.len) == 0) {
            size_t len = x07_path_folder_len(prefix);
            const char *rest = path + len + strspn(path + len, "/");
            file = open_under(open_root(path, len), rest, PROGRAM_FLAGS);
        }
    }
    return file;
}

/* A program that is named as such is what its author's path leads to. */
static int open_granted(const x07_process_start *start, const char *path)
{
    if (x07_policy_lists(start->policy->process.allow_execs, view_of(path))
        || !x07_guard("process.allow_execs")) {
        return open(path, PROGRAM_FLAGS);
    }
    return open_by_prefixes(start, path);
}

static const char by_prefixes[] = "process.allow_exec_prefixes";

static uint32_t open_program(const x07_process_start *start, const char *path, int *file)
{
    struct stat status;
    *file = open_granted(start, path);
    if (*file < 0) {
        return failed(start, x07_process_target(start), by_prefixes);
    }
    int is_regular = fstat(*file, &status) == 0 && S_ISREG(status.st_mode);
    return is_regular ? X07_PROCESS_OK : X07_PROCESS_FAILED;
}

/* -- scripts */

static const char blanks[] = " \t";

static char *skip(char *text, const char *bytes)
{
    return text + strspn(text, bytes);
}

/* Ends the text before the blanks that it ends with. */
static void trim(char *text)
{
    size_t len = strlen(text);
    while (len != 0u && strchr(blanks, text[len - 1u]) != NULL) {
        len--;
    }
    text[len] = '\0';
}

/* Splits what follows `#!`: the interpreter, and all of the rest as one option, or NULL. */
static char *split(char *line, char **option)
{
    char *interpreter = skip(line, blanks);
    char *end = interpreter + strcspn(interpreter, blanks);
    *option = NULL;
    if (*end != '\0') {
        *end = '\0';
        *option = skip(end + 1, blanks);
        trim(*option);
    }
    if (*option != NULL && **option == '\0') {
        *option = NULL;
    }
    return interpreter;
}

typedef enum { BINARY, SCRIPT, NEITHER } form;

/* The first line of a script is put in `line`, without `#!`. What the kernel would hand to a
 * program that is registered for it (binfmt_misc) is neither. */
static form form_of(int file, char line[X07_PROCESS_LINE_BYTES])
{
    ssize_t got = pread(file, line, X07_PROCESS_LINE_BYTES - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    if (got >= 4 && memcmp(line, "\177ELF", 4) == 0) {
        return BINARY;
    }
    char *end = strchr(line, '\n');
    if (got < 2 || memcmp(line, "#!", 2) != 0 || end == NULL) {
        return NEITHER;
    }
    *end = '\0';
    memmove(line, line + 2, (size_t)(end - line) - 1u);
    return SCRIPT;
}

#ifdef __linux__
#define DESCRIPTORS "/proc/self/fd/"
#else
#define DESCRIPTORS "/dev/fd/"
#endif

static void name_descriptor(char *to, int descriptor)
{
    static const char folder[] = DESCRIPTORS;
    char digits[12];
    size_t first = sizeof digits;
    digits[--first] = '\0';
    do {
        digits[--first] = (char)('0' + descriptor % 10);
        descriptor /= 10;
    } while (descriptor != 0);
    memcpy(to, folder, sizeof folder - 1u);
    memcpy(to + sizeof folder - 1u, digits + first, sizeof digits - first);
}

/* The interpreter, its option, the script, and the arguments behind it. */
static void put_before_args(x07_process_files *files, char *interpreter, char *option)
{
    name_descriptor(files->script_path, files->script);
    files->args[0] = files->script_path;
    if (option != NULL) {
        *--files->args = option;
    }
    *--files->args = interpreter;
    files->path = interpreter;
}

static x07_verdict verdict_on_interpreter(const x07_policy *policy, const char *interpreter)
{
    x07_verdict verdict = x07_verdict_exec(policy, view_of(interpreter));
    if (verdict.reason == X07_NOT_LISTED) {
        verdict.reason = X07_INTERPRETER_NOT_LISTED;
    }
    return verdict;
}

static uint32_t open_listed(const x07_process_start *start, const char *interpreter, int *file)
{
    if (!x07_guard("interpreter")) {
        *file = open(interpreter, PROGRAM_FLAGS);
        return X07_PROCESS_OK;
    }
    x07_verdict verdict = verdict_on_interpreter(start->policy, interpreter);
    uint32_t code = x07_process_ask(start, x07_process_target(start), verdict);
    return code == X07_PROCESS_OK ? open_program(start, interpreter, file) : code;
}

static uint32_t open_interpreter(const x07_process_start *start, x07_process_files *files)
{
    char ignored[X07_PROCESS_LINE_BYTES];
    char *option;
    char *interpreter = split(files->line, &option);
    files->script = files->program;
    files->program = -1;
    uint32_t code = open_listed(start, interpreter, &files->program);
    if (code == X07_PROCESS_OK && form_of(files->program, ignored) != BINARY) {
        code = X07_PROCESS_FAILED;
    }
    put_before_args(files, interpreter, option);
    return code;
}

static uint32_t open_checked(const x07_process_start *start, x07_process_files *files)
{
    uint32_t code = open_program(start, files->path, &files->program);
    if (code != X07_PROCESS_OK) {
        return code;
    }
    switch (form_of(files->program, files->line)) {
    case BINARY:
        return X07_PROCESS_OK;
    case SCRIPT:
        return open_interpreter(start, files);
    default:
        return X07_PROCESS_FAILED;
    }
}

/* -- looking */

/* -1: it is not there, or `verdict` becomes that on a link. */
static int look_for(const x07_process_start *start, const char *path, x07_verdict *verdict)
{
    int file = open_granted(start, path);
    if (file < 0 && leads_out()) {
        *verdict = link_out(by_prefixes);
    }
    return file;
}

static x07_verdict look_behind(const x07_process_start *start, int program)
{
    static char line[X07_PROCESS_LINE_BYTES];
    char *option;
    if (form_of(program, line) != SCRIPT) {
        return (x07_verdict){.reason = X07_GRANTED};
    }
    char *interpreter = split(line, &option);
    x07_verdict verdict = verdict_on_interpreter(start->policy, interpreter);
    int file = verdict.reason == X07_GRANTED ? look_for(start, interpreter, &verdict) : -1;
    if (file >= 0) {
        close(file);
    }
    return verdict;
}

x07_verdict x07_look_exec(const x07_policy *policy, x07_bytes_view program)
{
    char path[X07_PATH_BYTES];
    const x07_process_start start = {.policy = policy};
    x07_verdict verdict = x07_verdict_exec(policy, program);
    if (verdict.reason != X07_GRANTED || !policy->sandboxed
        || !x07_path_copy(path, program.ptr, program.len)) {
        return verdict;
    }
    int file = look_for(&start, path, &verdict);
    if (file >= 0) {
        verdict = look_behind(&start, file);
        close(file);
    }
    return verdict;
}

/* -- folders */

static int open_by_roots(const x07_process_start *start, const char *folder)
{
    char root[X07_PATH_BYTES];
    x07_root_match match;
    x07_policy_list roots = start->policy->process.allow_cwd_roots;
    errno = ENOENT;
    if (!x07_policy_root(start->policy, roots, view_of(folder), 0, &match)
        || !x07_path_copy(root, match.root.ptr, match.root.len)) {
        return -1;
    }
    return open_under(open(root, X07_FOLDER_FLAGS), match.rest, X07_FOLDER_FLAGS);
}

static uint32_t open_folder(const x07_process_start *start, const char *folder, int *opened)
{
    if (folder == NULL) {
        return X07_PROCESS_OK;
    }
    if (!start->policy->sandboxed) {
        *opened = open(folder, X07_FOLDER_FLAGS);
        return *opened >= 0 ? X07_PROCESS_OK : X07_PROCESS_FAILED;
    }
    *opened = open_by_roots(start, folder);
    return *opened >= 0 ? X07_PROCESS_OK
                        : failed(start, view_of(folder), "process.allow_cwd_roots");
}

/* A relative path means the same wherever the process starts. */
static uint32_t make_absolute(x07_process_files *files)
{
    if (files->folder < 0 || files->path[0] == '/') {
        return X07_PROCESS_OK;
    }
    char *here = getcwd(NULL, 0);
    size_t here_len = here != NULL ? strlen(here) : 0u;
    size_t len = strlen(files->path);
    files->absolute = here != NULL ? realloc(here, here_len + len + 2u) : NULL;
    if (files->absolute == NULL) {
        free(here);
        return X07_PROCESS_FAILED;
    }
    files->absolute[here_len] = '/';
    memcpy(files->absolute + here_len + 1u, files->path, len + 1u);
    files->path = files->absolute;
    return X07_PROCESS_OK;
}

uint32_t x07_process_open(const x07_process_start *start, const x07_process_text *text,
                          x07_process_files *files)
{
    files->program = files->script = files->folder = -1;
    files->absolute = NULL;
    files->args = text->args;
    files->path = text->args[0];
    uint32_t code = open_folder(start, text->folder, &files->folder);
    if (code != X07_PROCESS_OK) {
        return code;
    }
    return start->policy->sandboxed ? open_checked(start, files) : make_absolute(files);
}

void x07_process_files_close(x07_process_files *files)
{
    const int opened[] = {files->program, files->script, files->folder};
    for (int i = 0; i < 3; i++) {
        if (opened[i] >= 0) {
            close(opened[i]);
        }
    }
    free(files->absolute);
}
