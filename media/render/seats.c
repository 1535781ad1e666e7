#include "media/render/seats.h"

#include <string.h>

struct person {
    const char *id; /* the survey's */
    int64_t first_us;
    GArray *spans;  /* struct survey_span, since the recording's start */
    GArray *tracks; /* int: indices of its pictures */
};

struct seats {
    const struct survey *survey;
    GPtrArray *people; /* in the order of coming */
};

static void free_person(gpointer data)
{
    struct person *person = data;
    g_array_unref(person->spans);
    g_array_unref(person->tracks);
    g_free(person);
}

static struct person *find(const struct seats *seats, const char *id)
{
    for (guint i = 0; i < seats->people->len; i++) {
        struct person *person = seats->people->pdata[i];
        if (strcmp(person->id, id) == 0)
            return person;
    }
    return NULL;
}

static struct person *take(struct seats *seats, const char *id)
{
    struct person *person = find(seats, id);
    if (person)
        return person;
    person = g_new0(struct person, 1);
    person->id = id;
    person->first_us = INT64_MAX;
    person->spans = g_array_new(FALSE, FALSE, sizeof(struct survey_span));
    person->tracks = g_array_new(FALSE, FALSE, sizeof(int));
    g_ptr_array_add(seats->people, person);
    return person;
}

static void add_span(struct person *person, int64_t from_us, int64_t to_us)
{
    struct survey_span span = {from_us, to_us};
    g_array_append_val(person->spans, span);
    person->first_us = MIN(person->first_us, from_us);
}

static void add_track(struct seats *seats, const struct survey *survey, const struct survey_track *track)
{
    struct person *person = take(seats, track->participant);
    int index = (int)track->index;
    if (track->video)
        g_array_append_val(person->tracks, index);
    for (guint i = 0; i < track->spans->len; i++) {
        const struct survey_span *span = &g_array_index(track->spans, struct survey_span, i);
        add_span(person, span->from_us - survey->start_us, span->to_us - survey->start_us);
    }
}

static gint by_coming(gconstpointer a, gconstpointer b)
{
    const struct person *left = *(struct person *const *)a, *right = *(struct person *const *)b;
    if (left->first_us != right->first_us)
        return left->first_us < right->first_us ? -1 : 1;
    return strcmp(left->id, right->id);
}

struct seats *seats_create(const struct survey *survey)
{
    struct seats *seats = g_new0(struct seats, 1);
    seats->survey = survey;
    seats->people = g_ptr_array_new_with_free_func(free_person);
    for (guint i = 0; i < survey->tracks->len; i++) {
        const struct survey_track *track = survey->tracks->pdata[i];
        if (track->heard && track->codec != DEPAY_NONE)
            add_track(seats, survey, track);
    }
    for (guint i = 0; i < survey->presences->len; i++) { /* of those who were also heard or seen */
        const struct survey_presence *presence = &g_array_index(survey->presences, struct survey_presence, i);
        struct person *person = find(seats, presence->participant);
        int64_t to_us = presence->to_us == INT64_MAX ? survey->end_us : presence->to_us;
        if (person)
            add_span(person, presence->from_us - survey->start_us, to_us - survey->start_us);
    }
    g_ptr_array_sort(seats->people, by_coming);
    return seats;
}

void seats_destroy(struct seats *seats)
{
    if (!seats)
        return;
    g_ptr_array_unref(seats->people);
    g_free(seats);
}

static bool is_there(const struct person *person, int64_t at_us)
{
    for (guint i = 0; i < person->spans->len; i++) {
        const struct survey_span *span = &g_array_index(person->spans, struct survey_span, i);
        if (at_us >= span->from_us && at_us <= span->to_us)
            return true;
    }
    return false;
}

size_t seats_at(const struct seats *seats, int64_t at_us, const bool *live, struct seat *out)
{
    size_t count = 0;
    for (guint i = 0; i < seats->people->len; i++) {
        const struct person *person = seats->people->pdata[i];
        size_t before = count;
        if (!survey_agrees(seats->survey, person->id, seats->survey->start_us + at_us))
            continue;
        for (guint k = 0; k < person->tracks->len && count < SEATS_MAX; k++) {
            int track = g_array_index(person->tracks, int, k);
            if (live[track])
                out[count++] = (struct seat){i, track};
        }
        if (count == before && count < SEATS_MAX && is_there(person, at_us))
            out[count++] = (struct seat){i, -1};
    }
    return count;
}

const char *seats_participant(const struct seats *seats, unsigned number)
{
    return ((const struct person *)seats->people->pdata[number])->id;
}
