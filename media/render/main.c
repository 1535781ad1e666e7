/*
 * hoichan-render --journal DIR --out DIR --recording ID, with the recording's key on stdin (64 hex digits, one line) and,
 * on a second line, what is known of it (legend.h).
 * Says `progress N` and at last `done` on stdout; a failure is one line of JSON there and an exit status of 1 (2:
 * usage).
 * hoichan-render --paper: a document on stdin (paper.h), its PDF on stdout.
 */
#include <gst/gst.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif
#include <sys/prctl.h>
#include <sys/resource.h>

#include "media/render/legend.h"
#include "media/render/paper.h"
#include "media/render/render.h"
#include "media/render/sanitized.h"

static int complain(const char *code, const char *reason, int status)
{
    json_t *error = json_pack("{s:{s:s, s:s}}", "error", "code", code, "message", reason);
    char *text = error ? json_dumps(error, JSON_COMPACT) : NULL;
    puts(text ? text : "{\"error\":{\"code\":\"internal\"}}");
    free(text);
    json_decref(error);
    return status;
}

static bool read_key(unsigned char *key)
{
    char line[80];
    size_t size = 0;
    const char *end;
    bool good = fgets(line, sizeof line, stdin) && strcspn(line, "\r\n") == 64 &&
                sodium_hex2bin(key, 32, line, 64, NULL, &size, &end) == 0 && size == 32;
    sodium_memzero(line, sizeof line);
    return good;
}

/* Its end may be the input's. An empty line: there is none. */
static bool read_legend(json_t **legend)
{
    g_autofree char *line = g_malloc(LEGEND_MAX);
    if (!fgets(line, LEGEND_MAX, stdin) || *g_strstrip(line) == '\0')
        return true;
    *legend = json_loads(line, 0, NULL);
    return *legend != NULL;
}

static void tell_progress(void *arg, int percent)
{
    (void)arg;
    printf("progress %d\n", percent);
    fflush(stdout);
}

/* Calls come first: this may take the time that is left over. */
static void step_back(void)
{
    setpriority(PRIO_PROCESS, 0, 5);
    prctl(PR_SET_DUMPABLE, 0);
}

static bool read_options(int argc, char **argv, struct render *render)
{
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--journal") == 0)
            render->journal = argv[i + 1];
        else if (strcmp(argv[i], "--out") == 0)
            render->out = argv[i + 1];
        else if (strcmp(argv[i], "--recording") == 0)
            render->recording = argv[i + 1];
        else
            return false;
    }
    return argc == 7 && render->journal && render->out && render->recording;
}

/* ---- a document ---- */

static char *read_all(size_t *size)
{
    char *text = g_malloc(PAPER_INPUT_MAX);
    *size = fread(text, 1, PAPER_INPUT_MAX, stdin);
    return text;
}

static int set_paper(void)
{
    size_t size;
    g_autofree char *text = read_all(&size);
    json_t *document = size < PAPER_INPUT_MAX ? json_loadb(text, size, 0, NULL) : NULL;
    GByteArray *pdf = document ? paper_pdf(document) : NULL;
    bool written = pdf && fwrite(pdf->data, 1, pdf->len, stdout) == pdf->len && fflush(stdout) == 0;
    if (pdf)
        g_byte_array_unref(pdf);
    json_decref(document);
    return written ? 0 : 1;
}

#ifdef __SANITIZE_ADDRESS__
/*
 * What libraries allocate while they are loaded is theirs. GLib makes its table of quarks there, and when that grows
 * (GStreamer's plugins see to it) leaves the old one behind for readers without a lock.
 */
static void before_libraries(int argc, char **argv, char **environment)
{
    (void)argc, (void)argv, (void)environment;
    __lsan_disable();
}
__attribute__((section(".preinit_array"), used)) static void (*const preinit)(int, char **, char **) = before_libraries;
#else
#define __lsan_enable()
#endif

int main(int argc, char **argv)
{
    __lsan_enable();
    struct render render = {.progress_fn = tell_progress};
    char *reason = NULL;
    if (argc == 2 && strcmp(argv[1], "--paper") == 0) {
        step_back();
        return set_paper();
    }
    if (!read_options(argc, argv, &render))
        return complain("usage", "hoichan-render --journal DIR --out DIR --recording ID", 2);
    if (sodium_init() < 0 || !read_key(render.key))
        return complain("usage", "the recording's key is expected on stdin: 64 hex digits", 2);
    json_t *legend = NULL;
    if (!read_legend(&legend))
        return complain("usage", "the second line of stdin is a legend in JSON", 2);
    render.legend = legend;
    step_back();
    gst_init(NULL, NULL);
    enum render_error error = render_run(&render, &reason);
    sodium_memzero(render.key, sizeof render.key);
    json_decref(legend);
    int status = 0;
    if (error == RENDER_OK)
        puts("done");
    else
        status = complain(render_error_name(error), reason, 1);
    g_free(reason);
    g_thread_pool_stop_unused_threads();
    gst_deinit();
    return status;
}
