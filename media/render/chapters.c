#include "media/render/chapters.h"

#include <string.h>

#include "media/render/layout.h"
#include "media/render/legend.h"

struct chapter {
    int64_t at_us; /* since the recording's start */
    char *text;
};

static void clear_chapter(gpointer data)
{
    g_free(((struct chapter *)data)->text);
}

static void add(GArray *list, const struct render *render, int64_t unix_us, char *text)
{
    struct chapter chapter = {.at_us = MAX(unix_us - render->survey->start_us, 0), .text = text};
    if (!text || unix_us >= render->survey->end_us)
        g_free(text);
    else
        g_array_append_val(list, chapter);
}

/* ---- where they come from ---- */

static const char *const WORDS[] = {
    [SURVEY_CAME] = "joined", [SURVEY_WENT] = "left", [SURVEY_AGREED] = "agreed", [SURVEY_WITHDREW] = "withdrew"};

/* Each segment begins by saying who is there and has agreed: that is news only where it was otherwise before. */
static bool is_news(GHashTable *told, const struct survey_moment *moment)
{
    bool stay = moment->kind == SURVEY_CAME || moment->kind == SURVEY_WENT;
    bool yes = moment->kind == SURVEY_CAME || moment->kind == SURVEY_AGREED;
    g_autofree char *key = g_strconcat(stay ? "s" : "c", moment->participant, NULL);
    bool was = GPOINTER_TO_INT(g_hash_table_lookup(told, key));
    bool first = !g_hash_table_contains(told, key);
    g_hash_table_insert(told, g_steal_pointer(&key), GINT_TO_POINTER(yes));
    return first || was != yes;
}

/* Named is only who agrees to be recorded; of the others no more is told than that somebody did not agree. */
static const char *whom(const struct render *render, const struct survey_moment *moment)
{
    if (survey_agrees(render->survey, moment->participant, moment->at_us))
        return legend_name(render->legend, moment->participant);
    return moment->kind == SURVEY_WITHDREW ? legend_somebody(render->legend) : "";
}

static void add_moments(GArray *list, const struct render *render)
{
    GHashTable *told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < render->survey->moments->len; i++) {
        const struct survey_moment *moment = &g_array_index(render->survey->moments, struct survey_moment, i);
        if (is_news(told, moment))
            add(list, render, moment->at_us, legend_moment(render->legend, WORDS[moment->kind], whom(render, moment)));
    }
    g_hash_table_unref(told);
}

static void add_shown(GArray *list, const struct render *render)
{
    for (guint i = 0; i < render->survey->tracks->len; i++) {
        const struct survey_track *track = render->survey->tracks->pdata[i];
        if (!track->video || !layout_is_large(track->source) || !*legend_source(render->legend, track->source))
            continue;
        for (guint k = 0; k < track->spans->len; k++)
            add(list, render, g_array_index(track->spans, struct survey_span, k).from_us,
                legend_title(render->legend, track->participant, track->source));
    }
}

static void add_stills(GArray *list, const struct render *render)
{
    json_t *still;
    size_t i;
    json_array_foreach(json_object_get(render->legend, "stills"), i, still)
    {
        const char *participant = json_string_value(json_object_get(still, "participant"));
        int64_t at_us = json_integer_value(json_object_get(still, "at_us"));
        if (participant && at_us >= render->survey->start_us && survey_agrees(render->survey, participant, at_us))
            add(list, render, at_us, legend_moment(render->legend, "still", legend_name(render->legend, participant)));
    }
}

/* ---- put together ---- */

static gint by_time(gconstpointer a, gconstpointer b)
{
    const struct chapter *left = a, *right = b;
    return left->at_us < right->at_us ? -1 : left->at_us > right->at_us;
}

/* What happens close together is told in one; of the first moments only that the recording begins. */
static void join(GArray *list)
{
    guint kept = 0;
    for (guint i = 1; i < list->len; i++) {
        struct chapter *last = &g_array_index(list, struct chapter, kept);
        struct chapter *next = &g_array_index(list, struct chapter, i);
        if (next->at_us - last->at_us >= CHAPTERS_APART_US) {
            if (kept + 1 == CHAPTERS_MAX)
                break;
            struct chapter *place = &g_array_index(list, struct chapter, ++kept);
            if (place != next) {
                g_free(place->text);
                place->at_us = next->at_us;
                place->text = g_steal_pointer(&next->text);
            }
        } else if (kept > 0) {
            char *both = g_strjoin("; ", last->text, next->text, NULL);
            g_free(last->text);
            last->text = both;
        }
    }
    g_array_set_size(list, MIN(kept + 1, list->len));
}

static GstToc *make_toc(const GArray *list, int64_t length_us)
{
    GstToc *toc = gst_toc_new(GST_TOC_SCOPE_GLOBAL);
    for (guint i = 0; i < list->len; i++) {
        const struct chapter *chapter = &g_array_index(list, struct chapter, i);
        int64_t end_us = i + 1 < list->len ? g_array_index(list, struct chapter, i + 1).at_us : length_us;
        g_autofree char *number = g_strdup_printf("%u", i + 1);
        GstTocEntry *entry = gst_toc_entry_new(GST_TOC_ENTRY_TYPE_CHAPTER, number);
        gst_toc_entry_set_start_stop_times(entry, MAX(chapter->at_us, 0) * 1000, end_us * 1000);
        gst_toc_entry_set_tags(entry, gst_tag_list_new(GST_TAG_TITLE, chapter->text, NULL));
        gst_toc_append_entry(toc, entry);
    }
    return toc;
}

GstToc *chapters_make(const struct render *render)
{
    char *begin = legend_moment(render->legend, "begin", NULL);
    if (!begin)
        return NULL;
    GArray *list = g_array_new(FALSE, TRUE, sizeof(struct chapter));
    g_array_set_clear_func(list, clear_chapter);
    struct chapter first = {.at_us = -1, .text = begin}; /* before whatever happened at the same time */
    g_array_append_val(list, first);
    add_moments(list, render);
    add_shown(list, render);
    add_stills(list, render);
    g_array_sort(list, by_time);
    join(list);
    GstToc *toc = make_toc(list, render->survey->end_us - render->survey->start_us);
    g_array_unref(list);
    return toc;
}
