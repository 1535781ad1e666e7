#define G_LOG_DOMAIN "records"
#include "records.h"

#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "delivery.h"
#include "outbox.h"
#include "recording.h"
#include "recording_legend.h"
#include "server/config.h"
#include "server/files/sweep.h"
#include "server/pool.h"
#include "server/render.h"
#include "server/server.h"

enum { LOOK_EVERY_MS = 1000, LANE_MAX = 2, SWEEP_EVERY_S = 60, PROGRESS_EVERY_S = 3, RENEW_EVERY_S = 20 };

struct records {
    struct server *server;
    char *node;   /* who holds our leases: the same after a restart, so that they can be taken up at once */
    char *origin; /* of our API, for links in the record */
    guint look_source;
    int pending; /* steps at the pool */
    int stop;    /* atomic: 1 breaks off deliveries */
    bool begun, closing, kicked;

    int delivering[DELIVERY_LANES];
    bool sweeping;
    int64_t next_sweep;

    bool leasing, rendering, telling;
    struct recording_job job;
    int percent;
    int64_t told_at;
};

/** One piece of work for the pool. */
struct step {
    struct records *records;
    void (*run)(struct step *step, struct store *store);
    void (*done)(struct step *step);
    enum delivery_lane lane;
    bool again; /* a delivery was made: there may be more */
    bool good;
    struct recording_job job;
    char *legend; /* of what is to be rendered */
    int percent;
    char *reason; /* the renderer's, NULL when it finished */
    bool hopeless;
};

static void look(struct records *records);

static void step_run(void *arg, void *context)
{
    struct step *step = arg;
    step->run(step, context);
}

static void step_done(void *arg)
{
    struct step *step = arg;
    struct records *records = step->records;
    records->pending--;
    step->done(step);
    sodium_memzero(&step->job, sizeof step->job);
    g_free(step->legend);
    g_free(step->reason);
    g_free(step);
}

/** Owns: takes `step`. false: the pool has too much to do, ask again later. */
static bool submit(struct step *step)
{
    struct records *records = step->records;
    if (pool_submit(records->server->pool, step_run, step_done, step) == 0) {
        records->pending++;
        return true;
    }
    g_free(step->reason);
    g_free(step);
    return false;
}

static struct step *step_new(struct records *records, void (*run)(struct step *, struct store *),
                             void (*done)(struct step *))
{
    struct step *step = g_new0(struct step, 1);
    step->records = records;
    step->run = run;
    step->done = done;
    return step;
}

static void complain(GError *error)
{
    if (error)
        g_warning("event=store %s", error->message);
    g_clear_error(&error);
}

/* ---- beginning: what this node held when it last ended is free again ---- */

static void begin_run(struct step *step, struct store *store)
{
    struct records *records = step->records;
    GError *error = NULL;
    step->good =
        outbox_configure(store, records->server->config->emr.fhir_base, records->server->config->pacs.dicomweb,
                         &error) &&
        store_run(
            store, &error,
            "UPDATE outbox SET state = 'waiting', lease_until = NULL WHERE state = 'delivering' AND lease_owner = ?",
            store_text(records->node)) >= 0 &&
        store_run(store, &error, "UPDATE recordings SET lease_until = NULL WHERE lease_owner = ?",
                  store_text(records->node)) >= 0 &&
        sweep_pieces(store, records->server->config, &error);
    complain(error);
}

static void begin_done(struct step *step)
{
    step->records->begun = step->good;
    if (step->good)
        look(step->records);
}

/* ---- deliveries ---- */

static void deliver_run(struct step *step, struct store *store)
{
    const struct records *records = step->records;
    const struct delivery_context context = {.config = records->server->config,
                                             .master_key = records->server->master_key,
                                             .node = records->node,
                                             .origin = records->origin,
                                             .stop = &records->stop};
    step->again = delivery_make_one(store, &context, step->lane, g_get_real_time());
}

static void deliver_done(struct step *step)
{
    step->records->delivering[step->lane]--;
    if (step->again)
        look(step->records);
}

static void look_for_delivery(struct records *records, enum delivery_lane lane)
{
    if (records->delivering[lane] >= LANE_MAX)
        return;
    struct step *step = step_new(records, deliver_run, deliver_done);
    step->lane = lane;
    if (submit(step))
        records->delivering[lane]++;
}

/* ---- sweeping ---- */

static void sweep_run(struct step *step, struct store *store)
{
    GError *error = NULL;
    const struct config *config = step->records->server->config;
    int64_t now = g_get_real_time();
    step->good = recording_sweep(store, now, &error) && sweep_uploads(store, config, now, &error);
    complain(error);
}

static void sweep_done(struct step *step)
{
    step->records->sweeping = false;
}

/* ---- rendering ---- */

static void finish_run(struct step *step, struct store *store)
{
    struct records *records = step->records;
    GError *error = NULL;
    int64_t now = g_get_real_time();
    g_autofree char *directory = g_build_filename(records->server->config->recording.dir, step->job.id, NULL);
    if (!step->reason && recording_finish(store, &step->job, directory, now, &error))
        return;
    if (error && error->domain == STORE_ERROR) { /* the lease runs out, and it is done again */
        complain(error);
        return;
    }
    const char *reason = step->reason ? step->reason : error ? error->message : "the files cannot be registered";
    g_warning("event=not_rendered recording=%s reason=\"%s\"", step->job.id, reason);
    GError *worse = NULL;
    recording_fail(store, step->job.id, reason, step->hopeless, now, &worse);
    complain(worse);
    g_clear_error(&error);
}

static void finish_done(struct step *step)
{
    step->records->rendering = false;
    look(step->records);
}

static void tell_run(struct step *step, struct store *store)
{
    GError *error = NULL;
    recording_progress(store, step->job.id, step->records->node, step->percent, g_get_real_time(), &error);
    complain(error);
}

static void tell_done(struct step *step)
{
    step->records->telling = false;
}

/** How far it is, and that we are still at it. */
static void tell(struct records *records, int64_t not_within_s)
{
    int64_t now = g_get_monotonic_time();
    if (!records->rendering || records->telling || now - records->told_at < not_within_s * G_USEC_PER_SEC)
        return;
    struct step *step = step_new(records, tell_run, tell_done);
    step->job = records->job;
    step->percent = records->percent;
    records->telling = submit(step);
    records->told_at = now;
}

static void on_progress(void *arg, int percent)
{
    struct records *records = arg;
    records->percent = percent;
    tell(records, PROGRESS_EVERY_S);
}

/** The renderer's last words: {"error":{"code","message"}}, or plain. Some will be the same at every try. */
static void read_last_words(struct step *step, const char *words)
{
    static const char *const final[] = {"not-found", "empty", "unreadable", NULL};
    json_t *line = json_loads(words, 0, NULL), *error = json_object_get(line, "error");
    const char *code = json_string_value(json_object_get(error, "code"));
    const char *message = json_string_value(json_object_get(error, "message"));
    step->reason = g_utf8_make_valid(message ? message : words, -1);
    step->hopeless = code && g_strv_contains(final, code);
    json_decref(line);
}

static void on_rendered(void *arg, const char *error)
{
    struct records *records = arg;
    struct step *step = step_new(records, finish_run, finish_done);
    step->job = records->job;
    if (error)
        read_last_words(step, error);
    if (!submit(step))
        records->rendering = false; /* the lease runs out, and it is done again */
}

static void start_rendering(struct records *records, const char *legend)
{
    g_autofree char *directory = g_build_filename(records->server->config->recording.dir, records->job.id, NULL);
    struct render_job job = {.recording = records->job.id, .journal = directory, .out = directory, .legend = legend};
    memcpy(job.key, records->job.key, sizeof job.key);
    records->rendering = true;
    records->percent = 0;
    records->told_at = g_get_monotonic_time();
    render_start(records->server->renderer, &job, on_progress, on_rendered, records);
    sodium_memzero(&job, sizeof job);
}

static void lease_run(struct step *step, struct store *store)
{
    struct records *records = step->records;
    GError *error = NULL;
    if (!recording_lease(store, records->server->master_key, records->node, g_get_real_time(), &step->job, &error))
        step->job.id[0] = '\0';
    else if (*step->job.id)
        step->legend = recording_legend(store, step->job.id, &error); /* without it there is a film all the same */
    complain(error);
}

static void lease_done(struct step *step)
{
    struct records *records = step->records;
    records->leasing = false;
    if (!*step->job.id || records->closing)
        return;
    records->job = step->job;
    start_rendering(records, step->legend);
}

/* ---- looking for what is due ---- */

static void look_for_sweep(struct records *records)
{
    int64_t now = g_get_monotonic_time();
    if (records->sweeping || now < records->next_sweep)
        return;
    records->next_sweep = now + (int64_t)SWEEP_EVERY_S * G_USEC_PER_SEC;
    records->sweeping = submit(step_new(records, sweep_run, sweep_done));
}

static void look(struct records *records)
{
    if (records->closing || !records->begun)
        return;
    for (enum delivery_lane lane = 0; lane < DELIVERY_LANES; lane++)
        look_for_delivery(records, lane);
    if (records->server->renderer && !records->leasing && !records->rendering)
        records->leasing = submit(step_new(records, lease_run, lease_done));
    look_for_sweep(records);
    tell(records, RENEW_EVERY_S);
}

static gboolean on_look(void *arg)
{
    struct records *records = arg;
    if (!records->begun && !records->pending)
        submit(step_new(records, begin_run, begin_done));
    look(records);
    return G_SOURCE_CONTINUE;
}

static gboolean on_kick(void *arg)
{
    struct records *records = arg;
    records->kicked = false;
    look(records);
    return G_SOURCE_REMOVE;
}

void records_kick(struct records *records)
{
    if (records->kicked || records->closing)
        return;
    records->kicked = true;
    g_idle_add(on_kick, records);
}

/* ---- life ---- */

/** Links in the record lead to the configured address, else to this machine under its own name. */
static char *origin_of(const struct config *config)
{
    if (*config->server.public_url)
        return g_strdup(config->server.public_url);
    const char *port = strrchr(config->server.listen, ':');
    return g_strdup_printf("https://%s%s", g_get_host_name(), port ? port : "");
}

int records_create(struct server *server, struct records **result)
{
    struct records *records = g_new0(struct records, 1);
    g_autofree char *state_dir = g_canonicalize_filename(server->config->server.state_dir, NULL);
    records->server = server;
    records->node = g_strdup_printf("%s:%s", g_get_host_name(), state_dir);
    records->origin = origin_of(server->config);
    records->look_source = g_timeout_add(LOOK_EVERY_MS, on_look, records);
    *result = records;
    return 0;
}

void records_destroy(struct records *records)
{
    if (!records)
        return;
    records->closing = true;
    g_atomic_int_set(&records->stop, 1);
    g_source_remove(records->look_source);
    if (records->kicked)
        g_idle_remove_by_data(records);
    while (records->pending)
        g_main_context_iteration(NULL, TRUE);
    sodium_memzero(&records->job, sizeof records->job);
    g_free(records->node);
    g_free(records->origin);
    g_free(records);
}
