/* os.fs.read_file and os.fs.write_file. What the policy denies ends the program. */
#include "fs_content.h"
#include "fs_tries.h"
#include "guard.h"
#include "os_text.h"
#include "x07_limit_hook.h"
#include "x07_os.h"
#include "x07_writer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define READ "os.fs.read_file"
#define WRITE "os.fs.write_file"

static const x07_fs_head reading = {
    .operation = READ, .verdict = x07_verdict_read, .list = X07_READ_ROOTS};
static const x07_fs_head writing = {
    .operation = WRITE, .verdict = x07_verdict_write, .list = X07_WRITE_ROOTS};

/* A call, the text of its path, and what came of the roots. */
typedef struct {
    x07_fs_call call;
    x07_fs_tries tries;
    char *name;
} request;

static const char *either(const request *request, const char *of_read, const char *of_write)
{
    return request->call.head == &reading ? of_read : of_write;
}

static int is_sandboxed(const request *request)
{
    return (int)request->call.policy->sandboxed;
}

/* Traps, but for a write where denials are collected. */
static int deny(const request *request, x07_verdict verdict, const char *message, const char *at)
{
    const x07_fs_call *call = &request->call;
    if (call->head != &writing || !x07_denials_are_collected()) {
        x07_denied_trap(call->head->operation, call->target, &verdict, message, at);
    }
    x07_denied(call->head->operation, call->target, &verdict);
    return EACCES;
}

/* -- before anything is opened */

/* 0 or an errno, as are the next ones. */
static int check_switches(const request *request, const char *at)
{
    const x07_policy *policy = request->call.policy;
    x07_verdict verdict = x07_verdict_switch(policy, policy->fs.enabled, "fs.enabled");
    if (verdict.reason != X07_GRANTED) {
        return deny(request, verdict, "os.fs disabled by policy", at);
    }
    verdict = x07_verdict_limit(policy, 1, policy->threads.max_blocking, "threads.max_blocking");
    if (verdict.reason != X07_GRANTED) {
        return deny(request, verdict, "os.threads.blocking disabled by policy", at);
    }
    return 0;
}

static int check_spelling(const request *request, const char *at)
{
    x07_bytes_view path = request->call.target;
    if (x07_guard("spelling") && !x07_path_is_safe(path)) {
        x07_trap(either(request, READ " unsafe path", WRITE " unsafe path"), at);
    }
    if (x07_guard("hidden") && request->call.policy->fs.deny_hidden && x07_path_is_hidden(path)) {
        x07_verdict verdict = {.reason = X07_IS_HIDDEN, .field = "fs.deny_hidden"};
        return deny(request, verdict,
                    either(request, READ " hidden path denied", WRITE " hidden path denied"), at);
    }
    return 0;
}

static int start(request *request, const x07_fs_head *head, x07_bytes path, const char *at)
{
    x07_fs_call *call = &request->call;
    call->head = head;
    call->policy = x07_policy_current();
    call->target = x07_bytes_as_view(path);
    call->base = (x07_base){.folder = AT_FDCWD, .follows = 1, .anywhere = 1};
    request->name = NULL;
    int error = check_switches(request, at);
    if (error) {
        x07_bytes_drop(path);
        return error;
    }
    request->name = x07_os_text(path, at);
    if (!request->name) {
        x07_trap(either(request, READ " unsafe path", WRITE " unsafe path"), at);
    }
    call->target = (x07_bytes_view){(const uint8_t *)request->name,
                                    (uint32_t)strlen(request->name)};
    call->path = request->name;
    return is_sandboxed(request) ? check_spelling(request, at) : 0;
}

/* -1: it could not be opened. */
static int open_file(request *request, int flags)
{
    request->tries.verdict.reason = X07_GRANTED;
    if (is_sandboxed(request)) {
        return x07_fs_try_roots(&request->call, flags, &request->tries);
    }
    int file = openat(AT_FDCWD, request->name, flags | O_CLOEXEC, 0666);
    request->tries.error = file < 0 || fstat(file, &request->tries.status) != 0 ? errno : 0;
    return file;
}

/* Why no root has the file: what the last one said, or that the path starts with no root's own. */
static x07_verdict why_not(const request *request)
{
    x07_verdict verdict = request->tries.verdict;
    const x07_fs_call *call = &request->call;
    int is_denied = !is_sandboxed(request) || verdict.reason != X07_GRANTED;
    return is_denied ? verdict : call->head->verdict(call->policy, call->target);
}

/* -- reading */

/* Names the path as the system got it. */
static _Noreturn void trap_read(const request *request, x07_verdict verdict, const char *message,
                                const char *at)
{
    char tried[X07_ABSOLUTE_BYTES];
    const char *path = request->name;
    if (is_sandboxed(request)) {
        x07_fs_tried(&request->tries, tried);
        path = tried;
    }
    if (verdict.reason == X07_GRANTED) {
        x07_trap_path(message, path, at);
    }
    x07_denied_trap_path(READ, request->call.target, &verdict, message, path, at);
}

static x07_vec_u8 read_all(const request *request, int file, const char *at)
{
    x07_vec_u8 content;
    const x07_policy *policy = request->call.policy;
    uint32_t limit = policy->sandboxed ? policy->fs.max_read_bytes : UINT32_MAX - 1;
    int error = x07_content_read(file, &request->tries.status, limit, &content, at);
    if (error == EFBIG) {
        uint64_t asked = x07_content_asked(&request->tries.status, &content, limit);
        trap_read(request, x07_verdict_limit(policy, asked, limit, "fs.max_read_bytes"),
                  READ " too large", at);
    }
    if (error) {
        x07_limit_met(error);
        trap_read(request, (x07_verdict){.reason = X07_GRANTED}, READ " read failed", at);
    }
    return content;
}

x07_bytes x07_os_fs_read_file(x07_bytes path, const char *at)
{
    request request;
    (void)start(&request, &reading, path, at);
    int file = open_file(&request, O_RDONLY);
    if (file < 0) {
        x07_limit_met(request.tries.error);
        trap_read(&request, why_not(&request), READ " open failed", at);
    }
    x07_vec_u8 content = read_all(&request, file, at);
    close(file);
    x07_free(request.name);
    return x07_vec_u8_into_bytes(content);
}

/* -- writing */

/* 0 or an errno. */
static int fill(int file, int empties, x07_bytes data)
{
    int error = empties && ftruncate(file, 0) != 0 ? errno : 0;
    if (!error && x07_write_all(file, data.ptr, data.len) != 0) {
        error = errno;
    }
    if (close(file) != 0 && !error && errno != EINTR) {
        error = errno;
    }
    return error;
}

static int denied(const request *request, x07_verdict verdict, int error)
{
    if (verdict.reason != X07_GRANTED) {
        x07_denied(WRITE, request->call.target, &verdict);
    }
    return error;
}

/* In a sandbox a file is emptied after it was looked at. */
static int write_file(request *request, x07_bytes data)
{
    const x07_policy *policy = request->call.policy;
    x07_verdict verdict =
        x07_verdict_limit(policy, data.len, policy->fs.max_write_bytes, "fs.max_write_bytes");
    if (verdict.reason != X07_GRANTED) {
        return denied(request, verdict, EFBIG);
    }
    int empties = is_sandboxed(request);
    int file = open_file(request, O_WRONLY | O_CREAT | (empties ? 0 : O_TRUNC));
    int error = file < 0 ? request->tries.error : fill(file, empties, data);
    x07_limit_met(error);
    return file < 0 ? denied(request, why_not(request), error) : error;
}

uint32_t x07_os_fs_write_file(x07_bytes path, x07_bytes data, const char *at)
{
    request request;
    int error = start(&request, &writing, path, at);
    error = error ? error : write_file(&request, data);
    if (request.name) {
        x07_free(request.name);
    }
    x07_bytes_drop(data);
    return (uint32_t)error;
}
