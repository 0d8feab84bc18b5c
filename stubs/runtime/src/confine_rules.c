#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "confine_rules.h"

#ifdef __linux__

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "confine.h"
#include "path_spelling.h"
#include "resolve.h"
#include "x07_ca_store.h"

enum { ADD_RULE = 445, BENEATH_A_PATH = 1, A_PORT = 2 };

#define RIGHT(bit) (UINT64_C(1) << (bit))
#define EXECUTE RIGHT(0)
#define WRITE_FILE RIGHT(1)
#define READ_FILE RIGHT(2)
#define READ_FOLDER RIGHT(3)
#define REMOVE_FOLDER RIGHT(4)
#define REMOVE_FILE RIGHT(5)
#define MAKE_FOLDER RIGHT(7)
#define MAKE_FILE RIGHT(8)
#define MOVE RIGHT(13)
#define TRUNCATE RIGHT(14)

#define READ (READ_FILE | READ_FOLDER)
#define RUN (READ_FILE | EXECUTE)
/* The only rights that a rule for a file may name. */
#define OF_FILES (EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE)

#define BIND_TCP RIGHT(0)
#define CONNECT_TCP RIGHT(1)

/* -- paths */

static void allow_open_path(const x07_ruleset *ruleset, int path, uint64_t rights)
{
    struct stat status;
    const struct __attribute__((packed)) {
        uint64_t rights;
        int32_t path;
    } everything = {rights & ruleset->fs, path},
      of_file = {rights & ruleset->fs & OF_FILES, path};
    if (fstat(path, &status) == 0) {
        int is_folder = S_ISDIR(status.st_mode);
        syscall(ADD_RULE, ruleset->fd, BENEATH_A_PATH, is_folder ? &everything : &of_file, 0);
    }
}

/* 0: it is not there, or cannot be reached. */
static int allow(const x07_ruleset *ruleset, const char *path, uint64_t rights)
{
    int opened = open(path, O_PATH | O_CLOEXEC);
    if (opened >= 0) {
        allow_open_path(ruleset, opened, rights);
        close(opened);
    }
    return opened >= 0;
}

/* The item as text; 0 where it is too long for a path. */
static int item_path(char path[X07_PATH_BYTES], x07_bytes_view item)
{
    if (item.len >= X07_PATH_BYTES) {
        return 0;
    }
    memcpy(path, item.ptr, item.len);
    path[item.len] = '\0';
    return 1;
}

/* How many of them are not there. */
static uint32_t allow_all(const x07_ruleset *ruleset, x07_policy_list paths, uint64_t rights)
{
    char path[X07_PATH_BYTES];
    uint32_t missing = 0;
    x07_bytes_view item;
    while (x07_policy_next(&paths, &item)) {
        missing += !(item_path(path, item) && allow(ruleset, path, rights));
    }
    return missing;
}

/* -- roots */

static uint64_t write_rights(uint32_t grants)
{
    uint64_t rights = WRITE_FILE | TRUNCATE | MAKE_FILE;
    rights |= grants & X07_CAN_MKDIR ? MAKE_FOLDER : 0;
    /* Removing a folder with all that is in it lists it. */
    rights |= grants & X07_CAN_REMOVE ? REMOVE_FILE | REMOVE_FOLDER | READ_FOLDER : 0;
    /* To rename is to remove and to make; which of them is meant, the system calls tell. */
    rights |= grants & X07_CAN_RENAME ? REMOVE_FILE | REMOVE_FOLDER | MAKE_FOLDER | MOVE : 0;
    return rights;
}

static void make_roots(x07_policy_list roots)
{
    const x07_base working_folder = {.folder = AT_FDCWD, .anywhere = 1};
    char path[X07_PATH_BYTES];
    x07_bytes_view item;
    while (x07_policy_next(&roots, &item)) {
        struct stat status;
        if (item_path(path, item) && stat(path, &status) != 0) {
            x07_resolve_make(working_folder, path);
        }
    }
}

static uint32_t allow_roots(const x07_ruleset *ruleset, const x07_fs_policy *fs, uint32_t grants)
{
    uint32_t missing = 0;
    if (grants & X07_CAN_MKDIR) {
        make_roots(fs->write_roots);
    }
    if (grants & X07_CAN_WRITE) {
        missing = allow_all(ruleset, fs->write_roots, write_rights(grants));
    }
    if (grants & X07_CAN_READ) {
        allow_all(ruleset, fs->read_roots, READ);
    }
    return missing;
}

/* -- programs */

/* A prefix is as good as the folder that it lies in: `deps/x07/` and `deps/x07` differ by that. */
static void allow_prefixes(const x07_ruleset *ruleset, x07_policy_list prefixes)
{
    char path[X07_PATH_BYTES];
    x07_bytes_view prefix;
    while (x07_policy_next(&prefixes, &prefix)) {
        if (item_path(path, x07_path_folder(prefix))) {
            allow(ruleset, path, RUN);
        }
    }
}

static void allow_programs(const x07_ruleset *ruleset, const x07_process_policy *process)
{
    allow_all(ruleset, process->allow_execs, RUN);
    allow_prefixes(ruleset, process->allow_exec_prefixes);
}

/* -- the system's own files */

static const struct {
    uint32_t needed_by;
    const char *path;
    uint64_t rights;
} system_files[] = {
    {UINT32_MAX, "/dev/null", READ_FILE | WRITE_FILE},
    {UINT32_MAX, "/dev/zero", READ_FILE | WRITE_FILE},
    {UINT32_MAX, "/dev/urandom", READ_FILE},
    {UINT32_MAX, "/dev/random", READ_FILE},
    {X07_CAN_TELL_ZONE, "/etc/localtime", READ},
    {X07_CAN_TELL_ZONE, "/usr/share/zoneinfo", READ},
    {X07_CAN_RESOLVE, "/etc/resolv.conf", READ},
    {X07_CAN_RESOLVE, "/etc/hosts", READ},
    {X07_CAN_RESOLVE, "/etc/host.conf", READ},
    {X07_CAN_RESOLVE, "/etc/nsswitch.conf", READ},
    {X07_CAN_RESOLVE, "/etc/gai.conf", READ},
    {X07_CAN_RESOLVE, "/etc/services", READ},
    {X07_CAN_TCP, "/etc/ssl", READ},
    {X07_CAN_TCP, "/etc/pki", READ},
    {X07_CAN_TCP, "/etc/ca-certificates", READ},
    {X07_CAN_TCP, "/usr/share/ca-certificates", READ},
    {X07_CAN_TCP, "/usr/local/share/ca-certificates", READ},
    /* Resolving loads libraries, too. */
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/lib", READ},
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/lib64", READ},
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/usr/lib", READ},
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/usr/lib64", READ},
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/usr/local/lib", READ},
    {X07_CAN_SPAWN | X07_CAN_RESOLVE, "/etc/ld.so.cache", READ},
    /* What the kernel starts for a dynamic program. */
    {X07_CAN_SPAWN, "/lib64/ld-linux-x86-64.so.2", RUN},
    {X07_CAN_SPAWN, "/lib/ld-linux-aarch64.so.1", RUN},
    {X07_CAN_SPAWN, "/lib/ld-musl-x86_64.so.1", RUN},
    {X07_CAN_SPAWN, "/lib/ld-musl-aarch64.so.1", RUN},
};

static void allow_system_files(const x07_ruleset *ruleset, uint32_t grants)
{
    for (size_t i = 0; i < sizeof system_files / sizeof system_files[0]; i++) {
        uint32_t needed_by = system_files[i].needed_by;
        if (needed_by == UINT32_MAX || needed_by & grants) {
            allow(ruleset, system_files[i].path, system_files[i].rights);
        }
    }
    const char *authorities = x07_ca_file();
    if (grants & X07_CAN_TCP && authorities) {
        allow(ruleset, authorities, READ_FILE);
    }
}

/* -- ports */

static void allow_port(const x07_ruleset *ruleset, uint64_t port, uint64_t rights)
{
    const struct {
        uint64_t rights, port;
    } rule = {rights & ruleset->net, port};
    if (rule.rights != 0 && port != 0) {
        syscall(ADD_RULE, ruleset->fd, A_PORT, &rule, 0);
    }
}

/* `1,2`, to the end of `text`. */
static void allow_ports(const x07_ruleset *ruleset, x07_bytes_view text, uint64_t rights)
{
    uint64_t port = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        uint8_t byte = text.ptr[i];
        if (byte >= '0' && byte <= '9') {
            port = port < UINT16_MAX ? port * 10 + (byte - '0') : port;
            continue;
        }
        allow_port(ruleset, port, rights);
        port = 0;
    }
    allow_port(ruleset, port, rights);
}

static x07_bytes_view after_host(x07_bytes_view item)
{
    uint32_t end = item.len;
    while (end != 0 && item.ptr[end - 1] != ':') {
        end--;
    }
    return (x07_bytes_view){item.ptr + end, item.len - end};
}

static void allow_hosts(const x07_ruleset *ruleset, x07_policy_list hosts, uint64_t rights)
{
    x07_bytes_view item;
    while (x07_policy_next(&hosts, &item)) {
        allow_ports(ruleset, after_host(item), rights);
    }
}

static void allow_network(const x07_ruleset *ruleset, const x07_policy *policy, uint32_t grants)
{
    const char *of_databases = policy->db.net_allow_ports;
    x07_bytes_view database_ports = {(const uint8_t *)of_databases, (uint32_t)strlen(of_databases)};
    uint64_t listens = grants & X07_CAN_LISTEN ? BIND_TCP : 0;
    if (policy->net.enabled && policy->net.allow_tcp) {
        allow_hosts(ruleset, policy->net.allow_hosts, CONNECT_TCP | listens);
    }
    if (policy->db.enabled && grants & X07_CAN_TCP) {
        allow_ports(ruleset, database_ports, CONNECT_TCP);
    }
    /* Answers that are too long for UDP. */
    if (grants & X07_CAN_RESOLVE) {
        allow_port(ruleset, 53, CONNECT_TCP);
    }
}

uint32_t x07_rules_add(const x07_ruleset *ruleset, const x07_policy *policy)
{
    uint32_t grants = x07_confine_grants(policy);
    uint32_t missing = allow_roots(ruleset, &policy->fs, grants);
    allow_system_files(ruleset, grants);
    if (grants & X07_CAN_SPAWN) {
        allow_programs(ruleset, &policy->process);
    }
    allow_network(ruleset, policy, grants);
    return missing;
}

#else

uint32_t x07_rules_add(const x07_ruleset *ruleset, const x07_policy *policy)
{
    (void)ruleset, (void)policy;
    return 0;
}

#endif
