#include "media/render/line.h"

#include <gst/video/video.h>
#include <string.h>

struct line {
    GstElement *bin;
    GstBus *bus;
    GstPad *feeds[LINE_INPUTS_MAX];
    unsigned inputs;
    GstPad *drain;
    struct line_handler handler;
    GMutex lock;
    GCond ended;
    bool at_end;
};

/* ---- the drain ---- */

static GstFlowReturn on_buffer(GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
    (void)parent;
    struct line *line = gst_pad_get_element_private(pad);
    bool taken = line->handler.buffer_fn(line->handler.arg, buffer);
    gst_buffer_unref(buffer);
    return taken ? GST_FLOW_OK : GST_FLOW_ERROR;
}

static void on_end(struct line *line)
{
    g_mutex_lock(&line->lock);
    line->at_end = true;
    g_cond_signal(&line->ended);
    g_mutex_unlock(&line->lock);
}

static gboolean on_event(GstPad *pad, GstObject *parent, GstEvent *event)
{
    (void)parent;
    struct line *line = gst_pad_get_element_private(pad);
    const GstSegment *segment;
    GstCaps *caps;
    if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) {
        on_end(line);
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_SEGMENT && line->handler.seek_fn) {
        gst_event_parse_segment(event, &segment);
        if (segment->format == GST_FORMAT_BYTES)
            line->handler.seek_fn(line->handler.arg, segment->start);
    } else if (GST_EVENT_TYPE(event) == GST_EVENT_CAPS && line->handler.caps_fn) {
        gst_event_parse_caps(event, &caps);
        line->handler.caps_fn(line->handler.arg, caps);
    }
    gst_event_unref(event);
    return TRUE;
}

/* Muxers ask whether they may go back and fill in sizes. */
static gboolean on_query(GstPad *pad, GstObject *parent, GstQuery *query)
{
    struct line *line = gst_pad_get_element_private(pad);
    GstFormat format;
    if (GST_QUERY_TYPE(query) != GST_QUERY_SEEKING || !line->handler.seek_fn)
        return gst_pad_query_default(pad, parent, query);
    gst_query_parse_seeking(query, &format, NULL, NULL, NULL);
    gst_query_set_seeking(query, format, format == GST_FORMAT_BYTES, 0, -1);
    return TRUE;
}

static bool attach_drain(struct line *line)
{
    GstElement *last = gst_bin_get_by_name(GST_BIN(line->bin), "out");
    GstPad *src = last ? gst_element_get_static_pad(last, "src") : NULL;
    line->drain = gst_pad_new("drain", GST_PAD_SINK);
    gst_pad_set_element_private(line->drain, line);
    gst_pad_set_chain_function(line->drain, on_buffer);
    gst_pad_set_event_function(line->drain, on_event);
    gst_pad_set_query_function(line->drain, on_query);
    gst_pad_set_active(line->drain, TRUE);
    GstPad *ghost = src ? gst_ghost_pad_new("src", src) : NULL;
    bool linked = ghost && gst_pad_set_active(ghost, TRUE) && gst_element_add_pad(line->bin, ghost) &&
                  gst_pad_link(ghost, line->drain) == GST_PAD_LINK_OK;
    g_clear_object(&src);
    g_clear_object(&last);
    return linked;
}

/* ---- the feeds ---- */

static bool attach_feed(struct line *line, unsigned input)
{
    char name[8];
    g_snprintf(name, sizeof name, "in%u", input);
    GstElement *first = gst_bin_get_by_name(GST_BIN(line->bin), name);
    GstPad *sink = first ? gst_element_get_static_pad(first, "sink") : NULL;
    GstPad *ghost = sink ? gst_ghost_pad_new(name, sink) : NULL;
    line->feeds[input] = gst_pad_new(name, GST_PAD_SRC);
    gst_pad_set_active(line->feeds[input], TRUE);
    line->inputs = input + 1;
    bool linked = ghost && gst_pad_set_active(ghost, TRUE) && gst_element_add_pad(line->bin, ghost) &&
                  gst_pad_link(line->feeds[input], ghost) == GST_PAD_LINK_OK;
    g_clear_object(&sink);
    g_clear_object(&first);
    return linked;
}

static bool start_feed(struct line *line, unsigned input, const char *text)
{
    GstSegment segment;
    char stream[16];
    g_snprintf(stream, sizeof stream, "line/%u", input);
    gst_segment_init(&segment, GST_FORMAT_TIME);
    GstCaps *caps = gst_caps_from_string(text);
    bool started = caps && gst_pad_push_event(line->feeds[input], gst_event_new_stream_start(stream)) &&
                   gst_pad_push_event(line->feeds[input], gst_event_new_caps(caps)) &&
                   gst_pad_push_event(line->feeds[input], gst_event_new_segment(&segment));
    if (caps)
        gst_caps_unref(caps);
    return started;
}

/* ---- errors ---- */

/* What an element said about it, else `otherwise`. */
static bool fail(struct line *line, GError **error, const char *otherwise)
{
    GstMessage *message = gst_bus_pop_filtered(line->bus, GST_MESSAGE_ERROR);
    if (message) {
        gst_message_parse_error(message, error, NULL);
        gst_message_unref(message);
    } else {
        g_set_error_literal(error, GST_CORE_ERROR, GST_CORE_ERROR_FAILED, otherwise);
    }
    return false;
}

/* Nobody reads what elements tell while all is well, so it is not kept either. */
static GstBusSyncReply keep_errors(GstBus *bus, GstMessage *message, gpointer arg)
{
    (void)bus;
    (void)arg;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR)
        return GST_BUS_PASS;
    gst_message_unref(message);
    return GST_BUS_DROP;
}

/* ---- all together ---- */

static bool attach(struct line *line, const char *const *caps)
{
    bool attached = attach_drain(line);
    for (unsigned i = 0; attached && caps[i] && i < LINE_INPUTS_MAX; i++)
        attached = attach_feed(line, i);
    if (!attached || gst_element_set_state(line->bin, GST_STATE_PLAYING) == GST_STATE_CHANGE_FAILURE)
        return false;
    for (unsigned i = 0; attached && i < line->inputs; i++)
        attached = start_feed(line, i, caps[i]);
    return attached;
}

struct line *line_create(const char *description, const char *const *caps, const struct line_handler *handler,
                         GError **error)
{
    GstElement *bin = gst_parse_bin_from_description_full(description, FALSE, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
    if (!bin)
        return NULL;
    struct line *line = g_new0(struct line, 1);
    line->bin = gst_object_ref_sink(bin);
    line->handler = *handler;
    line->bus = gst_bus_new();
    g_mutex_init(&line->lock);
    g_cond_init(&line->ended);
    gst_bus_set_sync_handler(line->bus, keep_errors, NULL, NULL);
    gst_element_set_bus(bin, line->bus);
    if (!attach(line, caps)) {
        fail(line, error, "the elements do not fit together");
        line_destroy(line);
        return NULL;
    }
    return line;
}

bool line_push(struct line *line, unsigned input, GstBuffer *buffer, GError **error)
{
    if (gst_pad_push(line->feeds[input], buffer) == GST_FLOW_OK)
        return true;
    return fail(line, error, "the element took no more");
}

void line_gap(struct line *line, unsigned input, GstClockTime from, GstClockTime duration)
{
    gst_pad_push_event(line->feeds[input], gst_event_new_gap(from, duration));
}

void line_want_key(struct line *line, unsigned input)
{
    GstEvent *event = gst_video_event_new_downstream_force_key_unit(GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE,
                                                                    GST_CLOCK_TIME_NONE, FALSE, 0);
    gst_pad_push_event(line->feeds[input], event);
}

bool line_finish(struct line *line, GError **error)
{
    for (unsigned i = 0; i < line->inputs; i++)
        gst_pad_push_event(line->feeds[i], gst_event_new_eos());
    gint64 patience = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;
    g_mutex_lock(&line->lock);
    while (!line->at_end && g_cond_wait_until(&line->ended, &line->lock, patience))
        ;
    bool ended = line->at_end;
    g_mutex_unlock(&line->lock);
    return ended || fail(line, error, "the end did not come through");
}

void line_destroy(struct line *line)
{
    if (!line)
        return;
    for (unsigned i = 0; i < line->inputs; i++)
        gst_pad_set_active(line->feeds[i], FALSE);
    if (line->drain)
        gst_pad_set_active(line->drain, FALSE);
    gst_element_set_state(line->bin, GST_STATE_NULL);
    for (unsigned i = 0; i < line->inputs; i++)
        gst_object_unref(line->feeds[i]);
    g_clear_object(&line->drain);
    gst_element_set_bus(line->bin, NULL);
    gst_object_unref(line->bin);
    gst_object_unref(line->bus);
    g_mutex_clear(&line->lock);
    g_cond_clear(&line->ended);
    g_free(line);
}

void line_fix_date(struct line *line, const char *name, gint64 unix_us)
{
    GstElement *element = gst_bin_get_by_name(GST_BIN(line->bin), name);
    if (element && g_object_class_find_property(G_OBJECT_GET_CLASS(element), "creation-time")) {
        GDateTime *date = g_date_time_new_from_unix_utc(unix_us / 1000000);
        g_object_set(element, "creation-time", date, NULL);
        g_date_time_unref(date);
    }
    g_clear_object(&element);
}

void line_tag(struct line *line, unsigned input, GstTagList *tags)
{
    gst_pad_push_event(line->feeds[input], gst_event_new_tag(tags));
}

void line_describe(struct line *line, const char *name, GstTagList *tags, GstToc *toc)
{
    GstElement *element = gst_bin_get_by_name(GST_BIN(line->bin), name);
    if (tags && GST_IS_TAG_SETTER(element))
        gst_tag_setter_merge_tags(GST_TAG_SETTER(element), tags, GST_TAG_MERGE_REPLACE);
    if (toc && GST_IS_TOC_SETTER(element))
        gst_toc_setter_set_toc(GST_TOC_SETTER(element), toc);
    g_clear_pointer(&tags, gst_tag_list_unref);
    if (toc)
        gst_toc_unref(toc); /* a macro */
    g_clear_object(&element);
}

GstBuffer *line_buffer(const void *data, size_t size, GstClockTime at, GstClockTime duration, bool key)
{
    GstBuffer *buffer = gst_buffer_new_memdup(data, size);
    GST_BUFFER_PTS(buffer) = at;
    GST_BUFFER_DTS(buffer) = at;
    GST_BUFFER_DURATION(buffer) = duration;
    if (!key)
        GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
    return buffer;
}
