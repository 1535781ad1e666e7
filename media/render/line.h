/**
 * A short line of GStreamer elements, fed and drained by hand: buffers are pushed in on the caller's thread, what comes
 * out is handed to a callback. A decoder or a muxer is a line of one element; with no queue in it, all happens within
 * line_push.
 *
 * Description: as for gst-launch, with the elements that are fed named in0, in1, … and the last one named out.
 * Thread: one feeds; `drain` runs there too, or on a queue's thread when the description has queues.
 * Errors: a GError with what the element said.
 */
#ifndef MEDIA_RENDER_LINE_H
#define MEDIA_RENDER_LINE_H

#include <gst/gst.h>
#include <stdbool.h>

enum { LINE_INPUTS_MAX = 2 };

struct line;

struct line_handler {
    /** Owns: the buffer is borrowed. False: stop, it cannot be taken. */
    bool (*buffer_fn)(void *arg, GstBuffer *buffer);
    /** The format of what follows; may be NULL. */
    void (*caps_fn)(void *arg, GstCaps *caps);
    /** For muxers: what follows is to be written at this place of the file. NULL: the line's end cannot seek. */
    void (*seek_fn)(void *arg, guint64 offset);
    void *arg;
};

/** `caps` are those of the inputs, as text; as many as there are inputs, then NULL. */
struct line *line_create(const char *description, const char *const *caps, const struct line_handler *handler,
                         GError **error);
/** Takes the buffer. */
bool line_push(struct line *line, unsigned input, GstBuffer *buffer, GError **error);
/** Nothing was there between the two times: for decoders that can fill in. */
void line_gap(struct line *line, unsigned input, GstClockTime from, GstClockTime duration);
/** For encoders: what is pushed next becomes a key frame. */
void line_want_key(struct line *line, unsigned input);
/** Sends the end through and waits until it has come out. */
bool line_finish(struct line *line, GError **error);
/** Takes NULL. */
void line_destroy(struct line *line);

/** Muxers write today's date into their files; this one, so that the same recording always gives the same bytes. */
void line_fix_date(struct line *line, const char *element, gint64 unix_us);

/** What the stream of an input is, before its first buffer. Takes the list. */
void line_tag(struct line *line, unsigned input, GstTagList *tags);
/** For muxers: what the whole is, and its chapters. Takes both; each may be NULL. */
void line_describe(struct line *line, const char *element, GstTagList *tags, GstToc *toc);

/** A buffer with a copy of `data`. */
GstBuffer *line_buffer(const void *data, size_t size, GstClockTime at, GstClockTime duration, bool key);

#endif
