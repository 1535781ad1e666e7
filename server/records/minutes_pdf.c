#include "minutes_pdf.h"

#include <gio/gio.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "addendum_paper.h"
#include "minutes.h"
#include "minutes_paper.h"
#include "server/programs.h"

enum { CPU_S = 30, NICE = 10 };

static void confine(void *arg)
{
    (void)arg;
    setpriority(PRIO_PROCESS, 0, NICE);
    setrlimit(RLIMIT_CPU, &(struct rlimit){CPU_S, CPU_S});
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static GBytes *set_on_paper(const json_t *document, GError **error)
{
    g_autofree char *program = program_beside("hoichan-render");
    g_autoptr(GSubprocessLauncher)
        launcher = g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
    g_subprocess_launcher_set_child_setup(launcher, confine, NULL, NULL);
    g_autoptr(GSubprocess) process = g_subprocess_launcher_spawn(launcher, error, program, "--paper", NULL);
    if (!process)
        return NULL;
    char *text = json_dumps(document, JSON_COMPACT);
    g_autoptr(GBytes) in = g_bytes_new_with_free_func(text, strlen(text), free, text);
    GBytes *pdf = NULL;
    if (g_subprocess_communicate(process, in, NULL, &pdf, NULL, error) && !g_subprocess_get_successful(process))
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "hoichan-render could not set the minutes");
    if (*error)
        g_clear_pointer(&pdf, g_bytes_unref);
    return pdf;
}

/** What is kept; empty while there is none yet. NULL: not signed by all. */
static char *kept(struct store *store, const char *consultation, int64_t addendum, GError **error)
{
    STORE_AUTO_ROWS rows = store_query(store, error,
                                       "SELECT COALESCE(p.pdf, '') AS pdf FROM minutes m LEFT JOIN minutes_papers p ON "
                                       "p.consultation_id = m.consultation_id AND p.addendum = ? WHERE "
                                       "m.consultation_id = ? AND m.final_at IS NOT NULL AND (? = 0 OR EXISTS (SELECT "
                                       "1 FROM minutes_addenda a WHERE a.consultation_id = m.consultation_id AND "
                                       "a.number = ?))",
                                       store_int(addendum), store_text(consultation), store_int(addendum),
                                       store_int(addendum));
    return store_next(rows) ? g_strdup(rows_text(rows, "pdf")) : NULL;
}

static bool keep(struct store *store, const char *consultation, int64_t addendum, GBytes *pdf, GError **error)
{
    gsize size;
    const void *data = g_bytes_get_data(pdf, &size);
    g_autofree char *text = g_base64_encode(data, size);
    /* Another may have made one at the same time: the first is the one. */
    return store_run(store, error,
                     "INSERT INTO minutes_papers (consultation_id, addendum, pdf) VALUES (?, ?, ?) ON CONFLICT "
                     "(consultation_id, addendum) DO NOTHING",
                     store_text(consultation), store_int(addendum), store_text(text)) >= 0;
}

static bool make(struct store *store, const char *consultation, int64_t addendum, GError **error)
{
    json_t *minutes = minutes_json(store, consultation, error);
    json_t *document = !minutes ? NULL : addendum ? addendum_paper(minutes, (size_t)addendum) : minutes_paper(minutes);
    g_autoptr(GBytes) pdf = document ? set_on_paper(document, error) : NULL;
    json_decref(document);
    json_decref(minutes);
    return pdf && keep(store, consultation, addendum, pdf, error);
}

GBytes *minutes_pdf(struct store *store, const char *consultation, int64_t addendum, GError **error)
{
    GError *fault = NULL;
    g_autofree char *text = kept(store, consultation, addendum, &fault);
    if (text && !*text && make(store, consultation, addendum, &fault)) {
        g_free(text);
        text = kept(store, consultation, addendum, &fault);
    }
    if (fault) {
        g_propagate_error(error, fault);
        return NULL;
    }
    if (!text)
        return NULL;
    gsize size;
    guchar *data = g_base64_decode(text, &size);
    return g_bytes_new_take(data, size);
}

GBytes *minutes_print_pdf(struct store *store, const char *consultation, GError **error)
{
    json_t *minutes = minutes_json(store, consultation, error);
    bool some = json_array_size(json_object_get(minutes, "addenda")) > 0;
    json_t *document = some ? minutes_print(minutes) : NULL;
    GBytes *pdf = document ? set_on_paper(document, error) : NULL;
    json_decref(document);
    json_decref(minutes);
    return !minutes || some ? pdf : minutes_pdf(store, consultation, 0, error);
}
