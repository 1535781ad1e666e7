/* What an operator looks at: workers, live consultations, deliveries; and what monitoring asks. */
#define G_LOG_DOMAIN "status"
#include <string.h>

#include "resource.h"
#include "server/config.h"
#include "server/metrics.h"
#include "server/pool.h"
#include "server/problem.h"
#include "server/render.h"
#include "server/server.h"
#include "server/supervisor.h"
#include "server/version.h"
#include "signaling/signaling.h"
#include "tables.h"

/* The main loop knows the calls, a pool thread the store: first the one, then the other. */
struct look {
    struct request *request;
    json_t *body;
    GError *error;
    bool metrics;
};

/* ---- on the main loop ---- */

/* What the worker says of itself, beside what the supervisor knows of it. */
static void add_load(json_t *workers, json_t *stats)
{
    json_t *worker, *stat;
    size_t i, j;

    json_array_foreach(workers, i, worker) json_array_foreach(stats, j, stat)
    {
        if (json_integer_value(json_object_get(stat, "worker")) !=
            json_integer_value(json_object_get(worker, "worker")))
            continue;
        json_object_update_missing(worker, stat);
        json_t *load = json_object_get(stat, "load");
        if (json_is_object(load))
            json_object_update_missing(worker, load);
    }
}

static json_t *calls_json(const struct server *server)
{
    json_t *workers = supervisor_status(server->supervisor), *stats = signaling_stats(server->signaling);

    add_load(workers, stats);
    json_decref(stats);
    return json_pack("{s:s, s:b, s:b, s:b, s:o, s:o, s:b, s:b, s:o, s:o, s:o, s:i}", "version", HOICHAN_VERSION,
                     "emr_configured", *server->config->emr.fhir_base != 0, "pacs_configured",
                     *server->config->pacs.dicomweb != 0, "scanner_configured",
                     *server->config->files.scan_command != 0, "workers", workers, "live",
                     signaling_live(server->signaling), "ready", signaling_ready(server->signaling), "draining",
                     signaling_draining(server->signaling), "admission", signaling_admission(server->signaling),
                     "objects", signaling_objects(server->signaling), "lines", signaling_totals(server->signaling),
                     "renderings_stalled", (int)renderer_stalled(server->renderer));
}

/* ---- on a pool thread ---- */

static int64_t count(struct store *store, const char *sql, GError **error)
{
    STORE_AUTO_ROWS rows = *error ? NULL : store_query(store, error, sql);
    return store_next(rows) ? rows_int(rows, "n") : 0;
}

static void add_titles(struct store *store, json_t *live)
{
    json_t *room;
    size_t i;

    json_array_foreach(live, i, room)
    {
        const char *id = json_string_value(json_object_get(room, "consultation"));
        STORE_AUTO_ROWS rows = store_query(store, NULL, "SELECT title FROM consultations WHERE id = ?",
                                           store_text(id ? id : ""));
        if (store_next(rows))
            json_set_text(room, "title", rows_text(rows, "title"));
    }
}

static void look_into_store(void *arg, void *context)
{
    struct look *look = arg;
    struct store *store = context;
    int64_t waiting = count(store, "SELECT COUNT(*) AS n FROM outbox WHERE state IN ('waiting', 'delivering')",
                            &look->error);
    int64_t failed = count(store, "SELECT COUNT(*) AS n FROM outbox WHERE state = 'failed'", &look->error);
    int64_t rendering = count(store, "SELECT COUNT(*) AS n FROM recordings WHERE state = 'rendering'", &look->error);

    add_titles(store, json_object_get(look->body, "live"));
    json_object_set_new(look->body, "deliveries",
                        json_pack("{s:I, s:I}", "waiting", (json_int_t)waiting, "failed", (json_int_t)failed));
    json_object_set_new(look->body, "rendering", json_integer(rendering));
}

static void looked(void *arg)
{
    struct look *look = arg;
    struct response *response;

    if (look->error) {
        response = store_problem(look->request, look->error);
    } else if (look->metrics) {
        g_autofree char *text = metrics_text(look->body);
        response = response_text(200, METRICS_TYPE, text, strlen(text));
        response_header(response, "cache-control", "no-store");
    } else {
        response = response_json(200, json_incref(look->body));
    }
    json_decref(look->body);
    request_answer(look->request, response);
    g_free(look);
}

static void begin_look(struct request *request, bool metrics)
{
    struct server *server = request_server(request);

    if (!server->signaling) {
        request_answer(request, problem_retry(request, "busy", 5));
        return;
    }
    struct look *look = g_new0(struct look, 1);
    look->request = request;
    look->metrics = metrics;
    look->body = calls_json(server);
    if (!pool_submit(server->pool, look_into_store, looked, look))
        return;
    json_decref(look->body);
    g_free(look);
    request_answer(request, problem_retry(request, "busy", 5));
}

static void get_status(struct request *request)
{
    begin_look(request, false);
}

static void get_metrics(struct request *request)
{
    begin_look(request, true);
}

/* ---- one consultation, live ---- */

static void get_call_stats(struct request *request)
{
    struct signaling *signaling = request_server(request)->signaling;

    if (!signaling) {
        request_answer(request, problem_retry(request, "busy", 5));
        return;
    }
    json_t *body = signaling_call_stats(signaling, request_param(request, "id"), request_language(request));
    request_answer(request, response_json(200, body));
}

/* ---- small questions ---- */

static struct response *get_health(struct request *request)
{
    (void)request;
    return response_text(200, "text/plain; charset=utf-8", "ok\n", 3);
}

/* A call can be taken: the store answers (or we would not be here with a connection) and some worker takes rooms. */
static void get_ready(struct request *request)
{
    const struct server *server = request_server(request);

    if (server->signaling && signaling_ready(server->signaling))
        request_answer(request, response_text(200, "text/plain; charset=utf-8", "ready\n", 6));
    else if (server->signaling && signaling_draining(server->signaling))
        request_answer(request, problem_retry(request, "draining", 10));
    else
        request_answer(request, problem_retry(request, "no-media", 2));
}

/* `worker` is a number, or "all": the node. */
static void set_drain(struct request *request, bool on)
{
    struct supervisor *supervisor = request_server(request)->supervisor;
    const char *worker = request_param(request, "worker");
    gint64 number = -1;
    bool all = strcmp(worker, "all") == 0;

    g_ascii_string_to_signed(worker, 10, 0, 1024, &number, NULL);
    if ((all || number >= 0) && supervisor_drain(supervisor, all ? SUPERVISOR_ALL : (int)number, on))
        request_answer(request, response_empty(204));
    else
        request_answer(request, problem(request, "not-found"));
}

static void drain(struct request *request)
{
    set_drain(request, true);
}

static void undrain(struct request *request)
{
    set_drain(request, false);
}

const struct route status_routes[] = {
    {HTTP_GET, "/api/v1/status", ACCESS_ADMIN, .async_handler = get_status},
    {HTTP_GET, "/api/v1/consultations/{id}/stats", ACCESS_ADMIN, .async_handler = get_call_stats},
    {HTTP_POST, "/api/v1/workers/{worker}/drain", ACCESS_ADMIN, .async_handler = drain},
    {HTTP_DELETE, "/api/v1/workers/{worker}/drain", ACCESS_ADMIN, .async_handler = undrain},
    {HTTP_GET, "/metrics", ACCESS_ANYONE, .async_handler = get_metrics},
    {HTTP_GET, "/healthz", ACCESS_ANYONE, .handler = get_health},
    {HTTP_GET, "/readyz", ACCESS_ANYONE, .async_handler = get_ready},
    {0},
};
