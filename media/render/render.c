#include "media/render/render.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <jansson.h>
#include <string.h>
#include <sys/stat.h>

#include "media/render/film.h"
#include "media/render/manifest.h"
#include "media/render/picture.h"
#include "media/render/sound.h"
#include "media/render/tracks.h"

#define TRACKS_FILE "tracks"
#define WORK_PREFIX ".render-"

enum {
    PROGRESS_STEPS = 100
}; /* of a percent: of half a day that is minutes, and who waits wants to know that it gets on */

static const int64_t LONGEST_US = 26ll * 3600 * 1000000;

const char *render_error_name(enum render_error error)
{
    static const char *const names[] = {[RENDER_OK] = "ok",         [RENDER_NOT_FOUND] = "not-found",
                                        [RENDER_EMPTY] = "empty",   [RENDER_UNREADABLE] = "unreadable",
                                        [RENDER_OUTPUT] = "output", [RENDER_MEDIA] = "media"};
    return names[error];
}

/* ---- progress ---- */

void render_progress(struct render *render, uint64_t done, uint64_t total)
{
    if (total == 0 || !render->progress_fn)
        return;
    if (done > total)
        done = total;
    double span = render->stage_to - render->stage_from;
    int progress = (int)(PROGRESS_STEPS * (render->stage_from + span * (double)done / (double)total));
    if (progress <= render->progress)
        return;
    render->progress = progress;
    render->progress_fn(render->arg, progress / PROGRESS_STEPS);
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    render_progress(arg, done, total);
}

static void render_stage(struct render *render, int from_percent, int to_percent)
{
    render->stage_from = from_percent;
    render->stage_to = to_percent;
    render_progress(render, 0, 1);
}

/* ---- the working directory ---- */

static void remove_directory(const char *path)
{
    GDir *directory = g_dir_open(path, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        g_unlink(file);
    }
    if (directory)
        g_dir_close(directory);
    g_rmdir(path);
}

/* What runs for another journal, or of another version, have left. */
static void remove_old_work(const struct render *render)
{
    GDir *directory = g_dir_open(render->out, 0, NULL);
    for (const char *name; directory && (name = g_dir_read_name(directory));) {
        g_autofree char *path = g_build_filename(render->out, name, NULL);
        if (g_str_has_prefix(name, WORK_PREFIX) && strcmp(path, render->work) != 0)
            remove_directory(path);
    }
    if (directory)
        g_dir_close(directory);
}

static enum render_error enter_work(struct render *render, char **reason)
{
    unsigned char fingerprint[32];
    survey_fingerprint(render->survey, fingerprint);
    g_autofree char *mark = manifest_hex(fingerprint, 8);
    g_autofree char *name = g_strdup_printf(WORK_PREFIX "%s-%s-%d", RENDER_VERSION, mark,
                                            (int)(render->part_us / 1000));
    render->work = g_build_filename(render->out, name, NULL);
    remove_old_work(render);
    if (g_mkdir_with_parents(render->work, 0700) == 0)
        return RENDER_OK;
    *reason = g_strdup(g_strerror(errno));
    return RENDER_OUTPUT;
}

/* ---- stages ---- */

static enum render_error survey_stage(struct render *render, char **reason)
{
    render_stage(render, 0, 5);
    int result = survey_create(render->journal, render->key, on_progress, render, &render->survey);
    if (result < 0) {
        *reason = g_strdup_printf("no journal segments: %s", g_strerror(-result));
        return RENDER_NOT_FOUND;
    }
    const struct survey *survey = render->survey;
    if (survey->opened == 0 && survey->altered > 0) {
        *reason = g_strdup("not one chunk opens: the key is another, or all is damaged");
        return RENDER_UNREADABLE;
    }
    if (survey->start_us == 0) {
        *reason = g_strdup("the journal holds no sound and no picture");
        return RENDER_EMPTY;
    }
    if (survey->end_us - survey->start_us > LONGEST_US) {
        *reason = g_strdup("the journal's times span more than a day");
        return RENDER_UNREADABLE;
    }
    return RENDER_OK;
}

static bool is_done(const struct render *render)
{
    json_t *manifest;
    if (manifest_load(render->out, MANIFEST_FILE, render->key, &manifest) < 0)
        return false;
    unsigned char fingerprint[32];
    survey_fingerprint(render->survey, fingerprint);
    g_autofree char *mark = manifest_hex(fingerprint, sizeof fingerprint);
    const char *made_of = json_string_value(json_object_get(manifest, "fingerprint"));
    bool done = g_strcmp0(made_of, mark) == 0;
    json_decref(manifest);
    return done;
}

static enum render_error tracks_stage(struct render *render, json_t **tracks, char **reason)
{
    render_stage(render, 5, 20);
    if (manifest_load(render->work, TRACKS_FILE, render->key, tracks) == 0)
        return RENDER_OK;
    enum render_error error = tracks_write(render, tracks, reason);
    if (error == RENDER_OK && manifest_store(render->work, TRACKS_FILE, render->key, *tracks) < 0) {
        *reason = g_strdup("the working directory cannot be written");
        error = RENDER_OUTPUT;
    }
    return error;
}

static enum render_error compose_stages(struct render *render, json_t **film, json_t **poster, char **reason)
{
    struct picture_result picture;
    render_stage(render, 20, 25);
    enum render_error error = sound_write(render, reason);
    render_stage(render, 25, 95);
    if (error == RENDER_OK)
        error = picture_write(render, &picture, reason);
    render_stage(render, 95, 99);
    if (error == RENDER_OK)
        error = film_write(render, picture.parts, film, reason);
    if (error == RENDER_OK)
        error = poster_write(render, picture.poster_us, poster, reason);
    return error;
}

static enum render_error finish(struct render *render, json_t *tracks, json_t *film, json_t *poster, char **reason)
{
    json_t *manifest = manifest_make(render, tracks, film, poster);
    int result = manifest ? manifest_store(render->out, MANIFEST_FILE, render->key, manifest) : -ENOMEM;
    json_decref(manifest);
    if (result < 0) {
        *reason = g_strdup(g_strerror(-result));
        return RENDER_OUTPUT;
    }
    remove_directory(render->work);
    render_stage(render, 100, 100);
    return RENDER_OK;
}

enum render_error render_run(struct render *render, char **reason)
{
    json_t *tracks = NULL, *film = NULL, *poster = NULL;
    render->progress = -1;
    enum render_error error = survey_stage(render, reason);
    if (error == RENDER_OK && is_done(render)) {
        render_stage(render, 100, 100);
    } else if (error == RENDER_OK) {
        error = enter_work(render, reason);
        if (error == RENDER_OK)
            error = tracks_stage(render, &tracks, reason);
        if (error == RENDER_OK)
            error = compose_stages(render, &film, &poster, reason);
        if (error == RENDER_OK)
            error = finish(render, tracks, film, poster, reason);
    }
    json_decref(tracks);
    json_decref(film);
    json_decref(poster);
    survey_destroy(render->survey);
    g_clear_pointer(&render->work, g_free);
    render->survey = NULL;
    return error;
}
