/* The policy that a program runs under, what it says to each operation, and how a denial is told
 * (contract/policy.md §5, §6).
 *
 * A primitive asks for a verdict, and where it is not X07_GRANTED calls x07_denied with it before
 * it returns its error code, or x07_denied_trap. The words are made in denial.c alone. */
#ifndef X07_POLICY_H
#define X07_POLICY_H

#include "x07_compiler.h"
#include "x07_types.h"

/* A list as in X07_OS_*: items joined by `;`, empty ones left out. See x07_policy_next. */
typedef const char *x07_policy_list;

/* Switches are 0 or 1. Where 0 stands for a default or for no limit (policy.md §6.4, §6.6), a
 * number here is already what it stands for; UINT32_MAX: no limit. */
typedef struct {
    uint32_t enabled;
    uint32_t deny_hidden;
    uint32_t allow_symlinks;
    uint32_t allow_mkdir;
    uint32_t allow_remove;
    uint32_t allow_rename;
    uint32_t allow_walk;
    uint32_t allow_glob;
    uint32_t max_read_bytes;
    uint32_t max_write_bytes;
    uint32_t max_entries;
    uint32_t max_depth;
    x07_policy_list read_roots;
    x07_policy_list write_roots;
} x07_fs_policy;

typedef struct {
    uint32_t enabled;
    uint32_t allow_tcp;
    uint32_t allow_udp;
    uint32_t allow_dns;
    /* `host:port,port;host:port` */
    x07_policy_list allow_hosts;
} x07_net_policy;

typedef struct {
    uint32_t enabled;
    uint32_t sqlite;
    uint32_t postgres;
    uint32_t mysql;
    uint32_t redis;
    uint32_t max_live_conns;
    uint32_t max_queries;
    uint32_t connect_timeout_ms;
    uint32_t query_timeout_ms;
    uint32_t max_sql_bytes;
    uint32_t max_rows;
    uint32_t max_resp_bytes;
    uint32_t sqlite_readonly_only;
    uint32_t sqlite_allow_create;
    uint32_t sqlite_allow_in_memory;
    uint32_t net_require_tls;
    uint32_t net_require_verify;
    x07_policy_list sqlite_allow_paths;
    x07_policy_list net_allow_dns;
    x07_policy_list net_allow_cidrs;
    /* Joined by `,`. */
    x07_policy_list net_allow_ports;
} x07_db_policy;

typedef struct {
    uint32_t enabled;
    x07_policy_list allow_keys;
    x07_policy_list deny_keys;
} x07_env_policy;

typedef struct {
    uint32_t enabled;
    uint32_t allow_wall_clock;
    uint32_t allow_monotonic;
    uint32_t allow_sleep;
    uint32_t max_sleep_ms;
    uint32_t allow_local_tzid;
} x07_time_policy;

typedef struct {
    uint32_t enabled;
    uint32_t allow_exit;
    uint32_t allow_spawn;
    uint32_t allow_exec;
    uint32_t allow_cwd;
    uint32_t kill_on_drop;
    uint32_t kill_tree;
    uint32_t max_live;
    uint32_t max_spawns;
    uint32_t max_exe_bytes;
    uint32_t max_args;
    uint32_t max_arg_bytes;
    uint32_t max_env;
    uint32_t max_env_key_bytes;
    uint32_t max_env_val_bytes;
    uint32_t max_runtime_ms;
    uint32_t max_stdout_bytes;
    uint32_t max_stderr_bytes;
    uint32_t max_total_bytes;
    uint32_t max_stdin_bytes;
    x07_policy_list allow_execs;
    x07_policy_list allow_exec_prefixes;
    /* Empty: any argument. */
    x07_policy_list allow_args_regex_lite;
    x07_policy_list allow_env_keys;
    x07_policy_list allow_cwd_roots;
} x07_process_policy;

typedef struct {
    uint32_t enabled;
    uint32_t max_workers;
    uint32_t max_blocking;
    uint32_t max_queue;
} x07_threads_policy;

/* Not sandboxed: every switch allows, no list is asked, and limits are those of the defaults. */
typedef struct {
    uint32_t sandboxed;
    /* The working folder when the policy was read, absolute: what relative paths start from. */
    const char *folder;
    x07_fs_policy fs;
    x07_net_policy net;
    x07_db_policy db;
    x07_env_policy env;
    x07_time_policy time;
    x07_process_policy process;
    x07_threads_policy threads;
} x07_policy;

/* A variable of policy.md §5 with its value. */
typedef struct {
    const char *name;
    const char *value;
} x07_policy_pair;

/* -- loading */

/* The policy of this process, from x07_policy_start, else from the environment: read once, by the
 * first that asks. */
const x07_policy *x07_policy_current(void);

/* For `main` of a sandboxed bundle, before anything else: the policy that it carries, ended by a
 * pair without a name. A variable of the environment may narrow it; one that would grant more, is
 * no value of its kind, or is named as if it would narrow and does not, ends the process with status
 * 125. */
void x07_policy_start(const x07_policy_pair *pairs);

/* The next item of a list, 0 after the last. `cursor` starts as the list itself. */
int x07_policy_next(const char **cursor, x07_bytes_view *item);

int x07_policy_lists(x07_policy_list list, x07_bytes_view item);

/* -- verdicts: pure, in policy_verdict.c */

typedef enum {
    X07_GRANTED,
    /* A switch that has to be true is false, and the reverse. */
    X07_IS_OFF,
    X07_IS_ON,
    /* `wanted` is no item of a list of keys or programs, or of a list of roots above the target. */
    X07_NOT_LISTED,
    X07_NOT_UNDER,
    /* The same of `wanted`, which a script has itself run by. */
    X07_INTERPRETER_NOT_LISTED,
    /* `wanted` is a variable of the sandbox, or of the loader of programs. */
    X07_IS_RESERVED,
    /* `wanted` is in a list of what is denied. */
    X07_IS_LISTED,
    /* A list that must match (regex_lite) does not match `wanted`. */
    X07_NOT_MATCHED,
    /* `asked` is more than `limit`. */
    X07_OVER_LIMIT,
    /* A name of the target starts with a dot, or with what reads as one. */
    X07_IS_HIDDEN,
    /* So does `wanted`, which is in the target. */
    X07_HOLDS_HIDDEN,
    /* The target is or passes a symbolic link, where none is allowed; a root that narrows does; or
     * a link leads out. */
    X07_PASSES_LINK,
    X07_ROOT_PASSES_LINK,
    X07_LEADS_OUT,
    /* The program's own capabilities ask for links to be followed. */
    X07_ASKS_FOR_LINKS,
    /* The target has another name (a hard link), which may be outside of the roots. */
    X07_HAS_NAMES,
    /* The target is a root itself, and only what is in it may be removed or renamed. */
    X07_IS_ROOT,
    /* Targets that no policy grants: a device, a fifo, a socket; `..`, a NUL and their like. */
    X07_NOT_REGULAR,
    X07_NOT_A_PATH,
    /* No host of a list of hosts is `wanted`; some is, with other ports than `asked`; a name
     * resolves to `wanted`, an address that no name grants. */
    X07_NO_SUCH_HOST,
    X07_OTHER_PORTS,
    X07_NOT_BY_NAME,
    /* `wanted` is a name, and a program can only listen on addresses. */
    X07_NOT_AN_ADDRESS,
    /* Targets that no policy grants: x07_net_problem says what they are. */
    X07_NOT_A_HOST,
    X07_HAS_USER,
    X07_NOT_A_PORT,
    X07_NOT_HTTP,
} x07_reason;

typedef struct {
    x07_reason reason;
    /* As in the policy's file: "fs.read_roots". */
    const char *field;
    /* What the list would have to hold, or not to hold; part of the target. */
    x07_bytes_view wanted;
    /* Of X07_IS_OFF: x07_needs. */
    uint64_t asked;
    uint64_t limit;
} x07_verdict;

/* What a switch of `process` means nothing without, or no policy is valid without, and a policy has
 * not. The items are `wanted`. */
enum x07_needs {
    X07_NEEDS_EXEC = 1,
    X07_NEEDS_PROGRAM = 2,
    X07_NEEDS_LIVE = 4,
    X07_NEEDS_SPAWNS = 8,
    X07_NEEDS_RUNTIME = 16,
    X07_NEEDS_FOLDER = 32,
    X07_NEEDS_ITEM = X07_NEEDS_PROGRAM | X07_NEEDS_FOLDER,
};

/* Whether a switch is on, a number within its limit. Granted where the policy is not sandboxed. */
x07_verdict x07_verdict_switch(const x07_policy *policy, uint32_t on, const char *field);
x07_verdict x07_verdict_limit(const x07_policy *policy, uint64_t asked, uint64_t limit,
                              const char *field);

/* By the path as it is spelled; links are met when it is opened. The grant that is missing is that
 * of what is read, a file as well as a folder; to write a file, of the folder that it is in. */
x07_verdict x07_verdict_read(const x07_policy *policy, x07_bytes_view path);
x07_verdict x07_verdict_write(const x07_policy *policy, x07_bytes_view path);
x07_verdict x07_verdict_write_folder(const x07_policy *policy, x07_bytes_view path);

/* Removing or renaming, which a root itself does not grant. */
x07_verdict x07_verdict_replace(const x07_policy *policy, x07_bytes_view path);

x07_verdict x07_verdict_env(const x07_policy *policy, x07_bytes_view key);

/* Whether any program may be started, with the grants that starting `program` would take. */
x07_verdict x07_verdict_spawn(const x07_policy *policy, x07_bytes_view program);

/* Argument 0 of a process, then the other arguments, its variables, its folder. */
x07_verdict x07_verdict_exec(const x07_policy *policy, x07_bytes_view program);
x07_verdict x07_verdict_exec_argument(const x07_policy *policy, x07_bytes_view argument);
x07_verdict x07_verdict_exec_env(const x07_policy *policy, x07_bytes_view key,
                                 x07_bytes_view value);
x07_verdict x07_verdict_exec_cwd(const x07_policy *policy, x07_bytes_view folder);

/* -- verdicts on files as they are now: fs_look.c, process_open.c */

/* As x07_verdict_…; and where the path meets a symbolic link, another name of a file (a hard link),
 * or what is no file, as to a head that opens the target itself. What is not there is no reason. */
x07_verdict x07_look_read(const x07_policy *policy, x07_bytes_view path);
x07_verdict x07_look_read_folder(const x07_policy *policy, x07_bytes_view path);
x07_verdict x07_look_write(const x07_policy *policy, x07_bytes_view path);
x07_verdict x07_look_write_folder(const x07_policy *policy, x07_bytes_view path);

/* The verdict on a script is that on its interpreter, once the script is granted. */
x07_verdict x07_look_exec(const x07_policy *policy, x07_bytes_view program);

/* -- denials: denial.c */

/* As many as are remembered; and where they are collected. */
enum { X07_DENIALS_MAX = 256, X07_COLLECTED_MAX = 4096 };

/* Text that is cut where `room` ends. Starts with .len = 0; ends with a NUL. */
typedef struct {
    char *text;
    size_t room;
    size_t len;
} x07_words;

/* What is not to be shown as it is (control characters, what is no UTF-8) becomes `\xNN`; what is
 * long is cut. */
void x07_words_shown(x07_words *words, x07_bytes_view text);

/* Why not, and the smallest grant: `not under fs.read_roots`, `add "data" to fs.read_roots`. */
void x07_denial_reason(x07_words *words, const x07_verdict *verdict);
void x07_denial_grant(x07_words *words, const x07_verdict *verdict);

/* `denied: os.fs.read_file of `data/a`: not under fs.read_roots; grant: …`. A target of no bytes is
 * left out. */
void x07_denial_sentence(x07_words *words, const char *operation, x07_bytes_view target,
                         const x07_verdict *verdict);

/* Whether the run is to show all that is denied (X07_OS_DENIALS=collect): heads that can return an
 * error do so where they would trap, and go on asking after a denial, which holds all the same. */
int x07_denials_are_collected(void);

/* Remembers a denial for the report, once. `operation` is a head of the language, and a literal. */
X07_COLD void x07_denied(const char *operation, x07_bytes_view target, const x07_verdict *verdict);

/* As x07_denied; then stderr gets the denial in words, and the program traps with `message`. The
 * second form has a path for the trap, which is text that ends with a NUL. */
_Noreturn X07_COLD void x07_denied_trap(const char *operation, x07_bytes_view target,
                                        const x07_verdict *verdict, const char *message,
                                        const char *at);
_Noreturn X07_COLD void x07_denied_trap_path(const char *operation, x07_bytes_view target,
                                             const x07_verdict *verdict, const char *message,
                                             const char *path, const char *at);

#endif
