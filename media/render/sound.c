#include "media/render/sound.h"

#include "media/render/feed.h"
#include "media/render/mix.h"
#include "media/render/packets.h"

#define DECODER "opusdec name=in0 plc=true ! capsfilter name=out caps=audio/x-raw,format=S16LE,rate=48000,channels=2"
#define OPUS    "audio/x-opus, rate=(int)48000, channels=(int)2, channel-mapping-family=(int)0"
#define ENCODER "opusenc name=in0 bitrate=64000 frame-size=20 complexity=6 audio-type=generic ! identity name=out"
#define RAW     "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)48000, channels=(int)2"

enum { CONCEAL_US = 120 * 1000 }; /* the longest loss that the decoder is asked to fill in */

/* One track's decoder. */
struct voice {
    struct sounding *sounding;
    struct line *line;
    struct mix_track *place;
    int64_t end_us;
    int64_t at_us; /* of what is being decoded */
};

struct sounding {
    struct render *render;
    struct mix *mix;
    struct voice *voices;
    guint count;
    struct line *encoder;
    struct packets_out *out;
    int error;
    GError *media;
};

static bool on_samples(void *arg, GstBuffer *buffer)
{
    struct voice *voice = arg;
    GstMapInfo map;
    if (!gst_buffer_map(buffer, &map, GST_MAP_READ))
        return false;
    size_t count = map.size / (2 * sizeof(int16_t));
    mix_add(voice->sounding->mix, voice->place, voice->at_us, (const int16_t *)map.data, count);
    voice->at_us += (int64_t)count * 1000 / 48;
    gst_buffer_unmap(buffer, &map);
    return true;
}

static bool open_voice(struct sounding *sounding, struct voice *voice)
{
    const char *inputs[] = {OPUS, NULL};
    struct line_handler handler = {.buffer_fn = on_samples, .arg = voice};
    voice->sounding = sounding;
    voice->line = line_create(DECODER, inputs, &handler, &sounding->media);
    voice->place = mix_track_create();
    return voice->line != NULL;
}

/* What an interpreter says on their channel was not said to all: it has its track's own file, and is not in the film. */
static void on_frame(void *arg, const struct feed_frame *frame)
{
    struct sounding *sounding = arg;
    struct voice *voice = &sounding->voices[frame->track->index];
    const struct survey *survey = sounding->render->survey;
    if (survey_is_apart(survey, frame->track, survey->start_us + frame->at_us))
        return;
    if (sounding->media || (!voice->line && !open_voice(sounding, voice)))
        return;
    int64_t hole_us = frame->at_us - voice->end_us;
    if (frame->media->after_loss && hole_us >= 2500 && hole_us <= CONCEAL_US) {
        voice->at_us = voice->end_us;
        line_gap(voice->line, 0, (GstClockTime)MAX(voice->end_us, 0) * 1000, (GstClockTime)hole_us * 1000);
    }
    voice->at_us = frame->at_us;
    voice->end_us = frame->at_us + frame->duration_us;
    GstClockTime at = (GstClockTime)MAX(frame->at_us, 0) * 1000, duration = (GstClockTime)frame->duration_us * 1000;
    GError *error = NULL;
    if (!line_push(voice->line, 0, line_buffer(frame->media->data, frame->media->size, at, duration, true), &error)) {
        line_destroy(voice->line); /* a packet that is no Opus: the next one starts afresh */
        voice->line = NULL;
        mix_track_destroy(voice->place);
        voice->place = NULL;
        g_clear_error(&error);
    }
}

/* Encodes all blocks that end before `until_us`. */
static void encode(struct sounding *sounding, int64_t until_us)
{
    int16_t block[2 * MIX_BLOCK];
    int64_t front_us;
    while (!sounding->media && (front_us = mix_front_us(sounding->mix)) + 20000 <= until_us) {
        mix_take(sounding->mix, block);
        GstBuffer *buffer = line_buffer(block, sizeof block, (GstClockTime)front_us * 1000, 20 * GST_MSECOND, true);
        line_push(sounding->encoder, 0, buffer, &sounding->media);
    }
}

static void on_passed(void *arg, int64_t at_us)
{
    struct sounding *sounding = arg;
    const struct survey *survey = sounding->render->survey;
    int64_t end_us = survey->end_us - survey->start_us + 40000;
    encode(sounding, at_us == INT64_MAX ? end_us + 20000 : MIN(at_us - 200000, end_us));
}

static void on_progress(void *arg, uint64_t done, uint64_t total)
{
    render_progress(((struct sounding *)arg)->render, done, total);
}

static bool on_stop(void *arg)
{
    struct sounding *sounding = arg;
    return sounding->media != NULL;
}

static bool open_encoder(struct sounding *sounding)
{
    struct render *render = sounding->render;
    sounding->error = packets_create(render->work, SOUND_FILE, render->key, &sounding->out);
    if (sounding->error < 0)
        return false;
    const char *inputs[] = {RAW, NULL};
    struct line_handler handler = packets_handler(sounding->out, 0);
    sounding->encoder = line_create(ENCODER, inputs, &handler, &sounding->media);
    return sounding->encoder != NULL;
}

static void run(struct sounding *sounding)
{
    struct render *render = sounding->render;
    struct feed_handler handler = {.wanted = FEED_AUDIO,
                                   .frame_fn = on_frame,
                                   .passed_fn = on_passed,
                                   .progress_fn = on_progress,
                                   .stop_fn = on_stop,
                                   .arg = sounding};
    if (!open_encoder(sounding))
        return;
    sounding->error = feed_run(render->journal, render->key, render->survey, &handler);
    if (sounding->error < 0 || sounding->media || !line_finish(sounding->encoder, &sounding->media))
        return;
    sounding->error = packets_finish(sounding->out);
    sounding->out = NULL;
}

static void clean_up(struct sounding *sounding)
{
    for (guint i = 0; i < sounding->count; i++) {
        line_destroy(sounding->voices[i].line);
        mix_track_destroy(sounding->voices[i].place);
    }
    line_destroy(sounding->encoder);
    packets_abandon(sounding->out);
    mix_destroy(sounding->mix);
    g_free(sounding->voices);
    g_clear_error(&sounding->media);
}

enum render_error sound_write(struct render *render, char **reason)
{
    if (packets_exist(render->work, SOUND_FILE, render->key))
        return RENDER_OK;
    struct sounding sounding = {.render = render, .mix = mix_create(), .count = render->survey->tracks->len};
    sounding.voices = g_new0(struct voice, sounding.count + 1);
    run(&sounding);
    enum render_error error = RENDER_OK;
    if (sounding.error < 0 || sounding.media) {
        error = sounding.media ? RENDER_MEDIA : RENDER_OUTPUT;
        *reason = g_strdup(sounding.media ? sounding.media->message : g_strerror(-sounding.error));
    }
    clean_up(&sounding);
    return error;
}
