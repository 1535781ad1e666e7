#include "media/render/tracks.h"

#include <string.h>

#include "media/render/gaps.h"
#include "media/render/legend.h"
#include "media/render/manifest.h"
#include "media/render/sealed.h"

enum { SEED = 0x48434a31 }; /* muxers draw ids from it: the same journal gives the same bytes */

/* One track's file while it is written. */
struct output {
    struct survey_track *track;
    char *name;
    struct sealed *sealed; /* NULL before the first frame */
    struct line *line;
    struct tags tags;
    struct gaps *gaps;
    uint64_t frames;
    int64_t first_us, end_us;
};

struct writing {
    struct render *render;
    struct output *outputs;
    guint count;
    int error;
    GError *media;
};

/* ---- names and formats ---- */

static const char *extension_of(const struct survey_track *track)
{
    return track->codec == DEPAY_H264 ? "mp4" : "webm";
}

static const char *type_of(const struct survey_track *track)
{
    return !track->video ? "audio/webm" : track->codec == DEPAY_H264 ? "video/mp4" : "video/webm";
}

static char *name_for(const struct writing *writing, guint index)
{
    const struct survey_track *track = writing->outputs[index].track;
    g_autofree char *id = g_strdup(track->id);
    g_strcanon(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", '_');
    unsigned twins = 0;
    for (guint i = 0; i < index; i++)
        twins += strcmp(writing->outputs[i].track->id, track->id) == 0;
    if (twins)
        return g_strdup_printf("track-%s-%u.%s", id, twins + 1, extension_of(track));
    return g_strdup_printf("track-%s.%s", id, extension_of(track));
}

static char *caps_for(const struct survey_track *track)
{
    if (track->codec == DEPAY_OPUS)
        return g_strdup("audio/x-opus, rate=(int)48000, channels=(int)2, channel-mapping-family=(int)0, "
                        "stream-count=(int)1, coupled-count=(int)1");
    int width = MAX(track->width, 16), height = MAX(track->height, 16);
    if (track->codec == DEPAY_VP8)
        return g_strdup_printf("video/x-vp8, width=(int)%d, height=(int)%d, framerate=(fraction)0/1", width, height);
    GString *caps = g_string_new(NULL);
    g_string_printf(caps,
                    "video/x-h264, stream-format=(string)avc3, alignment=(string)au, width=(int)%d, "
                    "height=(int)%d, framerate=(fraction)0/1, codec_data=(buffer)",
                    width, height);
    for (guint i = 0; track->parameters && i < track->parameters->len; i++)
        g_string_append_printf(caps, "%02x", track->parameters->data[i]);
    return g_string_free(caps, FALSE);
}

static const char *muxer_for(const struct survey_track *track)
{
    if (track->codec == DEPAY_H264)
        return "mp4mux name=out identity name=in0 ! out.video_0";
    return track->video ? "webmmux name=out identity name=in0 ! out.video_0"
                        : "webmmux name=out min-index-interval=5000000000 identity name=in0 ! out.audio_0";
}

/* ---- writing ---- */

static bool open_output(struct writing *writing, struct output *output)
{
    struct render *render = writing->render;
    writing->error = sealed_create(render->out, output->name, render->key, &output->sealed);
    if (writing->error < 0)
        return false;
    g_autofree char *caps = caps_for(output->track);
    const char *inputs[] = {caps, NULL};
    struct line_handler handler = tags_handler(&output->tags, sealed_handler(output->sealed));
    output->line = line_create(muxer_for(output->track), inputs, &handler, &writing->media);
    if (!output->line)
        return false;
    g_autofree char *title = legend_title(render->legend, output->track->participant, output->track->source);
    line_fix_date(output->line, "out", render->survey->start_us);
    line_describe(output->line, "out", legend_tags(render->legend, &output->tags), NULL);
    line_tag(output->line, 0, legend_stream_tags(render->legend, title, &output->tags));
    return true;
}

static void on_frame(void *arg, const struct feed_frame *frame)
{
    struct writing *writing = arg;
    struct output *output = &writing->outputs[frame->track->index];
    if (writing->error < 0 || writing->media)
        return;
    gaps_note(output->gaps, frame);
    if (!output->line) {
        if (!open_output(writing, output))
            return;
        output->first_us = frame->at_us;
    }
    const struct depay_frame *media = frame->media;
    GstClockTime at = (GstClockTime)(frame->at_us - output->first_us) * 1000;
    GstClockTime duration = frame->duration_us ? (GstClockTime)frame->duration_us * 1000 : GST_CLOCK_TIME_NONE;
    GstBuffer *buffer = line_buffer(media->data, media->size, at, duration, media->key);
    line_push(output->line, 0, buffer, &writing->media);
    output->frames++;
    output->end_us = frame->at_us + frame->duration_us;
}

static void on_passed(void *arg, int64_t at_us)
{
    (void)arg;
    (void)at_us;
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    render_progress(((struct writing *)arg)->render, done, total);
}

static bool on_stop(void *arg)
{
    struct writing *writing = arg;
    return writing->error < 0 || writing->media;
}

/* ---- results ---- */

static json_t *describe_file(const struct output *output, uint64_t size, const unsigned char *hash)
{
    const struct survey_track *track = output->track;
    json_t *file = manifest_file(output->name, "track", type_of(track), size, hash);
    json_object_set_new(file, "codec", json_string(track->codec_name));
    json_object_set_new(file, "duration_ms", json_integer((output->end_us - output->first_us) / 1000));
    json_object_set_new(file, "track", json_string(track->id));
    return file;
}

static json_t *describe_track(const struct writing *writing, const struct output *output)
{
    const struct survey_track *track = output->track;
    int64_t start_us = writing->render->survey->start_us;
    json_t *told = json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "track", track->id, "participant",
                             track->participant, "kind", track->kind, "source", track->source, "codec",
                             track->codec_name, "file", output->frames ? json_string(output->name) : json_null(),
                             "start_ms",
                             (json_int_t)(output->frames ? output->first_us : track->first_us - start_us) / 1000,
                             "end_ms", (json_int_t)(output->frames ? output->end_us : track->last_us - start_us) / 1000,
                             "packets", (json_int_t)track->packets, "frames", (json_int_t)output->frames);
    if (track->video && track->width) {
        json_object_set_new(told, "width", json_integer(track->width));
        json_object_set_new(told, "height", json_integer(track->height));
    }
    if (track->codec == DEPAY_NONE)
        json_object_set_new(told, "problem", json_string("codec-not-supported"));
    return told;
}

static bool finish_output(struct writing *writing, struct output *output, json_t *result)
{
    gaps_end(output->gaps);
    if (output->track->packets) {
        json_array_append_new(json_object_get(result, "tracks"), describe_track(writing, output));
        json_t *gaps = gaps_list(output->gaps);
        json_array_extend(json_object_get(result, "gaps"), gaps);
        json_decref(gaps);
    }
    if (!output->line)
        return true;
    if (!line_finish(output->line, &writing->media))
        return false;
    uint64_t size;
    unsigned char hash[VAULT_HASH_SIZE];
    struct sealed *sealed = output->sealed;
    output->sealed = NULL;
    writing->error = sealed_finish(sealed, &size, hash);
    if (writing->error < 0)
        return false;
    json_array_append_new(json_object_get(result, "files"), describe_file(output, size, hash));
    return true;
}

static void prepare(struct writing *writing, struct render *render)
{
    writing->render = render;
    writing->count = render->survey->tracks->len;
    writing->outputs = g_new0(struct output, writing->count + 1);
    for (guint i = 0; i < writing->count; i++) {
        struct survey_track *track = render->survey->tracks->pdata[i];
        writing->outputs[i].track = track;
        writing->outputs[i].name = name_for(writing, i);
        writing->outputs[i].gaps = gaps_create(render->survey, track);
    }
}

static void clean_up(struct writing *writing)
{
    for (guint i = 0; i < writing->count; i++) {
        struct output *output = &writing->outputs[i];
        line_destroy(output->line);
        tags_finish(&output->tags);
        sealed_abandon(output->sealed);
        gaps_destroy(output->gaps);
        g_free(output->name);
    }
    g_free(writing->outputs);
    g_clear_error(&writing->media);
}

static enum render_error judge(const struct writing *writing, char **reason)
{
    if (writing->error < 0) {
        *reason = g_strdup(g_strerror(-writing->error));
        return RENDER_OUTPUT;
    }
    if (writing->media) {
        *reason = g_strdup(writing->media->message);
        return RENDER_MEDIA;
    }
    return RENDER_OK;
}

enum render_error tracks_write(struct render *render, json_t **result, char **reason)
{
    struct writing writing = {0};
    prepare(&writing, render);
    struct feed_handler handler = {.wanted = FEED_AUDIO | FEED_VIDEO,
                                   .frame_fn = on_frame,
                                   .passed_fn = on_passed,
                                   .progress_fn = on_progress,
                                   .stop_fn = on_stop,
                                   .arg = &writing};
    g_random_set_seed(SEED);
    writing.error = feed_run(render->journal, render->key, render->survey, &handler);
    json_t *made = json_pack("{s:[], s:[], s:[]}", "files", "tracks", "gaps");
    for (guint i = 0; i < writing.count && writing.error == 0 && !writing.media; i++)
        finish_output(&writing, &writing.outputs[i], made);
    enum render_error error = judge(&writing, reason);
    clean_up(&writing);
    if (error == RENDER_OK)
        *result = made;
    else
        json_decref(made);
    return error;
}
