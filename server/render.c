#define G_LOG_DOMAIN "render"
#include "server/render.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "server/programs.h"

enum { NICE = 10, LINE_MAX_BYTES = 4096 };

struct job {
    struct renderer *renderer;
    char *recording, *journal, *out, *legend;
    unsigned char key[32];
    render_progress_fn progress;
    render_done_fn done;
    void *arg;
    GPid pid;
    guint watch, silence; /* its end; the time in which it has to get on */
    GDataInputStream *lines, *errors;
    GCancellable *cancel;
    int parts_open; /* output, error output and the process itself: the job is over when all three are */
    int status;
    char *last_error;
};

struct renderer {
    GQueue waiting; /* struct job */
    struct job *running;
    int silence_s;
    unsigned stalled;
};

static void start_next(struct renderer *renderer);

static void job_destroy(struct job *job)
{
    sodium_memzero(job->key, sizeof job->key);
    g_clear_handle_id(&job->silence, g_source_remove);
    g_clear_object(&job->lines);
    g_clear_object(&job->errors);
    g_clear_object(&job->cancel);
    g_free(job->recording);
    g_free(job->journal);
    g_free(job->out);
    g_free(job->legend);
    g_free(job->last_error);
    g_free(job);
}

int render_parse_progress(const char *line)
{
    gint64 percent;

    if (!g_str_has_prefix(line, "progress ") ||
        !g_ascii_string_to_signed(line + strlen("progress "), 10, 0, 100, &percent, NULL))
        return -1;
    return (int)percent;
}

/* ---- the end of a job ---- */

static void part_closed(struct job *job)
{
    struct renderer *renderer = job->renderer;

    if (--job->parts_open)
        return;
    if (renderer) {
        renderer->running = NULL;
        bool good = g_spawn_check_wait_status(job->status, NULL);
        g_message("recording=%s event=%s", job->recording, good ? "rendered" : "render_failed");
        job->done(job->arg, good ? NULL : job->last_error ? job->last_error : "hoichan-render ended without a word");
    }
    job_destroy(job);
    if (renderer)
        start_next(renderer);
}

static void on_process_exit(GPid pid, int status, void *arg)
{
    struct job *job = arg;

    g_spawn_close_pid(pid);
    job->pid = 0;
    job->status = status;
    part_closed(job);
}

/* ---- one that does not get on ---- */

static gboolean on_silence(void *arg)
{
    struct job *job = arg;

    job->silence = 0;
    job->renderer->stalled++;
    g_warning("recording=%s event=render_stalled silent_s=%d", job->recording, job->renderer->silence_s);
    g_free(job->last_error);
    job->last_error = g_strdup_printf("hoichan-render made no progress for %d s and was ended",
                                      job->renderer->silence_s);
    if (job->pid)
        kill(job->pid, SIGKILL); /* it may be past hearing anything else */
    return G_SOURCE_REMOVE;
}

static void wait_for_progress(struct job *job)
{
    g_clear_handle_id(&job->silence, g_source_remove);
    job->silence = g_timeout_add_seconds((guint)job->renderer->silence_s, on_silence, job);
}

/* ---- what it says ---- */

static void read_line(struct job *job, GDataInputStream *stream);

static void on_line(GObject *source, GAsyncResult *result, void *arg)
{
    struct job *job = arg;
    GDataInputStream *stream = G_DATA_INPUT_STREAM(source);
    g_autofree char *line = g_data_input_stream_read_line_finish(stream, result, NULL, NULL);

    if (!line) {
        part_closed(job);
        return;
    }
    int percent = render_parse_progress(line);
    if (g_str_has_prefix(line, "{")) {
        g_free(job->last_error);
        job->last_error = g_strndup(line, LINE_MAX_BYTES);
    } else if (percent >= 0 && job->renderer) {
        wait_for_progress(job);
        job->progress(job->arg, percent);
    } else if (stream == job->errors) {
        g_debug("recording=%s stderr=\"%s\"", job->recording, line);
    }
    read_line(job, stream);
}

static void read_line(struct job *job, GDataInputStream *stream)
{
    g_data_input_stream_read_line_async(stream, G_PRIORITY_DEFAULT, job->cancel, on_line, job);
}

static GDataInputStream *lines_of(int fd)
{
    g_autoptr(GInputStream) raw = g_unix_input_stream_new(fd, TRUE);
    return g_data_input_stream_new(raw);
}

/* ---- the beginning of a job ---- */

static void lower_priority(void *arg)
{
    (void)arg;
    setpriority(PRIO_PROCESS, 0, NICE);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static bool write_all(int fd, const char *text)
{
    for (size_t left = strlen(text); left;) {
        ssize_t n = write(fd, text, left);
        if (n < 0)
            return false;
        text += n;
        left -= (size_t)n;
    }
    return true;
}

/* Secrets and names go by a pipe: arguments can be read by anybody. */
static bool hand_over(struct job *job, int fd)
{
    char hex[2 * sizeof job->key + 2];

    sodium_bin2hex(hex, sizeof hex, job->key, sizeof job->key);
    strcat(hex, "\n");
    bool written = write_all(fd, hex) && (!job->legend || (write_all(fd, job->legend) && write_all(fd, "\n")));
    sodium_memzero(hex, sizeof hex);
    sodium_memzero(job->key, sizeof job->key);
    close(fd);
    return written;
}

static bool spawn(struct job *job)
{
    g_autofree char *program = program_beside("hoichan-render");
    char *arguments[] = {program, "--journal", job->journal, "--out", job->out, "--recording", job->recording, NULL};
    int in, out, err;
    g_autoptr(GError) error = NULL;

    if (!g_spawn_async_with_pipes(NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, lower_priority, NULL, &job->pid,
                                  &in, &out, &err, &error)) {
        job->last_error = g_strdup(error->message);
        return false;
    }
    job->parts_open = 3;
    job->cancel = g_cancellable_new();
    job->lines = lines_of(out);
    job->errors = lines_of(err);
    job->watch = g_child_watch_add(job->pid, on_process_exit, job);
    wait_for_progress(job);
    read_line(job, job->lines);
    read_line(job, job->errors);
    if (!hand_over(job, in))
        kill(job->pid, SIGKILL);
    return true;
}

static gboolean give_up(void *arg)
{
    struct job *job = arg;

    job->status = -1;
    part_closed(job);
    return G_SOURCE_REMOVE;
}

static void start_next(struct renderer *renderer)
{
    struct job *job = renderer->running ? NULL : g_queue_pop_head(&renderer->waiting);

    if (!job)
        return;
    renderer->running = job;
    if (spawn(job))
        return;
    job->parts_open = 1;
    job->watch = g_idle_add(give_up, job); /* never call back before render_start() has returned */
}

void render_start(struct renderer *renderer, const struct render_job *wanted, render_progress_fn progress,
                  render_done_fn done, void *arg)
{
    struct job *job = g_new0(struct job, 1);

    job->renderer = renderer;
    job->recording = g_strdup(wanted->recording);
    job->journal = g_strdup(wanted->journal);
    job->out = g_strdup(wanted->out);
    job->legend = g_strdup(wanted->legend);
    memcpy(job->key, wanted->key, sizeof job->key);
    job->progress = progress;
    job->done = done;
    job->arg = arg;
    g_queue_push_tail(&renderer->waiting, job);
    start_next(renderer);
}

struct renderer *renderer_create(int silence_s)
{
    struct renderer *renderer = g_new0(struct renderer, 1);

    renderer->silence_s = silence_s;
    g_queue_init(&renderer->waiting);
    return renderer;
}

/* The process is ended and awaited here: the loop does not run any more. */
static void end_running(struct job *job)
{
    job->renderer = NULL;
    g_clear_handle_id(&job->silence, g_source_remove);
    if (!job->pid) {
        if (job->parts_open == 1 && !job->cancel) { /* give_up() was still to come */
            g_source_remove(job->watch);
            job_destroy(job);
        }
        return;
    }
    g_source_remove(job->watch);
    g_spawn_close_pid(job->pid);
    kill(job->pid, SIGKILL);
    g_cancellable_cancel(job->cancel);
    job->parts_open--; /* the two streams close in the loop's last turns (main.c) */
}

void renderer_destroy(struct renderer *renderer)
{
    if (!renderer)
        return;
    if (renderer->running)
        end_running(renderer->running);
    g_queue_clear_full(&renderer->waiting, (GDestroyNotify)job_destroy);
    g_free(renderer);
}

unsigned renderer_stalled(const struct renderer *renderer)
{
    return renderer->stalled;
}
