#include "media/render/film.h"

#include "media/render/chapters.h"
#include "media/render/legend.h"
#include "media/render/manifest.h"
#include "media/render/packets.h"
#include "media/render/sealed.h"
#include "media/render/sound.h"

#define MUXER                                                                                                          \
    "webmmux name=out "                                                                                                \
    "queue name=in0 max-size-buffers=0 max-size-time=0 max-size-bytes=33554432 ! out.video_0 "                         \
    "queue name=in1 max-size-buffers=0 max-size-time=0 max-size-bytes=33554432 ! out.audio_0"
/*
 * Without the encoder's own header, whose pre-skip would become a codec delay: sound would then begin 7 ms before the
 * film, and Chromium seeks to that moment by the sound track, for which there is no index, and does not play at all.
 * The sound is 6.5 ms late instead.
 */
#define OPUS "audio/x-opus, rate=(int)48000, channels=(int)2, channel-mapping-family=(int)0"
#define VP8  "video/x-vp8, width=(int)1280, height=(int)720, framerate=(fraction)30/1"

enum { SEED = 0x48434632, PICTURE = 0, SOUND = 1 };

/* Two streams of packets, each with the one that is next. */
struct reel {
    struct render *render;
    unsigned parts, part;
    struct packets_in *in[2];
    struct packets_item next[2];
    bool there[2];
    struct line *line;
    struct tags tags;
    uint64_t written;
    int error;
    GError *media;
};

static void advance_sound(struct reel *reel)
{
    int result = packets_next(reel->in[SOUND], &reel->next[SOUND]);
    reel->there[SOUND] = result == 1;
    reel->error = result < 0 ? result : reel->error;
}

/* From part to part. */
static void advance_picture(struct reel *reel)
{
    int result = reel->in[PICTURE] ? packets_next(reel->in[PICTURE], &reel->next[PICTURE]) : 0;
    while (result == 0 && reel->part < reel->parts) {
        g_autofree char *name = picture_part_name(reel->part++);
        packets_close(reel->in[PICTURE]);
        reel->in[PICTURE] = NULL;
        result = packets_open(reel->render->work, name, reel->render->key, &reel->in[PICTURE]);
        if (result == 0)
            result = packets_next(reel->in[PICTURE], &reel->next[PICTURE]);
    }
    reel->there[PICTURE] = result == 1;
    reel->error = result < 0 ? result : reel->error;
}

static void push_next(struct reel *reel)
{
    bool sound = !reel->there[PICTURE] || (reel->there[SOUND] && reel->next[SOUND].at_us <= reel->next[PICTURE].at_us);
    const struct packets_item *item = &reel->next[sound];
    int64_t at_us = MAX(item->at_us, 0);
    GstBuffer *buffer = line_buffer(item->data, item->size, (GstClockTime)at_us * 1000,
                                    sound ? (GstClockTime)item->duration_us * 1000 : GST_CLOCK_TIME_NONE, item->key);
    if (!line_push(reel->line, sound, buffer, &reel->media))
        return;
    if (sound)
        advance_sound(reel);
    else
        advance_picture(reel);
}

static void project(struct reel *reel, struct sealed *sealed)
{
    struct render *render = reel->render;
    reel->error = packets_open(render->work, SOUND_FILE, render->key, &reel->in[SOUND]);
    if (reel->error < 0)
        return;
    const char *inputs[] = {VP8, OPUS, NULL};
    struct line_handler handler = tags_handler(&reel->tags, sealed_handler(sealed));
    g_random_set_seed(SEED);
    reel->line = line_create(MUXER, inputs, &handler, &reel->media);
    if (!reel->line)
        return;
    line_fix_date(reel->line, "out", render->survey->start_us);
    line_describe(reel->line, "out", legend_tags(render->legend, &reel->tags), chapters_make(render));
    for (unsigned i = 0; i < 2; i++)
        line_tag(reel->line, i, legend_stream_tags(render->legend, "", &reel->tags));
    advance_sound(reel);
    advance_picture(reel);
    int64_t end_us = render->survey->end_us - render->survey->start_us;
    for (unsigned i = 0; (reel->there[0] || reel->there[1]) && reel->error == 0 && !reel->media; i++) {
        push_next(reel);
        if (i % 512 == 0)
            render_progress(render, (uint64_t)MIN(MAX(reel->next[SOUND].at_us, 0), end_us), (uint64_t)end_us);
    }
    if (reel->error == 0 && !reel->media)
        line_finish(reel->line, &reel->media);
}

static enum render_error judge(int error, GError *media, char **reason)
{
    if (!media && error == 0)
        return RENDER_OK;
    *reason = g_strdup(media ? media->message : g_strerror(-error));
    return media ? RENDER_MEDIA : RENDER_OUTPUT;
}

enum render_error film_write(struct render *render, unsigned parts, json_t **file, char **reason)
{
    struct reel reel = {.render = render, .parts = parts};
    struct sealed *sealed = NULL;
    uint64_t size;
    unsigned char hash[VAULT_HASH_SIZE];
    reel.error = sealed_create(render->out, FILM_FILE, render->key, &sealed);
    if (reel.error == 0)
        project(&reel, sealed);
    line_destroy(reel.line);
    tags_finish(&reel.tags);
    packets_close(reel.in[PICTURE]);
    packets_close(reel.in[SOUND]);
    if (reel.error == 0 && !reel.media) {
        reel.error = sealed_finish(sealed, &size, hash);
        sealed = NULL;
    }
    sealed_abandon(sealed);
    enum render_error error = judge(reel.error, reel.media, reason);
    g_clear_error(&reel.media);
    if (error == RENDER_OK) {
        int64_t duration_us = render->survey->end_us - render->survey->start_us;
        *file = manifest_file(FILM_FILE, "composed", "video/webm", size, hash);
        json_object_set_new(*file, "codec", json_string("VP8,opus"));
        json_object_set_new(*file, "duration_ms", json_integer(duration_us / 1000));
    }
    return error;
}

/* ---- the still ---- */

#define DEVELOPER "vp8dec name=in0 ! jpegenc name=out quality=85"

static bool keep_last(void *arg, GstBuffer *buffer)
{
    gst_buffer_replace(arg, buffer);
    return true;
}

/* Pictures up to the moment, from the last key frame before it. */
static int develop(struct packets_in *in, struct line *line, int64_t at_us, GError **media)
{
    struct packets_item item;
    int result;
    while ((result = packets_next(in, &item)) == 1 && item.at_us <= at_us) {
        GstClockTime at = (GstClockTime)MAX(item.at_us, 0) * 1000;
        if (at_us - item.at_us > 10 * 1000000)
            continue;
        if (!line_push(line, 0, line_buffer(item.data, item.size, at, GST_CLOCK_TIME_NONE, item.key), media))
            break;
    }
    return result < 0 ? result : 0;
}

static int take_still(struct render *render, int64_t at_us, GstBuffer **still, GError **media)
{
    int64_t part_us = render->part_us ? render->part_us : PICTURE_PART_US;
    g_autofree char *name = picture_part_name((unsigned)(at_us / part_us));
    struct packets_in *in;
    int result = packets_open(render->work, name, render->key, &in);
    if (result < 0)
        return result;
    const char *inputs[] = {VP8, NULL};
    struct line_handler handler = {.buffer_fn = keep_last, .arg = still};
    struct line *line = line_create(DEVELOPER, inputs, &handler, media);
    if (line)
        result = develop(in, line, at_us, media);
    if (line && result == 0 && !*media)
        line_finish(line, media);
    line_destroy(line);
    packets_close(in);
    return result;
}

enum render_error poster_write(struct render *render, int64_t at_us, json_t **file, char **reason)
{
    GstBuffer *still = NULL;
    GError *media = NULL;
    GstMapInfo map = GST_MAP_INFO_INIT;
    unsigned char hash[VAULT_HASH_SIZE];
    int result = take_still(render, at_us, &still, &media);
    if (result == 0 && !media && (!still || !gst_buffer_map(still, &map, GST_MAP_READ)))
        media = g_error_new_literal(GST_CORE_ERROR, GST_CORE_ERROR_FAILED, "no still came out");
    if (result == 0 && !media) {
        result = sealed_write(render->out, POSTER_FILE, render->key, map.data, map.size, hash);
        *file = manifest_file(POSTER_FILE, "poster", "image/jpeg", map.size, hash);
        json_object_set_new(*file, "at_ms", json_integer(at_us / 1000));
        gst_buffer_unmap(still, &map);
    }
    enum render_error error = judge(result, media, reason);
    if (error != RENDER_OK)
        g_clear_pointer(file, json_decref);
    g_clear_pointer(&still, gst_buffer_unref);
    g_clear_error(&media);
    return error;
}
