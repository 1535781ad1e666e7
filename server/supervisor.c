#define G_LOG_DOMAIN "supervisor"
#include "server/supervisor.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "media/ipc.h"
#include "server/config.h"
#include "server/programs.h"
#include "server/server.h"
#include "signaling/signaling.h"

enum {
    ATTACH_EVERY_MS = 25,
    ATTACH_TRIES = 400, /* 10 s */
    STEADY_S = 10,      /* who lived so long did not die in quick succession */
    PAUSE_FIRST_MS = 100,
    PAUSE_LONGEST_MS = 10000,
    STOP_MS = 6000,
};

enum state { STARTING, RUNNING, WAITING, STOPPING };
static const char *const STATE_NAMES[] = {"starting", "running", "waiting", "stopping"};

struct worker {
    struct supervisor *supervisor;
    int number;
    enum state state;
    char *socket;
    pid_t pid;
    bool child;  /* ours to reap; else it outlived the hoichand that started it */
    guint death; /* the source that tells of its death */
    int pidfd;   /* for `death` of one that is not our child */
    guint timer; /* attach again, or start again */
    int tries, deaths, starts;
    gint64 since_us;
};

struct supervisor {
    struct server *server;
    int count;
    struct worker *workers;
    void (*stopped)(void *arg);
    void *stopped_arg;
    guint stop_timer;
};

static gboolean start(void *arg);

static void set_state(struct worker *worker, enum state state, const char *reason)
{
    g_message("worker=%d from=%s to=%s reason=%s pid=%d", worker->number, STATE_NAMES[worker->state],
              STATE_NAMES[state], reason, worker->pid);
    worker->state = state;
}

unsigned supervisor_pause_ms(int deaths)
{
    unsigned pause_ms = PAUSE_FIRST_MS;

    if (deaths <= 1)
        return 0;
    for (int i = 2; i < deaths && pause_ms < PAUSE_LONGEST_MS; i++)
        pause_ms *= 2;
    return MIN(pause_ms, (unsigned)PAUSE_LONGEST_MS);
}

/* ---- the end of one ---- */

static void check_stopped(struct supervisor *supervisor)
{
    for (int i = 0; i < supervisor->count; i++)
        if (supervisor->workers[i].pid)
            return;
    g_clear_handle_id(&supervisor->stop_timer, g_source_remove);
    if (supervisor->stopped)
        supervisor->stopped(supervisor->stopped_arg);
    supervisor->stopped = NULL;
}

static void died(struct worker *worker, int status)
{
    struct supervisor *supervisor = worker->supervisor;
    bool stopping = worker->state == STOPPING;
    bool steady = g_get_monotonic_time() - worker->since_us > STEADY_S * (gint64)G_USEC_PER_SEC;

    g_clear_handle_id(&worker->timer, g_source_remove);
    worker->death = 0;
    if (supervisor->server->signaling)
        signaling_worker_lost(supervisor->server->signaling, worker->number);
    if (!stopping)
        g_warning("worker=%d event=died pid=%d status=%d", worker->number, worker->pid, status);
    worker->pid = 0;
    if (stopping) {
        check_stopped(supervisor);
        return;
    }
    worker->deaths = steady ? 1 : worker->deaths + 1;
    set_state(worker, WAITING, "died");
    worker->timer = g_timeout_add(supervisor_pause_ms(worker->deaths), start, worker);
}

static void on_child_exit(GPid pid, int status, void *arg)
{
    g_spawn_close_pid(pid);
    died(arg, status);
}

static gboolean on_adopted_exit(int fd, GIOCondition condition, void *arg)
{
    struct worker *worker = arg;

    (void)condition;
    close(fd);
    worker->pidfd = -1;
    died(worker, 0);
    return G_SOURCE_REMOVE;
}

/* ---- the beginning of one ---- */

static gboolean attach(void *arg)
{
    struct worker *worker = arg;
    struct signaling *signaling = worker->supervisor->server->signaling;

    if (!signaling)
        return G_SOURCE_CONTINUE;
    int error = signaling_worker_added(signaling, worker->number, worker->socket);
    if (error && ++worker->tries < ATTACH_TRIES)
        return G_SOURCE_CONTINUE;
    worker->timer = 0;
    if (error) {
        g_warning("worker=%d event=silent error=\"%s\"", worker->number, g_strerror(-error));
        kill(worker->pid, SIGKILL);
    } else {
        set_state(worker, RUNNING, "attached");
    }
    return G_SOURCE_REMOVE;
}

static void attach_soon(struct worker *worker)
{
    worker->tries = 0;
    worker->since_us = g_get_monotonic_time();
    set_state(worker, STARTING, worker->child ? "spawned" : "outlived");
    worker->timer = g_timeout_add(ATTACH_EVERY_MS, attach, worker);
}

/* A worker that still listens outlived the hoichand before us. */
static bool adopt(struct worker *worker)
{
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int fd;

    if (ipc_connect(worker->socket, &fd))
        return false;
    int failed = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    close(fd);
    int pidfd = failed || peer.pid <= 0 ? -1 : (int)syscall(SYS_pidfd_open, peer.pid, 0);
    if (pidfd < 0)
        return false;
    worker->pid = peer.pid;
    worker->child = false;
    worker->pidfd = pidfd;
    worker->death = g_unix_fd_add(pidfd, G_IO_IN, on_adopted_exit, worker);
    attach_soon(worker);
    return true;
}

static void own_session(void *arg)
{
    (void)arg;
    setsid();
}

static void add_argument(GPtrArray *arguments, const char *option, const char *value)
{
    if (!*value)
        return;
    g_ptr_array_add(arguments, g_strdup(option));
    g_ptr_array_add(arguments, g_strdup(value));
}

static GPtrArray *arguments_of(const struct worker *worker)
{
    const struct config *config = worker->supervisor->server->config;
    GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *number = g_strdup_printf("%d", worker->number);
    g_autofree char *port = g_strdup_printf("%d", config->media.port ? config->media.port + worker->number : 0);
    const char *level = config->server.log_level;

    g_ptr_array_add(arguments, program_beside("hoichan-media"));
    add_argument(arguments, "--socket", worker->socket);
    add_argument(arguments, "--worker", number);
    add_argument(arguments, "--port", port);
    add_argument(arguments, "--announce", config->media.announce);
    add_argument(arguments, "--bind", config->media.bind);
    add_argument(arguments, "--log-level", strcmp(level, "warning") ? level : "warn");
    g_ptr_array_add(arguments, NULL);
    return arguments;
}

static bool spawn(struct worker *worker)
{
    g_autoptr(GPtrArray) arguments = arguments_of(worker);
    g_autoptr(GError) error = NULL;

    if (!g_spawn_async(NULL, (char **)arguments->pdata, NULL, G_SPAWN_DO_NOT_REAP_CHILD, own_session, NULL,
                       &worker->pid, &error)) {
        g_warning("worker=%d event=not_started error=\"%s\"", worker->number, error->message);
        worker->pid = 0;
        return false;
    }
    worker->child = true;
    worker->starts++;
    worker->death = g_child_watch_add(worker->pid, on_child_exit, worker);
    attach_soon(worker);
    return true;
}

static gboolean start(void *arg)
{
    struct worker *worker = arg;

    worker->timer = 0;
    if (adopt(worker) || spawn(worker))
        return G_SOURCE_REMOVE;
    worker->deaths++;
    worker->timer = g_timeout_add(supervisor_pause_ms(MAX(worker->deaths, 2)), start, worker);
    return G_SOURCE_REMOVE;
}

/* ---- all of them ---- */

static gboolean kill_the_rest(void *arg)
{
    struct supervisor *supervisor = arg;

    supervisor->stop_timer = 0;
    for (int i = 0; i < supervisor->count; i++)
        if (supervisor->workers[i].pid) {
            g_warning("worker=%d event=killed reason=too_slow", i);
            kill(supervisor->workers[i].pid, SIGKILL);
        }
    return G_SOURCE_REMOVE;
}

void supervisor_stop(struct supervisor *supervisor, void (*done)(void *arg), void *arg)
{
    supervisor->stopped = done;
    supervisor->stopped_arg = arg;
    supervisor->stop_timer = g_timeout_add(STOP_MS, kill_the_rest, supervisor);
    for (int i = 0; i < supervisor->count; i++) {
        struct worker *worker = &supervisor->workers[i];
        g_clear_handle_id(&worker->timer, g_source_remove);
        set_state(worker, STOPPING, "shutdown");
        if (worker->pid)
            kill(worker->pid, SIGTERM);
    }
    check_stopped(supervisor);
}

bool supervisor_drain(struct supervisor *supervisor, int number, bool on)
{
    if (number != SUPERVISOR_ALL && (number < 0 || number >= supervisor->count))
        return false;
    for (int i = 0; i < supervisor->count; i++)
        if (number == SUPERVISOR_ALL || number == i)
            signaling_worker_drain(supervisor->server->signaling, i, on);
    return true;
}

static const char *state_of(const struct worker *worker)
{
    struct signaling *signaling = worker->supervisor->server->signaling;
    bool drains = worker->state == RUNNING && signaling && signaling_worker_draining(signaling, worker->number);
    return drains ? "draining" : STATE_NAMES[worker->state];
}

json_t *supervisor_status(const struct supervisor *supervisor)
{
    json_t *list = json_array();

    for (int i = 0; i < supervisor->count; i++) {
        const struct worker *worker = &supervisor->workers[i];
        json_array_append_new(list, json_pack("{s:i, s:i, s:s, s:i}", "worker", worker->number, "pid", worker->pid,
                                              "state", state_of(worker), "starts", worker->starts));
    }
    return list;
}

struct supervisor *supervisor_create(struct server *server)
{
    struct supervisor *supervisor = g_new0(struct supervisor, 1);
    g_autofree char *folder = g_build_filename(server->config->server.state_dir, "workers", NULL);

    if (g_mkdir_with_parents(folder, 0700))
        g_warning("event=no_folder error=\"%s\"", g_strerror(errno));
    supervisor->server = server;
    supervisor->count = config_workers(server->config);
    supervisor->workers = g_new0(struct worker, supervisor->count);
    for (int i = 0; i < supervisor->count; i++) {
        struct worker *worker = &supervisor->workers[i];
        worker->supervisor = supervisor;
        worker->number = i;
        worker->pidfd = -1;
        worker->socket = g_strdup_printf("%s/%d.sock", folder, i);
        worker->state = WAITING;
        start(worker);
    }
    return supervisor;
}

void supervisor_destroy(struct supervisor *supervisor)
{
    if (!supervisor)
        return;
    g_clear_handle_id(&supervisor->stop_timer, g_source_remove);
    for (int i = 0; i < supervisor->count; i++) {
        struct worker *worker = &supervisor->workers[i];
        g_clear_handle_id(&worker->timer, g_source_remove);
        g_clear_handle_id(&worker->death, g_source_remove);
        if (worker->pidfd >= 0)
            close(worker->pidfd);
        g_free(worker->socket);
    }
    g_free(supervisor->workers);
    g_free(supervisor);
}
