#include "media/render/feed.h"

#include <string.h>

enum {
    STEP_US = 100 * 1000,      /* of journal time between two looks at the clock */
    LATE_US = 5 * 1000 * 1000, /* a frame is complete that long after its capture: reordering, and the way it came */
    STALE_US = 500 * 1000,     /* further before its predecessor, a frame is dropped */
    SILENT_US = 2000 * 1000,   /* a stream that sends nothing that long may be replaced by any other */
    TURN_US = 1000,            /* least distance of two frames */
};

/* One track in one segment: the stream its packets have at present. */
struct intake {
    struct feed *feed;
    struct survey_track *track;
    uint32_t segment;
    uint32_t ssrc;
    struct survey_stream *stream; /* NULL before the first packet */
    struct reorder *reorder;
    struct depay *depay;
    bool jumped;
    int64_t heard_us;
};

struct feed {
    const struct survey *survey;
    const struct feed_handler *handler;
    GHashTable *intakes; /* track number of the segment → struct intake */
    GHashTable *unwraps; /* survey_stream → struct unwrap */
    int64_t *last_us;    /* by track index: its last frame, INT64_MIN before */
    int64_t looked_us;
};

static void on_frame(void *arg, const struct depay_frame *media)
{
    struct intake *intake = arg;
    struct feed *feed = intake->feed;
    int64_t *last_us = &feed->last_us[intake->track->index];
    struct feed_frame frame = {.track = intake->track, .media = media, .segment = intake->segment};
    frame.at_us = capture_time(intake->stream->capture, media->timestamp) - feed->survey->start_us;
    frame.duration_us = (int64_t)media->duration * 1000000 / 48000;
    if (frame.at_us < *last_us - STALE_US)
        return;
    if (frame.at_us < *last_us + TURN_US)
        frame.at_us = *last_us + TURN_US;
    *last_us = frame.at_us;
    feed->handler->frame_fn(feed->handler->arg, &frame);
}

static void free_intake(gpointer data)
{
    struct intake *intake = data;
    reorder_destroy(intake->reorder);
    depay_destroy(intake->depay);
    g_free(intake);
}

static void pop_due(struct intake *intake, int64_t now_us)
{
    for (struct reordered *packet; (packet = reorder_pop(intake->reorder, now_us));) {
        packet->lost += intake->jumped;
        intake->jumped = false;
        depay_push(intake->depay, packet);
        g_free(packet);
    }
}

static void drain(struct intake *intake)
{
    pop_due(intake, INT64_MAX);
    reorder_reset(intake->reorder);
}

static struct intake *take_intake(struct feed *feed, const struct journal_record *record)
{
    struct intake *intake = g_hash_table_lookup(feed->intakes, GINT_TO_POINTER(record->track));
    if (intake)
        return intake;
    struct survey_track *track = survey_track_of(feed->survey, record->segment, record->track);
    if (!track || track->codec == DEPAY_NONE || !(feed->handler->wanted & (track->video ? FEED_VIDEO : FEED_AUDIO)))
        return NULL;
    intake = g_new0(struct intake, 1);
    intake->feed = feed;
    intake->track = track;
    intake->segment = record->segment;
    intake->reorder = reorder_create();
    intake->depay = depay_create(track->codec, track->red_pt, on_frame, intake);
    g_hash_table_insert(feed->intakes, GINT_TO_POINTER(record->track), intake);
    return intake;
}

/*
 * Another SSRC takes over when the tap changed the layer or the sender began anew. It does so with a key frame; packets
 * of the one before that straggle in must not turn it back.
 */
static bool takes_over(const struct intake *intake, const struct packet *packet, int64_t now_us)
{
    int width, height;
    return !intake->stream || depay_is_key(intake->track->codec, packet, &width, &height) ||
           now_us - intake->heard_us > SILENT_US;
}

static void switch_stream(struct intake *intake, struct survey_stream *stream, uint32_t ssrc)
{
    drain(intake);
    if (intake->stream)
        depay_flush(intake->depay);
    intake->stream = stream;
    intake->ssrc = ssrc;
    intake->jumped = false;
}

static int64_t unwrap_for(struct feed *feed, struct survey_stream *stream, uint32_t timestamp)
{
    struct unwrap *unwrap = g_hash_table_lookup(feed->unwraps, stream);
    if (!unwrap) {
        unwrap = g_new0(struct unwrap, 1);
        g_hash_table_insert(feed->unwraps, stream, unwrap);
    }
    return unwrap_next(unwrap, timestamp);
}

static void on_packet(struct feed *feed, const struct journal_record *record)
{
    struct packet packet;
    struct intake *intake = take_intake(feed, record);
    int64_t now_us = (int64_t)record->time_us;
    if (!intake || !packet_parse(record->data, record->size, &packet))
        return;
    struct survey_stream *stream = survey_stream_of(feed->survey, record->segment, record->track, packet.ssrc);
    if (!stream)
        return;
    int64_t timestamp = unwrap_for(feed, stream, packet.timestamp);
    if (stream != intake->stream) {
        if (!takes_over(intake, &packet, now_us))
            return;
        switch_stream(intake, stream, packet.ssrc);
    }
    intake->heard_us = now_us;
    if (!reorder_push(intake->reorder, &packet, timestamp, now_us)) {
        drain(intake);
        intake->jumped = true;
        reorder_push(intake->reorder, &packet, timestamp, now_us);
    }
    pop_due(intake, now_us);
}

static void end_segment(struct feed *feed)
{
    GHashTableIter iter;
    gpointer intake;
    g_hash_table_iter_init(&iter, feed->intakes);
    while (g_hash_table_iter_next(&iter, NULL, &intake))
        drain(intake);
    g_hash_table_remove_all(feed->intakes);
}

static void look_at_clock(struct feed *feed, int64_t now_us)
{
    GHashTableIter iter;
    gpointer intake;
    if (now_us - feed->looked_us < STEP_US)
        return;
    feed->looked_us = now_us;
    g_hash_table_iter_init(&iter, feed->intakes);
    while (g_hash_table_iter_next(&iter, NULL, &intake))
        pop_due(intake, now_us);
    feed->handler->passed_fn(feed->handler->arg, now_us - feed->survey->start_us - LATE_US);
}

static struct feed *create(const struct survey *survey, const struct feed_handler *handler)
{
    struct feed *feed = g_new0(struct feed, 1);
    feed->survey = survey;
    feed->handler = handler;
    feed->intakes = g_hash_table_new_full(NULL, NULL, NULL, free_intake);
    feed->unwraps = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    feed->last_us = g_new(int64_t, survey->tracks->len + 1);
    for (guint i = 0; i < survey->tracks->len; i++)
        feed->last_us[i] = INT64_MIN / 2;
    return feed;
}

static void destroy(struct feed *feed)
{
    g_hash_table_unref(feed->intakes);
    g_hash_table_unref(feed->unwraps);
    g_free(feed->last_us);
    g_free(feed);
}

int feed_run(const char *directory, const unsigned char *key, const struct survey *survey,
             const struct feed_handler *handler)
{
    struct journal_reader *reader;
    struct journal_record record;
    int result = journal_reader_open(directory, key, &reader);
    if (result < 0)
        return result;
    struct feed *feed = create(survey, handler);
    uint64_t done, total;
    bool stopped = false;
    for (unsigned i = 0; !stopped && journal_reader_next(reader, &record) == 1; i++) {
        if (record.kind == JOURNAL_RTP || record.kind == JOURNAL_EVENT)
            look_at_clock(feed, (int64_t)record.time_us); /* before the packet: it may come after a long silence */
        if (record.kind == JOURNAL_RTP)
            on_packet(feed, &record);
        else if (record.kind == JOURNAL_SEGMENT_END)
            end_segment(feed);
        if (i % 4096 == 0) {
            journal_reader_progress(reader, &done, &total);
            handler->progress_fn(handler->arg, done, total);
            stopped = handler->stop_fn && handler->stop_fn(handler->arg);
        }
    }
    end_segment(feed);
    handler->passed_fn(handler->arg, INT64_MAX);
    destroy(feed);
    journal_reader_close(reader);
    return 0;
}
