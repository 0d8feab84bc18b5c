#include "client.h"

#include "buffer.h"
#include "host.h"
#include "variables.h"

enum { FIRST_FREE = 3, NOT_STARTED = 127, MOST_BYTES = 2 * X07_RECORD_BYTES };

static size_t count_of(x07_text fields)
{
    size_t count = 0;
    x07_field field;
    while (x07_next_field(&fields, &field)) {
        count++;
    }
    return count;
}

/* Room for a word of each field, `more`, and the end. */
static char **list_for(x07_text fields, size_t more)
{
    return x07_memory((count_of(fields) + more + 1) * sizeof(char *));
}

/* The words of the record, then the caller's arguments. */
static char **arguments_of(const x07_process *process, x07_text fields, const x07_holes *holes)
{
    char **list = list_for(fields, process->argument_count);
    x07_buffer texts = x07_buffer_of(MOST_BYTES);
    size_t count = 0;
    x07_field field;
    while (list != NULL && x07_next_of(&fields, "argument", &field)) {
        list[count++] = texts.bytes + texts.length;
        x07_put_filled(&texts, field.value, holes);
        x07_put_end(&texts);
    }
    for (size_t at = 1; list != NULL && at < process->argument_count; at++) {
        list[count++] = process->arguments[at];
    }
    return texts.is_short ? NULL : list;
}

/* Where the engine is, and the caller's variables that the guest gets. */
static char **variables_of(const x07_process *process, x07_text fields)
{
    char **list = list_for(fields, 0);
    x07_text rest = fields;
    size_t count = 0;
    x07_field field;
    while (list != NULL && x07_next_of(&rest, "variable", &field)) {
        list[count++] = (char *)(uintptr_t)field.value.start;
    }
    while (list != NULL && x07_next_of(&fields, "pass", &field)) {
        const x07_text value = x07_variable(process->environment, field.value);
        if (value.start != NULL) {
            list[count++] = (char *)(uintptr_t)(value.start - field.value.length - 1);
        }
    }
    return list;
}

/* `ctr` loses an end of input that comes before its guest is there. */
static bool open_input(x07_text fields, int *reading, int *feed)
{
    int ends[2];
    if (x07_value_of(fields, "ready").start == NULL) {
        return true;
    }
    if (!x07_pipe(ends)) {
        return false;
    }
    *reading = ends[0];
    *feed = ends[1];
    return true;
}

static _Noreturn void run(
    const char *program, const char *folder, int reading, char **arguments, char **variables)
{
    x07_lead_group();
    x07_place(reading, 0);
    x07_close_from(FIRST_FREE);
    x07_default_failed_writes();
    x07_release_signals();
    if (x07_change_folder(folder)) {
        x07_execute(program, arguments, variables);
    }
    x07_exit(NOT_STARTED);
}

x07_client x07_client_start(
    const x07_process *process, x07_text fields, const x07_holes *holes, x07_text folder)
{
    x07_client client = {.process = -1};
    int reading = 0;
    char **arguments = arguments_of(process, fields, holes);
    char **variables = variables_of(process, fields);
    const x07_text program = x07_value_of(fields, "program");
    if (arguments == NULL || variables == NULL || program.start == NULL ||
        !open_input(fields, &reading, &client.feed)) {
        return client;
    }
    client.process = x07_fork();
    if (client.process == 0) {
        run(program.start, folder.start, reading, arguments, variables);
    }
    if (reading > 0) {
        x07_close(reading);
    }
    if (client.process < 0 && client.feed > 0) {
        x07_close(client.feed);
        client.feed = 0;
    }
    return client;
}
