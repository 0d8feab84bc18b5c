#include "sandbox.h"

#include <stddef.h>
#include <unistd.h>

#include "x07_report.h"

extern char **environ;

static x07_confine_result result;
static int is_entered;

/* What was to be reported before there were layers. */
static void (*report_the_rest)(x07_writer *writer);

/* -- reporting */

static void write_layer(x07_writer *writer, int id)
{
    x07_writer_text(writer, id == 0 ? "" : ",");
    x07_writer_json_string(writer, x07_layer_names[id]);
    x07_writer_text(writer, result.layers[id].in_force ? ":{\"in_force\":true,\"detail\":"
                                                       : ":{\"in_force\":false,\"detail\":");
    x07_writer_json_string(writer, result.layers[id].detail);
    x07_writer_text(writer, "}");
}

static void write_limit(x07_writer *writer)
{
    uint64_t value;
    const char *field = x07_confine_limit(&value);
    if (field != NULL) {
        x07_writer_text(writer, ",\"limit_exceeded\":{\"field\":");
        x07_writer_json_string(writer, field);
        x07_writer_text(writer, ",\"value\":");
        x07_writer_u64(writer, value);
        x07_writer_text(writer, "}");
    }
}

static void report(x07_writer *writer)
{
    if (report_the_rest != NULL) {
        report_the_rest(writer);
        x07_writer_text(writer, ",");
    }
    x07_writer_text(writer, "\"sandbox_layers\":{");
    for (int id = 0; id < X07_LAYERS; id++) {
        write_layer(writer, id);
    }
    x07_writer_text(writer, "}");
    write_limit(writer);
}

/* -- refusing */

static void check_layer(int id)
{
    x07_writer writer = {.fd = STDERR_FILENO};
    const x07_layer *layer = &result.layers[id];
    if (layer->in_force) {
        return;
    }
    x07_writer_text(&writer, "x07: the layer `");
    x07_writer_text(&writer, x07_layer_names[id]);
    x07_writer_text(&writer, "` is required and not in force here (");
    x07_writer_text(&writer, layer->detail[0] != '\0' ? layer->detail : "not asked for");
    x07_writer_text(&writer, ")\nhint: start it on a kernel that has this layer, or leave it out of "
                             "`--require-layer`\n");
    x07_writer_flush(&writer);
    _exit(X07_REFUSED);
}

void x07_sandbox_enter(const x07_sandbox_config *config, int keeps_time)
{
    const x07_confine_request request = {
        .policy = x07_policy_current(),
        .limits = config->limits,
        .layers = config->layers | config->required,
        .keeps_time = keeps_time != 0,
    };
    is_entered = 1;
    x07_confine(&request, &result);
    for (int id = 0; id < X07_LAYERS; id++) {
        if (config->required >> id & 1u) {
            check_layer(id);
        }
    }
    report_the_rest = x07_report_more;
    x07_report_more = report;
}

int x07_sandbox_is_entered(void)
{
    return is_entered;
}

void x07_bundle_sandbox(const x07_sandbox_config *sandbox)
{
    if (!is_entered) {
        x07_policy_start(sandbox->policy);
        x07_sandbox_enter(sandbox, 1);
    }
}

void x07_sandbox_environment(char **variables)
{
    environ = environ != NULL ? environ : variables;
}
