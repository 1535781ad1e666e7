#include "media/render/picture.h"

#include <string.h>

#include "media/render/legend.h"
#include "media/render/packets.h"
#include "media/render/seats.h"
#include "media/render/source.h"

/* One thread: libvpx's others wait for one another in a spin, which on two busy cores costs six times what it does
 * alone. */
#define ENCODER                                                                                                        \
    "queue name=in0 max-size-buffers=4 max-size-bytes=0 max-size-time=0 ! "                                            \
    "vp8enc name=out deadline=1 cpu-used=-14 threads=1 end-usage=vbr target-bitrate=1200000 "                          \
    "min-quantizer=4 max-quantizer=58 keyframe-max-dist=3000 lag-in-frames=0 timebase=1/90000"
#define RAW                                                                                                            \
    "video/x-raw, format=(string)I420, width=(int)1280, height=(int)720, framerate=(fraction)30/1, "                   \
    "pixel-aspect-ratio=(fraction)1/1, interlace-mode=(string)progressive"

enum {
    STEP_NUMERATOR = 1000000,
    IDLE_STEPS = PICTURE_RATE,    /* a still picture is encoded that often, so that players can seek in it */
    KEY_STEPS = 4 * PICTURE_RATE, /* and a key frame comes that often */
    PROGRESS_STEPS = PICTURE_RATE,
};

struct composing {
    struct render *render;
    struct seats *seats;
    struct source **sources; /* by track index; NULL for sound */
    bool *live, *fresh;
    guint count;
    struct canvas *canvas;
    struct seat seat[SEATS_MAX];
    struct canvas_view view[SEATS_MAX];
    struct label *label[SEATS_MAX];
    size_t seated;
    int64_t step, steps; /* the next, and how many there are */
    int64_t part_steps;
    int64_t encoded_step, key_step; /* the last that was, the last key frame */
    /* the part being made; no line while passing through one that is there already */
    unsigned part;
    struct line *encoder;
    struct packets_out *out;
    bool stale; /* the canvas lacks what passed meanwhile */
    /* the poster */
    size_t pictures, best_pictures;
    int64_t arranged_step, poster_step;
    int error;
    GError *media;
};

char *picture_part_name(unsigned part)
{
    return g_strdup_printf("picture-%04u", part);
}

static int64_t step_us(int64_t step)
{
    return step * STEP_NUMERATOR / PICTURE_RATE;
}

static bool failed(const struct composing *composing)
{
    return composing->error < 0 || composing->media;
}

/* ---- parts ---- */

static void close_part(struct composing *composing)
{
    if (composing->encoder && !failed(composing) && line_finish(composing->encoder, &composing->media)) {
        struct packets_out *out = composing->out;
        composing->out = NULL;
        composing->error = packets_finish(out);
    }
    line_destroy(composing->encoder);
    composing->encoder = NULL;
}

static void open_part(struct composing *composing, unsigned part)
{
    struct render *render = composing->render;
    g_autofree char *name = picture_part_name(part);
    composing->part = part;
    if (packets_exist(render->work, name, render->key)) {
        composing->stale = true;
        return;
    }
    composing->error = packets_create(render->work, name, render->key, &composing->out);
    if (composing->error < 0)
        return;
    const char *inputs[] = {RAW, NULL};
    struct line_handler handler = packets_handler(composing->out, step_us((int64_t)part * composing->part_steps));
    composing->encoder = line_create(ENCODER, inputs, &handler, &composing->media);
    composing->encoded_step = -1;
    composing->key_step = composing->step;
}

/* ---- one step ---- */

static bool same_seats(const struct composing *composing, const struct seat *seat, size_t seated)
{
    if (seated != composing->seated)
        return false;
    for (size_t i = 0; i < seated; i++)
        if (seat[i].participant != composing->seat[i].participant || seat[i].track != composing->seat[i].track)
            return false;
    return true;
}

static const struct survey_track *track_of(const struct composing *composing, const struct seat *seat)
{
    return seat->track < 0 ? NULL : composing->render->survey->tracks->pdata[seat->track];
}

static void free_labels(struct composing *composing)
{
    for (size_t i = 0; i < SEATS_MAX; i++)
        g_clear_pointer(&composing->label[i], label_destroy);
}

static struct label *name_seat(const struct composing *composing, const struct seat *seat,
                               const struct layout_cell *cell)
{
    const json_t *legend = composing->render->legend;
    const struct survey_track *track = track_of(composing, seat);
    const char *person = seats_participant(composing->seats, seat->participant);
    g_autofree char *name = legend_title(legend, person, track ? track->source : "");
    return label_create(name, legend_under(legend, person), cell);
}

static void furnish(struct composing *composing)
{
    bool large[SEATS_MAX];
    struct layout_cell cell[SEATS_MAX];
    for (size_t i = 0; i < composing->seated; i++) {
        const struct survey_track *track = track_of(composing, &composing->seat[i]);
        large[i] = track && layout_is_large(track->source);
        composing->view[i].cut = composing->seated > 1 && track && strcmp(track->source, "camera") == 0;
    }
    layout_stage(composing->seated, large, CANVAS_WIDTH, CANVAS_HEIGHT, cell);
    free_labels(composing);
    for (size_t i = 0; i < composing->seated; i++) {
        composing->label[i] = name_seat(composing, &composing->seat[i], &cell[i]);
        composing->view[i].cell = cell[i];
        composing->view[i].label = composing->label[i];
    }
}

/* True when others sit there than before. */
static bool arrange(struct composing *composing, int64_t at_us)
{
    struct seat seat[SEATS_MAX];
    size_t seated = seats_at(composing->seats, at_us, composing->live, seat);
    if (same_seats(composing, seat, seated))
        return false;
    memcpy(composing->seat, seat, sizeof seat);
    composing->seated = seated;
    furnish(composing);
    composing->arranged_step = composing->step;
    composing->pictures = 0;
    for (size_t i = 0; i < seated; i++)
        composing->pictures += seat[i].track >= 0;
    return true;
}

static void draw(struct composing *composing, bool all)
{
    if (all)
        canvas_clear(composing->canvas);
    for (size_t i = 0; i < composing->seated; i++) {
        int track = composing->seat[i].track;
        if (track < 0 && all)
            canvas_draw_person(composing->canvas, &composing->view[i]);
        else if (track >= 0 && (all || composing->fresh[track]))
            source_draw(composing->sources[track], composing->canvas, &composing->view[i]);
    }
}

static void encode(struct composing *composing)
{
    int64_t begin = (int64_t)composing->part * composing->part_steps;
    GstBuffer *buffer = canvas_copy(composing->canvas);
    int64_t at_us = step_us(composing->step) - step_us(begin);
    GST_BUFFER_PTS(buffer) = (GstClockTime)at_us * 1000;
    GST_BUFFER_DURATION(buffer) = GST_SECOND / PICTURE_RATE;
    if (composing->step - composing->key_step >= KEY_STEPS) {
        line_want_key(composing->encoder, 0);
        composing->key_step = composing->step;
    }
    composing->encoded_step = composing->step;
    line_push(composing->encoder, 0, buffer, &composing->media);
}

static void consider_poster(struct composing *composing)
{
    bool settled = composing->step - composing->arranged_step >= PICTURE_RATE;
    if (settled && (composing->pictures > composing->best_pictures || composing->poster_step < 0)) {
        composing->best_pictures = composing->pictures;
        composing->poster_step = composing->step;
    }
}

static void advance_sources(struct composing *composing, int64_t at_us)
{
    int64_t until_us = at_us + STEP_NUMERATOR / PICTURE_RATE / 2; /* to the nearest step, not the next */
    for (guint i = 0; i < composing->count; i++) {
        if (!composing->sources[i])
            continue;
        composing->fresh[i] = source_advance(composing->sources[i], until_us) || composing->fresh[i];
        composing->live[i] = source_is_live(composing->sources[i], at_us, SEATS_HOLD_US);
    }
}

static void take_step(struct composing *composing)
{
    int64_t at_us = step_us(composing->step);
    if (composing->step % composing->part_steps == 0) {
        close_part(composing);
        open_part(composing, (unsigned)(composing->step / composing->part_steps));
    }
    if (failed(composing))
        return;
    advance_sources(composing, at_us);
    bool moved = arrange(composing, at_us);
    consider_poster(composing);
    if (composing->encoder) {
        bool changed = moved || composing->stale;
        for (size_t i = 0; i < composing->seated; i++)
            changed = changed || (composing->seat[i].track >= 0 && composing->fresh[composing->seat[i].track]);
        if (changed)
            draw(composing, moved || composing->stale);
        if (changed || composing->encoded_step < 0 || composing->step - composing->encoded_step >= IDLE_STEPS)
            encode(composing);
        memset(composing->fresh, 0, composing->count * sizeof *composing->fresh);
        composing->stale = false;
    }
    composing->step++;
}

/* ---- the reading ---- */

static void on_frame(void *arg, const struct feed_frame *frame)
{
    struct composing *composing = arg;
    source_add(composing->sources[frame->track->index], frame);
}

static void on_passed(void *arg, int64_t at_us)
{
    struct composing *composing = arg;
    while (composing->step < composing->steps && step_us(composing->step + 1) < at_us && !failed(composing)) {
        take_step(composing);
        if (composing->step % PROGRESS_STEPS == 0)
            render_progress(composing->render, (uint64_t)composing->step, (uint64_t)composing->steps);
    }
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    (void)arg;
    (void)done;
    (void)total;
}

static bool on_stop(void *arg)
{
    return failed(arg);
}

static void prepare(struct composing *composing, struct render *render)
{
    const struct survey *survey = render->survey;
    int64_t part_us = render->part_us ? render->part_us : PICTURE_PART_US;
    composing->render = render;
    composing->count = survey->tracks->len;
    composing->seats = seats_create(survey);
    composing->sources = g_new0(struct source *, composing->count + 1);
    composing->live = g_new0(bool, composing->count + 1);
    composing->fresh = g_new0(bool, composing->count + 1);
    composing->canvas = canvas_create();
    composing->steps = (survey->end_us - survey->start_us) * PICTURE_RATE / STEP_NUMERATOR + 1;
    composing->part_steps = MAX(part_us * PICTURE_RATE / STEP_NUMERATOR, 1);
    composing->poster_step = -1;
    for (guint i = 0; i < composing->count; i++) {
        const struct survey_track *track = survey->tracks->pdata[i];
        if (track->video && track->codec != DEPAY_NONE)
            composing->sources[i] = source_create(track->codec);
    }
}

static void clean_up(struct composing *composing)
{
    line_destroy(composing->encoder);
    packets_abandon(composing->out);
    free_labels(composing);
    for (guint i = 0; i < composing->count; i++)
        source_destroy(composing->sources[i]);
    g_free(composing->sources);
    g_free(composing->live);
    g_free(composing->fresh);
    seats_destroy(composing->seats);
    canvas_destroy(composing->canvas);
    g_clear_error(&composing->media);
}

enum render_error picture_write(struct render *render, struct picture_result *result, char **reason)
{
    struct composing composing = {0};
    prepare(&composing, render);
    struct feed_handler handler = {.wanted = FEED_VIDEO,
                                   .frame_fn = on_frame,
                                   .passed_fn = on_passed,
                                   .progress_fn = on_progress,
                                   .stop_fn = on_stop,
                                   .arg = &composing};
    int read = feed_run(render->journal, render->key, render->survey, &handler);
    if (composing.error == 0)
        composing.error = read;
    close_part(&composing);
    result->parts = composing.part + 1;
    result->poster_us = step_us(composing.poster_step < 0 ? composing.step / 2 : composing.poster_step);
    enum render_error error = composing.media ? RENDER_MEDIA : composing.error < 0 ? RENDER_OUTPUT : RENDER_OK;
    if (error != RENDER_OK)
        *reason = g_strdup(composing.media ? composing.media->message : g_strerror(-composing.error));
    clean_up(&composing);
    return error;
}
