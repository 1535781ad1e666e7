#include "media/render/survey.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <string.h>

#include "media/render/survey_events.h"

/* ---- what is found ---- */

static gint64 key_of(uint32_t segment, int number, uint32_t ssrc)
{
    return (gint64)((uint64_t)(segment & 0xffff) << 48 | (uint64_t)(number & 0xffff) << 32 | ssrc);
}

static void put(GHashTable *table, gint64 key, void *value)
{
    g_hash_table_replace(table, g_memdup2(&key, sizeof key), value);
}

static void free_track(gpointer data)
{
    struct survey_track *track = data;
    g_free(track->id);
    g_free(track->participant);
    g_free(track->kind);
    g_free(track->source);
    g_free(track->codec_name);
    if (track->parameters)
        g_byte_array_unref(track->parameters);
    g_array_unref(track->spans);
    g_free(track);
}

static void free_stream(gpointer data)
{
    struct survey_stream *stream = data;
    capture_destroy(stream->capture);
    g_free(stream);
}

static void clear_segment(gpointer data)
{
    g_array_unref(((struct survey_segment *)data)->faults);
}

struct survey_track *survey_track_of(const struct survey *survey, uint32_t segment, int number)
{
    gint64 key = key_of(segment, number, 0);
    return g_hash_table_lookup(survey->numbers, &key);
}

struct survey_stream *survey_stream_of(const struct survey *survey, uint32_t segment, int number, uint32_t ssrc)
{
    gint64 key = key_of(segment, number, ssrc);
    return g_hash_table_lookup(survey->streams, &key);
}

static struct survey *create(void)
{
    struct survey *survey = g_new0(struct survey, 1);
    survey->tracks = g_ptr_array_new_with_free_func(free_track);
    survey->intervals = g_array_new(FALSE, TRUE, sizeof(struct survey_interval));
    survey->presences = g_array_new(FALSE, TRUE, sizeof(struct survey_presence));
    survey->channels = g_array_new(FALSE, TRUE, sizeof(struct survey_presence));
    survey->segments = g_array_new(FALSE, TRUE, sizeof(struct survey_segment));
    g_array_set_clear_func(survey->intervals, survey_clear_interval);
    g_array_set_clear_func(survey->presences, survey_clear_presence);
    g_array_set_clear_func(survey->channels, survey_clear_presence);
    survey->moments = g_array_new(FALSE, TRUE, sizeof(struct survey_moment));
    g_array_set_clear_func(survey->moments, survey_clear_moment);
    survey->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
    g_array_set_clear_func(survey->segments, clear_segment);
    survey->streams = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_stream);
    survey->numbers = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return survey;
}

void survey_destroy(struct survey *survey)
{
    if (!survey)
        return;
    g_hash_table_unref(survey->streams);
    g_hash_table_unref(survey->numbers);
    g_array_unref(survey->segments);
    g_array_unref(survey->moments);
    g_hash_table_unref(survey->words);
    g_array_unref(survey->presences);
    g_array_unref(survey->channels);
    g_array_unref(survey->intervals);
    g_ptr_array_unref(survey->tracks);
    g_free(survey);
}

/* ---- tracks ---- */

/* A track that changed its codec is another one: its file would be. */
static struct survey_track *find_track(const struct survey *survey, const char *id, const char *codec)
{
    for (guint i = 0; i < survey->tracks->len; i++) {
        struct survey_track *track = survey->tracks->pdata[i];
        if (strcmp(track->id, id) == 0 && track->codec == depay_codec_of(codec) &&
            (track->codec != DEPAY_NONE || strcmp(track->codec_name, codec) == 0))
            return track;
    }
    return NULL;
}

static void note_track(struct survey *survey, const struct journal_record *record)
{
    json_error_t error;
    json_t *body = json_loadb((const char *)record->data, record->size, 0, &error);
    const char *id, *participant, *kind, *source, *codec;
    json_int_t clock_hz, red_pt = 0;
    if (json_unpack(body, "{s:s, s:s, s:s, s:s, s:s, s:I, s?:I}", "track", &id, "participant", &participant, "kind",
                    &kind, "source", &source, "codec", &codec, "clock_hz", &clock_hz, "red_pt", &red_pt) == 0) {
        struct survey_track *track = find_track(survey, id, codec);
        if (!track && survey->tracks->len < SURVEY_TRACKS_MAX) {
            track = g_new0(struct survey_track, 1);
            track->index = survey->tracks->len;
            track->id = g_strdup(id);
            track->participant = g_strdup(participant);
            track->kind = g_strdup(kind);
            track->source = g_strdup(source);
            track->codec_name = g_strdup(codec);
            track->codec = depay_codec_of(codec);
            track->clock_hz = clock_hz > 0 && clock_hz < 1000000 ? (uint32_t)clock_hz : 90000;
            track->video = strcmp(kind, "video") == 0;
            track->spans = g_array_new(FALSE, FALSE, sizeof(struct survey_span));
            g_ptr_array_add(survey->tracks, track);
        }
        if (track && red_pt > 0 && red_pt < 128)
            track->red_pt = (uint8_t)red_pt;
        if (track)
            put(survey->numbers, key_of(record->segment, record->track, 0), track);
    }
    json_decref(body);
}

/* ---- packets ---- */

static struct survey_stream *take_stream(struct survey *survey, const struct journal_record *record, uint32_t ssrc)
{
    struct survey_stream *stream = survey_stream_of(survey, record->segment, record->track, ssrc);
    struct survey_track *track = stream ? NULL : survey_track_of(survey, record->segment, record->track);
    if (stream || !track || g_hash_table_size(survey->streams) >= SURVEY_STREAMS_MAX)
        return stream;
    stream = g_new0(struct survey_stream, 1);
    stream->track = track;
    stream->capture = capture_create(track->clock_hz);
    put(survey->streams, key_of(record->segment, record->track, ssrc), stream);
    return stream;
}

static void ignore_frame(void *arg, const struct depay_frame *frame)
{
    (void)arg;
    (void)frame;
}

/* The parameter sets of an H.264 track are wanted before its first frame is written. */
static void look_for_parameters(struct survey_track *track, const struct packet *packet)
{
    struct depay *depay = depay_create(DEPAY_H264, 0, ignore_frame, NULL);
    struct reordered alone = {.packet = *packet};
    depay_push(depay, &alone);
    size_t size;
    const uint8_t *parameters = depay_parameters(depay, &size);
    if (parameters) {
        track->parameters = g_byte_array_new();
        g_byte_array_append(track->parameters, parameters, (guint)size);
    }
    depay_destroy(depay);
}

static void note_activity(struct survey_track *track, int64_t now_us)
{
    enum { SILENCE_US = 10 * 1000000 };
    struct survey_span span = {now_us, now_us};
    struct survey_span *last = track->spans->len
                                   ? &g_array_index(track->spans, struct survey_span, track->spans->len - 1)
                                   : NULL;
    if (last && now_us - last->to_us < SILENCE_US)
        last->to_us = now_us;
    else
        g_array_append_val(track->spans, span);
}

static struct survey_stream *note_packet(struct survey *survey, const struct journal_record *record)
{
    struct packet packet;
    if (!packet_parse(record->data, record->size, &packet))
        return NULL;
    struct survey_stream *stream = take_stream(survey, record, packet.ssrc);
    if (!stream)
        return NULL;
    struct survey_track *track = stream->track;
    int width, height;
    capture_packet(stream->capture, packet.timestamp, (int64_t)record->time_us);
    note_activity(track, (int64_t)record->time_us);
    track->packets++;
    if (!track->video || !depay_is_key(track->codec, &packet, &width, &height))
        return stream;
    track->width = MAX(track->width, width);
    track->height = MAX(track->height, height);
    if (track->codec == DEPAY_H264 && !track->parameters)
        look_for_parameters(track, &packet);
    return stream;
}

/* ---- the reading ---- */

struct report {
    uint32_t rtp;
    int64_t captured_us;
};

/* What is remembered from one record to the next. */
struct reading {
    struct survey *survey;
    GHashTable *latest;  /* segment and number → the stream that packets last came for */
    GHashTable *reports; /* segment and number → struct report that came before any packet */
    bool broken;         /* a fault opened a hole that the next record closes … */
    int64_t broken_us;   /* … which began here */
};

static struct survey_segment *last_segment(const struct survey *survey)
{
    GArray *segments = survey->segments;
    return segments->len ? &g_array_index(segments, struct survey_segment, segments->len - 1) : NULL;
}

static struct survey_segment *segment_of(struct survey *survey, uint32_t number)
{
    struct survey_segment *last = last_segment(survey);
    if (last && last->number == number)
        return last;
    struct survey_segment segment = {.number = number};
    segment.faults = g_array_new(FALSE, TRUE, sizeof(struct survey_fault));
    g_array_append_val(survey->segments, segment);
    return last_segment(survey); /* cppcheck-suppress memleak; the array owns what it took */
}

static void on_packet(struct reading *reading, const struct journal_record *record)
{
    struct survey_stream *stream = note_packet(reading->survey, record);
    if (!stream)
        return;
    gint64 key = key_of(record->segment, record->track, 0);
    put(reading->latest, key, stream);
    struct report *report = g_hash_table_lookup(reading->reports, &key);
    if (report) {
        capture_report(stream->capture, report->rtp, report->captured_us);
        g_hash_table_remove(reading->reports, &key);
    }
}

static void on_report(struct reading *reading, const struct journal_record *record)
{
    gint64 key = key_of(record->segment, record->track, 0);
    struct survey_stream *stream = g_hash_table_lookup(reading->latest, &key);
    if (stream) {
        capture_report(stream->capture, record->rtp, (int64_t)record->until_us);
        return;
    }
    struct report *report = g_new(struct report, 1);
    *report = (struct report){record->rtp, (int64_t)record->until_us};
    put(reading->reports, key, report);
}

static void on_fault(struct reading *reading, const struct journal_record *record)
{
    struct survey_fault fault = {record->fault, record->count, (int64_t)record->time_us};
    struct survey_segment *segment = segment_of(reading->survey, record->segment);
    if (segment->faults->len < 1000)
        g_array_append_val(segment->faults, fault);
    reading->survey->altered += record->fault == JOURNAL_FAULT_ALTERED;
    bool hole = record->fault == JOURNAL_FAULT_ALTERED || record->fault == JOURNAL_FAULT_MISSING ||
                record->fault == JOURNAL_FAULT_RECORD || record->fault == JOURNAL_FAULT_READ;
    if (hole && !reading->broken && record->time_us) {
        reading->broken = true;
        reading->broken_us = (int64_t)record->time_us;
    }
}

static void on_content(struct reading *reading, const struct journal_record *record)
{
    struct survey *survey = reading->survey;
    int64_t now_us = (int64_t)record->time_us;
    struct survey_segment *segment = segment_of(survey, record->segment);
    segment->first_us = segment->first_us ? segment->first_us : now_us;
    segment->last_us = now_us;
    if (reading->broken)
        survey_add_interval(survey, SURVEY_JOURNAL, reading->broken_us, now_us);
    reading->broken = false;
    if (record->kind == JOURNAL_TRACK)
        note_track(survey, record);
    else if (record->kind == JOURNAL_RTP)
        on_packet(reading, record);
    else if (record->kind == JOURNAL_SR)
        on_report(reading, record);
    else if (record->kind == JOURNAL_EVENT)
        survey_note_event(survey, record);
    else if (record->kind == JOURNAL_LOST)
        survey_add_interval(survey, SURVEY_DISK, now_us, (int64_t)record->until_us);
}

static void on_record(struct reading *reading, const struct journal_record *record)
{
    struct survey *survey = reading->survey;
    if (record->kind == JOURNAL_FAULT) {
        on_fault(reading, record);
    } else if (record->kind == JOURNAL_SEGMENT) {
        segment_of(survey, record->segment)->readable = true;
        if (!survey->recording[0])
            g_strlcpy(survey->recording, record->header->recording, sizeof survey->recording);
    } else if (record->kind == JOURNAL_SEGMENT_END) {
        struct survey_segment *segment = segment_of(survey, record->segment);
        segment->closed = record->closed;
        segment->chunks = record->count;
        memcpy(segment->chain, record->chain, sizeof segment->chain);
        survey->opened += record->count;
    } else {
        on_content(reading, record);
    }
}

/* Now that all reports are known: when each track, and the whole, began and ended. */
static void place_tracks(struct survey *survey)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, survey->streams);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        struct survey_stream *stream = value;
        struct survey_track *track = stream->track;
        int64_t first_us, last_us;
        if (!capture_range(stream->capture, &first_us, &last_us))
            continue;
        track->first_us = track->heard ? MIN(track->first_us, first_us) : first_us;
        track->last_us = track->heard ? MAX(track->last_us, last_us) : last_us;
        track->heard = true;
    }
    for (guint i = 0; i < survey->tracks->len; i++) {
        struct survey_track *track = survey->tracks->pdata[i];
        if (!track->heard)
            continue;
        survey->start_us = survey->start_us ? MIN(survey->start_us, track->first_us) : track->first_us;
        survey->end_us = MAX(survey->end_us, track->last_us);
    }
}

int survey_create(const char *directory, const unsigned char *key, survey_progress_fn progress, void *arg,
                  struct survey **survey)
{
    struct journal_reader *reader;
    struct journal_record record;
    int result = journal_reader_open(directory, key, &reader);
    if (result < 0)
        return result;
    struct reading reading = {.survey = create()};
    reading.latest = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    reading.reports = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    for (unsigned i = 0; journal_reader_next(reader, &record) == 1; i++) {
        on_record(&reading, &record);
        uint64_t done, total;
        journal_reader_progress(reader, &done, &total);
        if (i % 4096 == 0)
            progress(arg, done, total);
    }
    g_hash_table_unref(reading.latest);
    g_hash_table_unref(reading.reports);
    journal_reader_close(reader);
    place_tracks(reading.survey);
    *survey = reading.survey;
    return 0;
}

void survey_fingerprint(const struct survey *survey, unsigned char *fingerprint)
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (guint i = 0; i < survey->segments->len; i++) {
        const struct survey_segment *segment = &g_array_index(survey->segments, struct survey_segment, i);
        crypto_hash_sha256_update(&state, segment->chain, sizeof segment->chain);
    }
    crypto_hash_sha256_final(&state, fingerprint);
}
