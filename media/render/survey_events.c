#include "media/render/survey_events.h"

#include <jansson.h>
#include <string.h>

void survey_clear_interval(gpointer data)
{
    struct survey_interval *interval = data;
    g_free(interval->participant);
    g_free(interval->track);
    g_free(interval->source);
    g_free(interval->told);
}

void survey_clear_presence(gpointer data)
{
    g_free(((struct survey_presence *)data)->participant);
}

void survey_clear_moment(gpointer data)
{
    g_free(((struct survey_moment *)data)->participant);
}

struct event {
    const char *name, *participant, *track, *source, *cause, *channel;
    int granted;
    int64_t at_us;
};

static void open_interval(struct survey *survey, enum survey_cause cause, const struct event *event)
{
    if (survey->intervals->len >= SURVEY_EVENTS_MAX)
        return;
    struct survey_interval interval = {.cause = cause, .from_us = event->at_us, .to_us = INT64_MAX};
    interval.participant = g_strdup(event->participant);
    interval.track = g_strdup(event->track);
    interval.source = g_strdup(event->source);
    g_array_append_val(survey->intervals, interval);
    /* cppcheck-suppress memleak; the array owns what it took */
}

static void close_interval(struct survey *survey, enum survey_cause cause, const struct event *event)
{
    for (guint i = survey->intervals->len; i-- > 0;) {
        struct survey_interval *interval = &g_array_index(survey->intervals, struct survey_interval, i);
        if (interval->cause == cause && interval->to_us == INT64_MAX &&
            g_strcmp0(interval->participant, event->participant) == 0 &&
            g_strcmp0(interval->track, event->track) == 0 && g_strcmp0(interval->source, event->source) == 0)
            interval->to_us = event->at_us;
    }
}

void survey_add_interval(struct survey *survey, enum survey_cause cause, int64_t from_us, int64_t to_us)
{
    struct survey_interval interval = {.cause = cause, .from_us = from_us, .to_us = to_us};
    if (survey->intervals->len < SURVEY_EVENTS_MAX)
        g_array_append_val(survey->intervals, interval);
}

static void begin_presence(GArray *list, const struct event *event)
{
    if (list->len >= SURVEY_EVENTS_MAX)
        return;
    struct survey_presence presence = {g_strdup(event->participant), event->at_us, INT64_MAX};
    g_array_append_val(list, presence);
    /* cppcheck-suppress memleak; the array owns what it took */
}

static void end_presence(GArray *list, const struct event *event)
{
    for (guint i = list->len; i-- > 0;) {
        struct survey_presence *presence = &g_array_index(list, struct survey_presence, i);
        if (presence->to_us == INT64_MAX && strcmp(presence->participant, event->participant) == 0)
            presence->to_us = event->at_us;
    }
}

static void note_moment(struct survey *survey, enum survey_happened kind, const struct event *event)
{
    if (survey->moments->len >= SURVEY_EVENTS_MAX)
        return;
    struct survey_moment moment = {kind, g_strdup(event->participant), event->at_us};
    g_array_append_val(survey->moments, moment);
    /* cppcheck-suppress memleak; the array owns what it took */
}

/* Who comes anew speaks to all. */
static void joined(struct survey *survey, const struct event *event)
{
    close_interval(survey, SURVEY_LEFT, event);
    end_presence(survey->channels, event);
    begin_presence(survey->presences, event);
    note_moment(survey, SURVEY_CAME, event);
}

static void left(struct survey *survey, const struct event *event)
{
    open_interval(survey, SURVEY_LEFT, event);
    end_presence(survey->channels, event);
    end_presence(survey->presences, event);
    note_moment(survey, SURVEY_WENT, event);
}

static void note_word(struct survey *survey, const struct event *event)
{
    GArray *words = g_hash_table_lookup(survey->words, event->participant);
    if (!words) {
        words = g_array_new(FALSE, FALSE, sizeof(struct survey_word));
        g_hash_table_insert(survey->words, g_strdup(event->participant), words);
    }
    struct survey_word word = {event->at_us, event->granted != 0};
    if (words->len < SURVEY_EVENTS_MAX)
        g_array_append_val(words, word);
}

static void agreed(struct survey *survey, const struct event *event)
{
    note_word(survey, event);
    (event->granted ? close_interval : open_interval)(survey, SURVEY_CONSENT, event);
    note_moment(survey, event->granted ? SURVEY_AGREED : SURVEY_WITHDREW, event);
}

static void speaks(struct survey *survey, const struct event *event)
{
    end_presence(survey->channels, event);
    if (strcmp(event->channel, "interpreter") == 0)
        begin_presence(survey->channels, event);
}

bool survey_is_apart(const struct survey *survey, const struct survey_track *track, int64_t at_us)
{
    if (track->video || g_strcmp0(track->source, "microphone") != 0)
        return false;
    for (guint i = 0; i < survey->channels->len; i++) {
        const struct survey_presence *channel = &g_array_index(survey->channels, struct survey_presence, i);
        if (at_us >= channel->from_us && at_us < channel->to_us &&
            strcmp(channel->participant, track->participant) == 0)
            return true;
    }
    return false;
}

static bool has_anything(const struct survey *survey, const char *participant)
{
    for (guint i = 0; i < survey->tracks->len; i++) {
        const struct survey_track *track = survey->tracks->pdata[i];
        if (track->heard && strcmp(track->participant, participant) == 0)
            return true;
    }
    return false;
}

bool survey_agrees(const struct survey *survey, const char *participant, int64_t at_us)
{
    const GArray *words = g_hash_table_lookup(survey->words, participant);
    if (!words)
        return has_anything(survey, participant);
    bool granted = g_array_index(words, struct survey_word, 0).granted;
    for (guint i = 0; i < words->len && g_array_index(words, struct survey_word, i).at_us <= at_us; i++)
        granted = g_array_index(words, struct survey_word, i).granted;
    return granted;
}

/* The next gap of the track, from about now on: the interval is where it begins. */
static void told(struct survey *survey, const struct event *event)
{
    enum { ABOUT_US = 3 * 1000000 };
    struct event about = *event;
    about.at_us -= ABOUT_US;
    guint before = survey->intervals->len;
    open_interval(survey, SURVEY_TOLD, &about);
    if (survey->intervals->len == before)
        return;
    struct survey_interval *last = &g_array_index(survey->intervals, struct survey_interval, before);
    last->told = g_strdup(event->cause);
    last->to_us = event->at_us + ABOUT_US;
}

static void understand(struct survey *survey, const struct event *event)
{
    if (event->participant && strcmp(event->name, "joined") == 0)
        joined(survey, event);
    else if (event->participant && strcmp(event->name, "left") == 0)
        left(survey, event);
    else if (event->participant && strcmp(event->name, "consent") == 0 && event->granted >= 0)
        agreed(survey, event);
    else if (event->participant && strcmp(event->name, "side-talk") == 0)
        open_interval(survey, SURVEY_SIDE_TALK, event);
    else if (event->participant && strcmp(event->name, "side-talk-end") == 0)
        close_interval(survey, SURVEY_SIDE_TALK, event);
    else if (event->participant && event->channel && strcmp(event->name, "channel") == 0)
        speaks(survey, event);
    else if ((event->track || event->source) && strcmp(event->name, "muted") == 0)
        open_interval(survey, SURVEY_MUTE, event);
    else if ((event->track || event->source) && strcmp(event->name, "unmuted") == 0)
        close_interval(survey, SURVEY_MUTE, event);
    else if (event->track && strcmp(event->name, "closed") == 0)
        open_interval(survey, SURVEY_LEFT, event);
    else if (event->track && event->cause && strcmp(event->name, "gap") == 0)
        told(survey, event);
}

void survey_note_event(struct survey *survey, const struct journal_record *record)
{
    json_t *body = json_loadb((const char *)record->data, record->size, 0, NULL);
    struct event event = {.granted = -1, .at_us = (int64_t)record->time_us};
    if (json_unpack(body, "{s:s, s?:s, s?:s, s?:s, s?:s, s?:s, s?:b}", "event", &event.name, "participant",
                    &event.participant, "track", &event.track, "what", &event.source, "cause", &event.cause, "channel",
                    &event.channel, "granted", &event.granted) == 0)
        understand(survey, &event);
    json_decref(body);
}
