/*
 * A call that never took place: real encoders and payloaders make each participant's packets, which are then delayed,
 * reordered and lost as told and written to a journal; and what came of them is decoded again and measured.
 */
#ifndef TESTS_RENDER_FIXTURE_H
#define TESTS_RENDER_FIXTURE_H

#include <fcntl.h>
#include <gst/app/gstappsink.h>
#include <gst/gst.h>
#include <gst/video/video.h>
#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/journal.h"
#include "media/render/line.h"
#include "media/render/manifest.h"
#include "media/render/render.h"
#include "media/render/sanitized.h"
#include "media/vault.h"

static const unsigned char KEY[32] = "the key of a recording, 32 bytes";
static const int64_t EPOCH_US = 1800000000ll * 1000000;
static const int64_t CLOCK_US = 5000ll * 1000000; /* the worker's clock at the call's begin */

/* ---- a call ---- */

/* What one source sends, and how it gets through. Times are of the call, in milliseconds. */
struct act {
    const char *track, *participant, *codec; /* "opus", "VP8", "H264" */
    const char *source;                      /* NULL: "camera" or "microphone" */
    int from_ms, to_ms;
    int width, height;            /* pictures */
    int luma, u, v;               /* their colour */
    double tone_hz;               /* sound */
    bool signal;                  /* a flash, or a beep, of 100 ms at each whole second; without: steady */
    int delay_ms;                 /* on the way; sound and picture may differ */
    int jitter_ms;                /* up to so much more, so that packets overtake one another */
    int loss_percent;             /* lost for good */
    int late_percent;             /* lost, and sent again 300 ms later */
    int deaf_from_ms, deaf_to_ms; /* nothing gets through in between */
    bool busy;                    /* something moves everywhere in the picture */
    bool silent_reports;          /* no sender reports */
    bool dtx;                     /* sound: next to nothing is sent in silence */
    int skew_ppm;                 /* of its clock */
    uint32_t ssrc;
};

struct parcel {
    int64_t arrival_us; /* of the call */
    int track;          /* number among the acts */
    uint32_t rtp;       /* of a report */
    int64_t captured_us;
    const char *event; /* of an event */
    uint8_t *data;
    size_t size;
};

struct call {
    char directory[64], out[80];
    json_t *legend; /* borrowed; NULL: none */
    GArray *parcels;
    const struct act *acts;
    size_t count;
    uint32_t seed;
    /* the act being played */
    int now;
    int64_t played_us;
};

static inline uint32_t chance(struct call *call, uint32_t below)
{
    call->seed = call->seed * 1664525 + 1013904223;
    return (call->seed >> 8) % below;
}

static inline bool on_rtp(void *arg, GstBuffer *buffer)
{
    struct call *call = arg;
    const struct act *act = &call->acts[call->now];
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    int64_t captured_us = act->from_ms * 1000ll + (int64_t)GST_BUFFER_PTS(buffer) / 1000;
    int64_t on_way_us = (act->delay_ms + (act->jitter_ms ? (int)chance(call, (uint32_t)act->jitter_ms) : 0)) * 1000ll;
    if (chance(call, 100) < (uint32_t)act->late_percent)
        on_way_us += 300000;
    bool lost = chance(call, 100) < (uint32_t)act->loss_percent ||
                (captured_us >= act->deaf_from_ms * 1000ll && captured_us < act->deaf_to_ms * 1000ll);
    struct parcel parcel = {.arrival_us = captured_us + on_way_us, .track = call->now, .size = map.size};
    parcel.data = g_memdup2(map.data, map.size);
    if (call->parcels && !lost)
        g_array_append_val(call->parcels, parcel);
    else
        g_free(parcel.data);
    gst_buffer_unmap(buffer, &map);
    return true;
}

static inline GstBuffer *paint(const struct act *act, int64_t at_us)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    gst_video_info_set_format(&info, GST_VIDEO_FORMAT_I420, (guint)act->width, (guint)act->height);
    GstBuffer *buffer = gst_buffer_new_allocate(NULL, info.size, NULL);
    gst_video_frame_map(&frame, &info, buffer, GST_MAP_WRITE);
    bool flash = act->signal && at_us % 1000000 < 100000;
    int values[3] = {flash ? 235 : act->luma, flash ? 128 : act->u, flash ? 128 : act->v};
    for (guint plane = 0; plane < 3; plane++)
        for (int y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT(&frame, plane); y++)
            memset((uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(&frame, plane) +
                       y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, plane),
                   values[plane], (size_t)GST_VIDEO_FRAME_COMP_WIDTH(&frame, plane));
    for (int y = 0; act->busy && y < act->height; y++)
        for (int x = 0; x < act->width; x++) {
            uint8_t *luma = (uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) +
                            y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0);
            luma[x] = (uint8_t)(60 + (x + y + at_us / 20000) % 120 + (x * 7919 + y * 104729 + at_us / 40000 * 31) % 9);
        }
    int ball = (int)(at_us / 10000 % (act->width - 16)); /* something moves, low in the picture */
    for (int y = act->height - 20; y < act->height - 8; y++)
        memset((uint8_t *)GST_VIDEO_FRAME_PLANE_DATA(&frame, 0) + y * GST_VIDEO_FRAME_PLANE_STRIDE(&frame, 0) + ball,
               200, 12);
    gst_video_frame_unmap(&frame);
    return buffer;
}

static inline GstBuffer *ring(const struct act *act, int64_t at_us)
{
    int16_t samples[960];
    for (int i = 0; i < 960; i++) {
        double t = (double)at_us / 1e6 + i / 48000.0;
        bool on = !act->signal || fmod(t, 1.0) < 0.1;
        samples[i] = on ? (int16_t)(6000 * sin(2 * M_PI * act->tone_hz * t)) : 0;
    }
    return gst_buffer_new_memdup(samples, sizeof samples);
}

static inline struct line *open_act(struct call *call, const struct act *act, bool video)
{
    g_autofree char *caps =
        video ? g_strdup_printf(
                    "video/x-raw, format=(string)I420, width=(int)%d, height=(int)%d, framerate=(fraction)25/1, "
                    "pixel-aspect-ratio=(fraction)1/1, interlace-mode=(string)progressive",
                    act->width, act->height)
              : g_strdup(
                    "audio/x-raw, format=(string)S16LE, layout=(string)interleaved, rate=(int)48000, channels=(int)1");
    const char *encoder = !video ? (act->dtx ? "opusenc name=in0 dtx=true ! rtpopuspay name=out pt=111 dtx=true"
                                             : "opusenc name=in0 ! rtpopuspay name=out pt=111")
                          : strcmp(act->codec, "H264") == 0
                              ? "openh264enc name=in0 gop-size=50 ! h264parse ! rtph264pay name=out pt=102 "
                                "aggregate-mode=zero-latency config-interval=-1"
                              : "vp8enc name=in0 deadline=1 cpu-used=-8 keyframe-max-dist=50 ! rtpvp8pay name=out "
                                "pt=96 picture-id-mode=2";
    g_autofree char *description = g_strdup_printf("%s ssrc=%u seqnum-offset=%u timestamp-offset=%u mtu=1200", encoder,
                                                   act->ssrc, 65500u, 4294900000u); /* both are about to wrap */
    const char *inputs[] = {caps, NULL};
    struct line_handler handler = {.buffer_fn = on_rtp, .arg = call};
    GError *error = NULL;
    struct line *line = line_create(description, inputs, &handler, &error);
    if (!line)
        fail_msg("%s", error->message);
    return line;
}

static inline bool is_video(const struct act *act)
{
    return strcmp(act->codec, "opus") != 0;
}

/* Reports every second: what the RTP clock showed at that moment. */
static inline void report(struct call *call, const struct act *act, int64_t at_us)
{
    uint32_t clock_hz = is_video(act) ? 90000 : 48000;
    struct parcel parcel = {.arrival_us = at_us + act->delay_ms * 1000ll, .track = call->now, .captured_us = at_us};
    parcel.rtp = 4294900000u + (uint32_t)((at_us - act->from_ms * 1000ll) * clock_hz / 1000000);
    g_array_append_val(call->parcels, parcel);
}

static inline void play(struct call *call, int number)
{
    const struct act *act = &call->acts[number];
    bool video = is_video(act);
    int64_t step_us = video ? 40000 : 20000;
    call->now = number;
    struct line *line = open_act(call, act, video);
    for (int64_t at_us = act->from_ms * 1000ll; at_us < act->to_ms * 1000ll; at_us += step_us) {
        GstBuffer *buffer = video ? paint(act, at_us) : ring(act, at_us);
        GST_BUFFER_PTS(buffer) = (GstClockTime)(at_us - act->from_ms * 1000ll) * 1000;
        GST_BUFFER_DURATION(buffer) = (GstClockTime)step_us * 1000;
        assert_true(line_push(line, 0, buffer, NULL));
        if (!act->silent_reports && (at_us - act->from_ms * 1000ll) % 1000000 == 0)
            report(call, act, at_us);
    }
    line_finish(line, NULL);
    line_destroy(line);
}

static inline gint by_arrival(gconstpointer a, gconstpointer b)
{
    const struct parcel *left = a, *right = b;
    return left->arrival_us < right->arrival_us ? -1 : left->arrival_us > right->arrival_us;
}

static inline void call_begin(struct call *call, const struct act *acts, size_t count)
{
    memset(call, 0, sizeof *call);
    strcpy(call->directory, "/tmp/hoichan-render-XXXXXX");
    assert_non_null(mkdtemp(call->directory));
    snprintf(call->out, sizeof call->out, "%s/out", call->directory);
    assert_int_equal(mkdir(call->out, 0700), 0);
    call->parcels = g_array_new(FALSE, FALSE, sizeof(struct parcel));
    call->acts = acts;
    call->count = count;
    call->seed = 42;
    for (size_t i = 0; i < count; i++)
        play(call, (int)i);
}

static inline void call_event(struct call *call, int at_ms, const char *json)
{
    struct parcel parcel = {.arrival_us = at_ms * 1000ll, .track = -1, .event = json};
    g_array_append_val(call->parcels, parcel);
}

/* ---- its journal ---- */

static inline struct journal *open_segment(const struct call *call, int number, const unsigned char *chain,
                                           int64_t at_us)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%d.hcj", call->directory, number);
    struct journal_config config = {.fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600),
                                    .recording = "r1",
                                    .segment = (uint32_t)number,
                                    .key = KEY,
                                    .chain = chain,
                                    .now_us = (uint64_t)(CLOCK_US + at_us + number * 777000000ll),
                                    .epoch_us = (uint64_t)(EPOCH_US + at_us)};
    struct journal *journal;
    assert_int_equal(journal_open(&config, &journal), 0);
    return journal;
}

static inline void write_parcel(const struct call *call, struct journal *journal, int *numbers,
                                const struct parcel *parcel, uint64_t base_us)
{
    uint64_t now_us = base_us + (uint64_t)parcel->arrival_us;
    if (parcel->event) {
        assert_int_equal(journal_event(journal, parcel->event, now_us), 0);
        return;
    }
    const struct act *act = &call->acts[parcel->track];
    int *number = &numbers[parcel->track];
    for (size_t i = 0; *number < 0 && i < call->count; i++) /* acts of one track in one segment are one */
        if (numbers[i] >= 0 && strcmp(call->acts[i].track, act->track) == 0 &&
            strcmp(call->acts[i].codec, act->codec) == 0)
            *number = numbers[i];
    if (*number < 0) {
        bool video = is_video(act);
        struct journal_track track = {act->track,
                                      act->participant,
                                      video ? "video" : "audio",
                                      act->source ? act->source
                                      : video     ? "camera"
                                                  : "microphone",
                                      act->codec,
                                      video ? 90000 : 48000,
                                      0,
                                      NULL};
        *number = journal_track(journal, &track, now_us);
        assert_true(*number >= 0);
    }
    int result = parcel->data
                     ? journal_rtp(journal, *number, parcel->data, parcel->size, now_us)
                     : journal_sr(journal, *number, parcel->rtp, base_us + (uint64_t)parcel->captured_us, now_us);
    assert_int_equal(result, 0);
    journal_tick(journal, now_us);
}

/* Writes parcels that arrive in [from_ms, to_ms) as segment `number`; when `dies`, its end is missing as after kill
 * -9. */
static inline void call_segment(struct call *call, int number, int from_ms, int to_ms, bool dies, unsigned char *chain)
{
    int numbers[32];
    memset(numbers, -1, sizeof numbers);
    g_array_sort(call->parcels, by_arrival);
    struct journal *journal = open_segment(call, number, chain, from_ms * 1000ll);
    uint64_t base_us = (uint64_t)(CLOCK_US + number * 777000000ll), now_us = base_us;
    for (guint i = 0; i < call->parcels->len; i++) {
        const struct parcel *parcel = &g_array_index(call->parcels, struct parcel, i);
        if (parcel->arrival_us < from_ms * 1000ll || parcel->arrival_us >= to_ms * 1000ll)
            continue;
        now_us = base_us + (uint64_t)parcel->arrival_us;
        write_parcel(call, journal, numbers, parcel, base_us);
    }
    uint64_t bytes;
    assert_int_equal(journal_close(journal, now_us, chain, &bytes), 0);
    if (!dies)
        return;
    char path[128];
    snprintf(path, sizeof path, "%s/%d.hcj", call->directory, number);
    assert_int_equal(truncate(path, (off_t)bytes - 40), 0);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_int_equal(journal_chain_end(fd, chain, &bytes), 0);
    close(fd);
}

static inline void call_journal(struct call *call)
{
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    call_segment(call, 0, 0, 100000000, false, chain);
}

static inline void call_end(struct call *call)
{
    for (guint i = 0; i < call->parcels->len; i++)
        g_free(g_array_index(call->parcels, struct parcel, i).data);
    g_array_free(call->parcels, TRUE);
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", call->directory);
    if (!getenv("KEEP_RENDER"))
        assert_int_equal(system(command), 0);
}

/* ---- what came of it ---- */

static inline enum render_error call_render(const struct call *call, char **reason)
{
    struct render render = {.journal = call->directory, .out = call->out, .recording = "r1", .legend = call->legend};
    memcpy(render.key, KEY, sizeof KEY);
    return render_run(&render, reason);
}

static inline void must_render(const struct call *call)
{
    char *reason = NULL;
    if (call_render(call, &reason) != RENDER_OK)
        fail_msg("render: %s", reason);
}

static inline json_t *load_manifest(const struct call *call)
{
    json_t *manifest;
    assert_int_equal(manifest_load(call->out, MANIFEST_FILE, KEY, &manifest), 0);
    return manifest;
}

/* Every chunk opens, and all together have the hash that was sealed. */
static inline bool is_whole(struct vault *vault)
{
    size_t size = (size_t)vault_size(vault);
    g_autofree unsigned char *plain = g_malloc(size + 1);
    unsigned char hash[VAULT_HASH_SIZE];
    if (vault_read(vault, 0, plain, size) != (ssize_t)size)
        return false;
    crypto_hash_sha256(hash, plain, size);
    return memcmp(hash, vault_hash(vault), sizeof hash) == 0;
}

/* The manifest's entry of a file; checks its size and hash against the sealed file. */
static inline json_t *file_of(const struct call *call, json_t *manifest, const char *name)
{
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(manifest, "files"), i, file)
    {
        if (strcmp(json_string_value(json_object_get(file, "name")), name) != 0)
            continue;
        g_autofree char *path = g_strdup_printf("%s/%s.sealed", call->out, name);
        struct vault *vault;
        assert_int_equal(vault_open(path, KEY, &vault), 0);
        assert_int_equal(vault_size(vault), json_integer_value(json_object_get(file, "size")));
        g_autofree char *hash = manifest_hex(vault_hash(vault), VAULT_HASH_SIZE);
        assert_string_equal(hash, json_string_value(json_object_get(file, "sha256")));
        assert_true(is_whole(vault));
        vault_close(vault);
        return file;
    }
    fail_msg("no file %s", name);
    return NULL;
}

/* Unseals a file to look at it with other programs. g_free the path. */
static inline char *unseal(const struct call *call, const char *name)
{
    g_autofree char *path = g_strdup_printf("%s/%s.sealed", call->out, name);
    char *plain = g_strdup_printf("%s/plain-%s", call->directory, name);
    struct vault *vault;
    assert_int_equal(vault_open(path, KEY, &vault), 0);
    FILE *file = fopen(plain, "we");
    static uint8_t buffer[100000];
    uint64_t at = 0;
    for (ssize_t got; (got = vault_read(vault, at, buffer, sizeof buffer)) > 0; at += (uint64_t)got)
        assert_int_equal(fwrite(buffer, 1, (size_t)got, file), got);
    assert_int_equal(at, vault_size(vault));
    fclose(file);
    vault_close(vault);
    return plain;
}

/* A file decoded: the middle of every picture, or of one region of it, and all samples. */
struct watched {
    GArray *pictures; /* struct look */
    GArray *samples;  /* int16_t, mono, from time 0 */
    int width, height;
};

struct look {
    int64_t at_us;
    int width, height;
    uint8_t grid[9][9][3]; /* Y, U, V at ninths */
};

static inline void look_at_picture(struct watched *watched, GstSample *sample)
{
    GstVideoInfo info;
    GstVideoFrame frame;
    struct look look = {.at_us = (int64_t)GST_BUFFER_PTS(gst_sample_get_buffer(sample)) / 1000};
    gst_video_info_from_caps(&info, gst_sample_get_caps(sample));
    gst_video_frame_map(&frame, &info, gst_sample_get_buffer(sample), GST_MAP_READ);
    look.width = info.width;
    look.height = info.height;
    for (int row = 0; row < 9; row++)
        for (int column = 0; column < 9; column++)
            for (guint c = 0; c < 3; c++) {
                int x = (2 * column + 1) * GST_VIDEO_FRAME_COMP_WIDTH(&frame, c) / 18;
                int y = (2 * row + 1) * GST_VIDEO_FRAME_COMP_HEIGHT(&frame, c) / 18;
                look.grid[row][column][c] =
                    ((uint8_t *)GST_VIDEO_FRAME_COMP_DATA(&frame, c))[y * GST_VIDEO_FRAME_COMP_STRIDE(&frame, c) + x];
            }
    gst_video_frame_unmap(&frame);
    g_array_append_val(watched->pictures, look);
}

static inline void listen_to(struct watched *watched, GstSample *sample)
{
    GstBuffer *buffer = gst_sample_get_buffer(sample);
    GstMapInfo map;
    gst_buffer_map(buffer, &map, GST_MAP_READ);
    guint at = (guint)(GST_BUFFER_PTS(buffer) * 48 / 1000000), count = (guint)map.size / 2;
    if (watched->samples->len < at + count)
        g_array_set_size(watched->samples, at + count);
    memcpy(&g_array_index(watched->samples, int16_t, at), map.data, map.size);
    gst_buffer_unmap(buffer, &map);
}

static inline void pull_all(struct watched *watched, GstElement *pipeline, const char *name,
                            void (*take)(struct watched *, GstSample *))
{
    GstElement *sink = gst_bin_get_by_name(GST_BIN(pipeline), name);
    if (!sink)
        return;
    for (GstSample *sample; (sample = gst_app_sink_pull_sample(GST_APP_SINK(sink)));) {
        take(watched, sample);
        gst_sample_unref(sample);
    }
    gst_object_unref(sink);
}

#define WATCH_VIDEO " ! decodebin ! videoconvert ! video/x-raw,format=I420 ! appsink name=v sync=false max-buffers=0 "
#define WATCH_AUDIO                                                                                                    \
    " ! decodebin ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! appsink name=a "   \
    "sync=false max-buffers=0 "

static inline void watch(struct watched *watched, const char *path, bool video, bool audio)
{
    GError *error = NULL;
    g_autofree char *description =
        video && audio
            ? g_strdup_printf("filesrc location=%s ! matroskademux name=d d.video_0 ! queue max-size-buffers=0 "
                              "max-size-time=0 max-size-bytes=0" WATCH_VIDEO
                              "d.audio_0 ! queue max-size-buffers=0 max-size-time=0 max-size-bytes=0" WATCH_AUDIO,
                              path)
            : g_strdup_printf("filesrc location=%s %s", path, video ? WATCH_VIDEO : WATCH_AUDIO);
    GstElement *pipeline = gst_parse_launch(description, &error);
    if (!pipeline || error)
        fail_msg("%s", error->message);
    watched->pictures = g_array_new(FALSE, TRUE, sizeof(struct look));
    watched->samples = g_array_new(FALSE, TRUE, sizeof(int16_t));
    gst_element_set_state(pipeline, GST_STATE_PLAYING);
    pull_all(watched, pipeline, "v", look_at_picture);
    pull_all(watched, pipeline, "a", listen_to);
    GstBus *bus = gst_element_get_bus(pipeline);
    GstMessage *message = gst_bus_pop_filtered(bus, GST_MESSAGE_ERROR);
    assert_null(message);
    gst_object_unref(bus);
    gst_element_set_state(pipeline, GST_STATE_NULL);
    gst_object_unref(pipeline);
}

static inline void unwatch(struct watched *watched)
{
    g_array_free(watched->pictures, TRUE);
    g_array_free(watched->samples, TRUE);
}

static inline const struct look *look_at(const struct watched *watched, int at_ms)
{
    const struct look *last = NULL;
    for (guint i = 0; i < watched->pictures->len; i++) {
        const struct look *look = &g_array_index(watched->pictures, struct look, i);
        if (look->at_us <= at_ms * 1000ll)
            last = look;
    }
    assert_non_null(last);
    return last;
}

/* Goertzel: how much of a frequency is in the sound, 0 to 1 of full scale. */
static inline double tone_at(const struct watched *watched, int from_ms, int to_ms, double hz)
{
    double coefficient = 2 * cos(2 * M_PI * hz / 48000), a = 0, b = 0;
    int from = from_ms * 48, to = MIN(to_ms * 48, (int)watched->samples->len);
    for (int i = from; i < to; i++) {
        double c = g_array_index(watched->samples, int16_t, i) / 32768.0 + coefficient * a - b;
        b = a;
        a = c;
    }
    return to <= from ? 0 : 2 * sqrt(a * a + b * b - coefficient * a * b) / (to - from);
}

/* When sound rises out of silence next after `from_ms`, in ms; -1: not at all. */
static inline double next_beep(const struct watched *watched, int from_ms)
{
    for (guint i = (guint)from_ms * 48; i + 48 < watched->samples->len; i++)
        if (abs(g_array_index(watched->samples, int16_t, i)) > 1500)
            return i / 48.0;
    return -1;
}

/* When the picture turns bright at a place of the ninths next after `from_ms`. */
static inline double next_flash(const struct watched *watched, int from_ms, int row, int column)
{
    for (guint i = 1; i < watched->pictures->len; i++) {
        const struct look *before = &g_array_index(watched->pictures, struct look, i - 1), *look = before + 1;
        if (look->at_us >= from_ms * 1000ll && before->grid[row][column][0] < 150 && look->grid[row][column][0] > 180)
            return (double)look->at_us / 1000;
    }
    return -1;
}

/* One line of what ffprobe says. g_free it. */
static inline char *probe(const char *path, const char *what)
{
    g_autofree char *command = g_strdup_printf("ffprobe -v error -of csv=p=0 %s '%s'", what, path);
    char line[256] = "";
    FILE *pipe = popen(command, "r");
    if (!fgets(line, sizeof line, pipe))
        line[0] = '\0';
    pclose(pipe);
    return g_strdup(g_strchomp(line));
}

#endif
