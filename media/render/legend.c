#include "media/render/legend.h"

#include <gst/tag/tag.h>
#include <stdio.h>

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

static const json_t *person_of(const json_t *legend, const char *participant)
{
    return json_object_get(json_object_get(legend, "people"), participant);
}

const char *legend_name(const json_t *legend, const char *participant)
{
    return text_of(person_of(legend, participant), "name");
}

const char *legend_under(const json_t *legend, const char *participant)
{
    return text_of(person_of(legend, participant), "under");
}

const char *legend_source(const json_t *legend, const char *source)
{
    return text_of(json_object_get(legend, "sources"), source);
}

char *legend_title(const json_t *legend, const char *participant, const char *source)
{
    const char *name = legend_name(legend, participant), *word = legend_source(legend, source);
    return g_strconcat(name, *name && *word ? " – " : "", word, NULL);
}

const char *legend_somebody(const json_t *legend)
{
    return text_of(json_object_get(legend, "words"), "somebody");
}

char *legend_moment(const json_t *legend, const char *word, const char *name)
{
    const char *pattern = text_of(json_object_get(legend, "words"), word);
    if (!*pattern || (name && !*name))
        return NULL;
    g_auto(GStrv) parts = g_strsplit(pattern, "{}", 2);
    return g_strjoinv(name ? name : "", parts);
}

/* ---- metadata ---- */

static void add_text(GstTagList *list, const char *tag, const char *text)
{
    if (*text)
        gst_tag_list_add(list, GST_TAG_MERGE_REPLACE, tag, text, NULL);
}

static void add_words(GstTagList *list, struct tags *tags, const char *tag, const char *words)
{
    g_autofree char *place = tags_place(tags, words);
    add_text(list, tag, place);
}

static void add_date(GstTagList *list, const char *text)
{
    int year, month, day;
    if (sscanf(text, "%4d-%2d-%2d", &year, &month, &day) != 3 || year < 1 || month < 1 || day < 1 ||
        !g_date_valid_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year))
        return;
    GDate *date = g_date_new_dmy((GDateDay)day, (GDateMonth)month, (GDateYear)year);
    gst_tag_list_add(list, GST_TAG_MERGE_REPLACE, GST_TAG_DATE, date, NULL);
    g_date_free(date);
}

GstTagList *legend_tags(const json_t *legend, struct tags *tags)
{
    if (!legend)
        return NULL;
    GstTagList *list = gst_tag_list_new_empty();
    add_words(list, tags, GST_TAG_TITLE, text_of(legend, "title"));
    add_words(list, tags, GST_TAG_COMMENT, text_of(legend, "place"));
    add_date(list, text_of(legend, "date"));
    return list;
}

GstTagList *legend_stream_tags(const json_t *legend, const char *title, struct tags *tags)
{
    GstTagList *list = gst_tag_list_new_empty();
    const char *language = text_of(legend, "language");
    /* Silence about it would mean English: that is the default of Matroska. */
    add_text(list, GST_TAG_LANGUAGE_CODE, gst_tag_check_language_code(language) ? language : "und");
    add_words(list, tags, GST_TAG_TITLE, title);
    return list;
}
