/* hoichand: reads the configuration, gives birth to the parts in order, runs the loop, and ends them in reverse. */
#define G_LOG_DOMAIN "main"
#include <curl/curl.h>
#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <malloc.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/config.h"
#include "server/house.h"
#include "server/identity.h"
#include "server/keys.h"
#include "server/listener.h"
#include "server/local_access.h"
#include "server/log.h"
#include "server/pool.h"
#include "server/programs.h"
#include "server/records/outbox.h"
#include "server/records/records.h"
#include "server/render.h"
#include "server/server.h"
#include "server/static.h"
#include "server/store/store.h"
#include "server/supervisor.h"
#include "server/tls.h"
#include "signaling/signaling.h"

enum { POOL_THREADS = 8, POOL_QUEUE_MAX = 2000, LAST_WORDS_MS = 500, TRIM_EVERY_S = 60 };

struct app {
    struct server server;
    struct config *config;
    struct tls *tls;
    char *web_root;
    char one_time[IDENTITY_ONE_TIME_SIZE];
    bool stopping;
};

/* ---- store ---- */

static int open_store(void *arg, void **context)
{
    const struct config *config = arg;
    g_autoptr(GError) error = NULL;

    *context = store_open(config->store.url, &error);
    if (error)
        g_critical("event=store_unavailable error=\"%s\"", error->message);
    return *context ? 0 : -EIO;
}

static void close_store(void *context)
{
    store_close(context);
}

/* Brings the schema up to date and makes the first admin, before anybody else uses the store. */
static bool prepare_store(struct app *app, GError **error)
{
    struct store *store = store_open(app->config->store.url, error);
    bool prepared = store && store_migrate(store, error) &&
                    outbox_configure(store, app->config->emr.fhir_base, app->config->pacs.dicomweb, error) &&
                    identity_found(app->server.identity, store, app->config, app->one_time, error);

    store_close(store);
    return prepared;
}

/* ---- birth ---- */

static bool start_keys(struct app *app, GError **error)
{
    const char *state_dir = app->config->server.state_dir;

    if (g_mkdir_with_parents(state_dir, 0700)) {
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", state_dir, g_strerror(errno));
        return false;
    }
    return key_load(state_dir, "ticket.key", app->server.ticket_key, SERVER_KEY_SIZE, error) &&
           key_load(state_dir, "master.key", app->server.master_key, SERVER_KEY_SIZE, error) &&
           key_load(state_dir, "minutes.key", app->server.minutes_key, SERVER_KEY_SIZE, error);
}

static bool start_pool(struct app *app, GError **error)
{
    int failed = pool_create(&(struct pool_config){.threads = POOL_THREADS,
                                                   .queue_max = POOL_QUEUE_MAX,
                                                   .context_create = open_store,
                                                   .context_destroy = close_store,
                                                   .arg = app->config},
                             &app->server.pool);
    if (failed)
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "the store cannot be opened by every thread");
    return !failed;
}

static bool start_calls(struct server *server, GError **error)
{
    int failed = house_store_create(server, &server->house);

    if (failed) {
        g_set_error(error, G_IO_ERROR, g_io_error_from_errno(-failed), "cannot start: %s", g_strerror(-failed));
        return false;
    }
    const struct config_admission *admission = &server->config->admission;
    unsigned reserve = (unsigned)admission->reserve_percent;
    server->signaling = signaling_create(&(struct signaling_config){
        .house = house_store_calls(server->house),
        .ticket_key = server->ticket_key,
        .room_share = server->config->media.room_share,
        .dtx = server->config->media.dtx,
        .worker_limits = {(unsigned)admission->cpu_percent * 10, (unsigned)admission->worker_people, reserve},
        .node_limits = {0, (unsigned)admission->node_people, reserve},
    });
    server->renderer = renderer_create(server->config->recording.render_silence_s);
    failed = records_create(server, &server->records);
    server->supervisor = supervisor_create(server);
    if (!failed)
        return true;
    g_set_error(error, G_IO_ERROR, g_io_error_from_errno(-failed), "cannot start: %s", g_strerror(-failed));
    return false;
}

static bool start(struct app *app, GError **error)
{
    struct server *server = &app->server;

    server->config = app->config;
    server->loop = g_main_loop_new(NULL, FALSE);
    server->identity = identity_create();
    app->web_root = *app->config->server.web_root ? g_strdup(app->config->server.web_root)
                                                  : program_data("web/dist", "/usr/share/hoichan/web");
    server->files = static_create(app->web_root);
    if (!start_keys(app, error) || !prepare_store(app, error) || !start_pool(app, error))
        return false;
    app->tls = tls_create(app->config->server.state_dir, error);
    if (!app->tls)
        return false;
    server->listener = listener_create(server, app->tls, error);
    return server->listener && start_calls(server, error) && local_access_grant(server, error);
}

/* Signaling first: its answers go out through the listener, its last words to the house through the pool. */
static void stop(struct app *app)
{
    struct server *server = &app->server;

    local_access_end(server);
    supervisor_destroy(server->supervisor);
    struct signaling *signaling = server->signaling;
    server->signaling = NULL;
    if (signaling)
        signaling_destroy(signaling);
    listener_destroy(server->listener);
    house_store_destroy(server->house);
    records_destroy(server->records);
    renderer_destroy(server->renderer);
    pool_destroy(server->pool);
    tls_destroy(app->tls);
    static_destroy(server->files);
    identity_destroy(server->identity);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    if (server->loop)
        g_main_loop_unref(server->loop);
    sodium_memzero(server->ticket_key, SERVER_KEY_SIZE);
    sodium_memzero(server->master_key, SERVER_KEY_SIZE);
    sodium_memzero(server->minutes_key, SERVER_KEY_SIZE);
    g_free(app->web_root);
    config_destroy(app->config);
}

/* ---- life ---- */

static void greet(const struct app *app)
{
    const char *public_url = app->config->server.public_url;
    g_autofree char *local = g_strdup_printf("https://localhost:%d", listener_port(app->server.listener));
    const char *url = *public_url ? public_url : local;

    printf("\n  Hội Chẩn: %s\n", url);
    if (*app->one_time)
        printf("\n  ┌──────────────────────────────────────────────────────────┐\n"
               "  │  Đăng nhập lần đầu · first sign-in                       │\n"
               "  │                                                          │\n"
               "  │    user name       admin                                 │\n"
               "  │    password        %-19s                   │\n"
               "  │                                                          │\n"
               "  │  Mật khẩu này chỉ hiện một lần và phải đổi ngay.         │\n"
               "  │  It is shown only once and must be changed at sign-in.   │\n"
               "  └──────────────────────────────────────────────────────────┘\n",
               app->one_time);
    printf("\n");
    fflush(stdout);
}

static void workers_stopped(void *arg)
{
    g_main_loop_quit(arg);
}

static gboolean stop_workers(void *arg)
{
    struct app *app = arg;

    supervisor_stop(app->server.supervisor, workers_stopped, app->server.loop);
    return G_SOURCE_REMOVE;
}

/* Everybody in a call is told, what is recorded is sealed, the workers end, and then the loop does. */
static gboolean on_terminate(void *arg)
{
    struct app *app = arg;
    json_t *live = signaling_live(app->server.signaling), *room;
    size_t i;

    if (app->stopping)
        return G_SOURCE_CONTINUE;
    app->stopping = true;
    g_message("event=stopping rooms=%zu", json_array_size(live));
    listener_stop(app->server.listener);
    json_array_foreach(live, i, room)
        signaling_end(app->server.signaling, json_string_value(json_object_get(room, "consultation")), "shutdown");
    g_timeout_add(json_array_size(live) ? LAST_WORDS_MS : 0, stop_workers, app);
    json_decref(live);
    return G_SOURCE_CONTINUE;
}

static gboolean on_hangup(void *arg)
{
    struct app *app = arg;
    g_autoptr(GError) error = NULL;

    if (!tls_reload(app->tls, &error))
        g_warning("event=certificate_refused error=\"%s\"", error->message);
    static_destroy(app->server.files);
    app->server.files = static_create(app->web_root);
    g_message("event=reloaded");
    return G_SOURCE_CONTINUE;
}

static void trim(void *arg, void *context)
{
    (void)arg, (void)context;
    malloc_trim(0);
}

/* Those who come and go leave holes between what stays. The C library keeps such pages, and in days they add up. */
static gboolean on_minute(void *arg)
{
    const struct app *app = arg;
    pool_submit(app->server.pool, trim, NULL, NULL); /* when it is full: in a minute again */
    return G_SOURCE_CONTINUE;
}

static int run(struct app *app)
{
    g_autoptr(GError) error = NULL;

    if (!start(app, &error)) {
        fprintf(stderr, "hoichand: %s\n", error ? error->message : "cannot start");
        stop(app);
        return 1;
    }
    guint sources[] = {
        g_unix_signal_add(SIGTERM, on_terminate, app),
        g_unix_signal_add(SIGINT, on_terminate, app),
        g_unix_signal_add(SIGHUP, on_hangup, app),
        g_timeout_add_seconds(TRIM_EVERY_S, on_minute, app),
    };
    greet(app);
    g_message("event=started port=%d", listener_port(app->server.listener));
    g_main_loop_run(app->server.loop);
    for (size_t i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
    stop(app);
    g_message("event=stopped");
    return 0;
}

/* Every browser holds a socket; the soft limit is an old default. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    g_autofree char *path = NULL;
    gboolean check = FALSE;
    const GOptionEntry entries[] = {
        {"config", 'c', 0, G_OPTION_ARG_FILENAME, &path, "the configuration (see config/hoichan.ini.example)", "FILE"},
        {"check", 0, 0, G_OPTION_ARG_NONE, &check, "check the configuration and end", NULL},
        G_OPTION_ENTRY_NULL,
    };
    g_autoptr(GOptionContext) options = g_option_context_new("- video consultations");
    g_autoptr(GError) error = NULL;
    struct app app = {0};

    g_option_context_add_main_entries(options, entries, NULL);
    if (g_option_context_parse(options, &argc, &argv, &error))
        app.config = config_load(path, &error);
    if (!app.config) {
        fprintf(stderr, "hoichand: %s\n", error->message);
        return 2;
    }
    if (check) {
        config_destroy(app.config);
        return 0;
    }
    log_start(app.config->server.log_level);
    signal(SIGPIPE, SIG_IGN);
    raise_descriptor_limit();
    umask(0077);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    int status = run(&app);
    curl_global_cleanup();
    return status;
}
