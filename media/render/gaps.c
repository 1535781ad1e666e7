#include "media/render/gaps.h"

#include <string.h>

enum {
    LOSS_US = 10 * 1000,          /* a hole in the sequence shorter than that is none in time */
    PAUSE_AUDIO_US = 1000 * 1000, /* without loss: the sender sent nothing (DTX sends every 400 ms) */
    PAUSE_VIDEO_US = 2000 * 1000,
    TURN_US = 100 * 1000,   /* from one segment to the next */
    FIRST_US = 1000 * 1000, /* before the first key frame */
    JOIN_US = 500 * 1000,   /* holes of one cause that close together are told as one */
    SLACK_US = 700 * 1000,  /* events are told when they arrive, media by its capture */
};

struct gap {
    int64_t from_us, to_us; /* since the recording's start */
    const char *cause;
    unsigned count;
};

struct gaps {
    const struct survey *survey;
    const struct survey_track *track;
    bool begun;
    int64_t end_us; /* of the frame before */
    uint32_t segment;
    GArray *list;
};

struct gaps *gaps_create(const struct survey *survey, const struct survey_track *track)
{
    struct gaps *gaps = g_new0(struct gaps, 1);
    gaps->survey = survey;
    gaps->track = track;
    gaps->list = g_array_new(FALSE, FALSE, sizeof(struct gap));
    return gaps;
}

void gaps_destroy(struct gaps *gaps)
{
    if (!gaps)
        return;
    g_array_unref(gaps->list);
    g_free(gaps);
}

/* ---- why ---- */

static bool concerns(const struct survey_interval *interval, const struct survey_track *track)
{
    if (interval->track)
        return strcmp(interval->track, track->id) == 0;
    if (interval->source && strcmp(interval->source, track->source) != 0)
        return false;
    return !interval->participant || strcmp(interval->participant, track->participant) == 0;
}

static const char *name_of(const struct survey_interval *interval)
{
    static const char *const names[] = {
        [SURVEY_CONSENT] = "withdrawn-consent", [SURVEY_SIDE_TALK] = "side-talk",
        [SURVEY_LEFT] = "publisher-left",       [SURVEY_MUTE] = "mute",
        [SURVEY_JOURNAL] = "journal-damaged",   [SURVEY_DISK] = "disk-stalled",
    };
    return interval->cause == SURVEY_TOLD ? interval->told : names[interval->cause];
}

static bool explains(const struct survey_interval *interval, int64_t from_us, int64_t to_us)
{
    if (interval->cause == SURVEY_TOLD)
        return from_us >= interval->from_us && from_us <= interval->to_us;
    int64_t until_us = interval->to_us == INT64_MAX ? to_us : interval->to_us + SLACK_US;
    int64_t common_us = MIN(to_us, until_us) - MAX(from_us, interval->from_us - SLACK_US);
    return common_us > 0 && common_us * 2 >= to_us - from_us;
}

/* The first cause, in the order of their enum, that held for at least half of the time. */
static const struct survey_interval *explain(const struct gaps *gaps, int64_t from_us, int64_t to_us)
{
    const struct survey_interval *best = NULL;
    int64_t from = gaps->survey->start_us + from_us, to = gaps->survey->start_us + to_us;
    for (guint i = 0; i < gaps->survey->intervals->len; i++) {
        const struct survey_interval *interval = &g_array_index(gaps->survey->intervals, struct survey_interval, i);
        if (!concerns(interval, gaps->track) || (best && best->cause <= interval->cause))
            continue;
        if (explains(interval, from, to))
            best = interval;
    }
    return best;
}

static const char *worker_cause(const struct survey *survey, uint32_t segment)
{
    for (guint i = 0; i < survey->segments->len; i++) {
        const struct survey_segment *s = &g_array_index(survey->segments, struct survey_segment, i);
        if (s->number == segment)
            return s->closed ? "worker-change" : "worker-death";
    }
    return "worker-death";
}

static void add(struct gaps *gaps, int64_t from_us, int64_t to_us, const char *otherwise)
{
    const struct survey_interval *known = explain(gaps, from_us, to_us);
    struct gap gap = {from_us, to_us, known ? name_of(known) : otherwise, 1};
    struct gap *last = gaps->list->len ? &g_array_index(gaps->list, struct gap, gaps->list->len - 1) : NULL;
    if (last && from_us - last->to_us < JOIN_US && strcmp(last->cause, gap.cause) == 0) {
        last->to_us = to_us;
        last->count++;
    } else {
        g_array_append_val(gaps->list, gap);
    }
}

/* ---- when ---- */

static void note_first(struct gaps *gaps, const struct feed_frame *frame)
{
    int64_t first_us = gaps->track->first_us - gaps->survey->start_us;
    if (frame->at_us - first_us > FIRST_US)
        add(gaps, first_us, frame->at_us, "no-key-frame");
}

void gaps_note(struct gaps *gaps, const struct feed_frame *frame)
{
    int64_t hole_us = frame->at_us - gaps->end_us;
    if (!gaps->begun)
        note_first(gaps, frame);
    else if (frame->segment != gaps->segment && hole_us > TURN_US)
        add(gaps, gaps->end_us, frame->at_us, worker_cause(gaps->survey, gaps->segment));
    else if (frame->media->after_loss && hole_us > LOSS_US)
        add(gaps, gaps->end_us, frame->at_us, "loss");
    else if (hole_us > (gaps->track->video ? PAUSE_VIDEO_US : PAUSE_AUDIO_US))
        add(gaps, gaps->end_us, frame->at_us, "paused");
    gaps->begun = true;
    gaps->segment = frame->segment;
    gaps->end_us = frame->at_us + frame->duration_us;
}

/* A track that ends before the recording does is no gap, unless something had stopped it that might have passed. */
void gaps_end(struct gaps *gaps)
{
    int64_t end_us = gaps->survey->end_us - gaps->survey->start_us;
    if (end_us - gaps->end_us < PAUSE_VIDEO_US)
        return;
    int64_t from_us = gaps->begun ? gaps->end_us : gaps->track->first_us - gaps->survey->start_us;
    const struct survey_interval *known = explain(gaps, from_us, end_us);
    uint32_t last =
        g_array_index(gaps->survey->segments, struct survey_segment, gaps->survey->segments->len - 1).number;
    if (known && known->cause != SURVEY_LEFT)
        add(gaps, from_us, end_us, "");
    else if (!known && gaps->begun && gaps->segment != last)
        add(gaps, from_us, end_us, worker_cause(gaps->survey, gaps->segment));
    else if (!gaps->begun)
        add(gaps, from_us, end_us, "no-key-frame");
}

json_t *gaps_list(const struct gaps *gaps)
{
    json_t *list = json_array();
    for (guint i = 0; i < gaps->list->len; i++) {
        const struct gap *gap = &g_array_index(gaps->list, struct gap, i);
        json_array_append_new(list, json_pack("{s:s, s:I, s:I, s:s, s:i}", "track", gaps->track->id, "from_ms",
                                              (json_int_t)gap->from_us / 1000, "to_ms", (json_int_t)gap->to_us / 1000,
                                              "cause", gap->cause, "count", (int)gap->count));
    }
    return list;
}
