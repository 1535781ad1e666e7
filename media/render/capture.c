#include "media/render/capture.h"

#include <glib.h>

enum {
    WINDOW_US = 30 * 1000000,    /* one arrival anchor for each */
    DELAY_MAX_US = 15 * 1000000, /* a packet cannot have been on its way for longer … */
    DELAY_MIN_US = -2 * 1000000, /* … nor arrive before it was captured, as far as clocks can be trusted */
    DRIFT_MAX_US = 200 * 1000,   /* between two reports; more is a jump of the sender's clock */
};

struct anchor {
    int64_t timestamp;
    int64_t captured_us;
};

struct capture {
    uint32_t clock_hz;
    struct unwrap unwrap;
    int64_t first, last; /* timestamps */
    int64_t latest_us;   /* arrival of the last packet */
    bool reported;       /* a report came before the first packet */
    uint32_t report_timestamp;
    int64_t report_us;
    GArray *reports;       /* struct anchor */
    GArray *arrivals;      /* struct anchor, the earliest of each window */
    int64_t window_us;     /* the present window's begin */
    int64_t window_offset; /* and its least offset */
};

/* As unwrap_next(), without remembering it. */
static int64_t unwrap_near(const struct unwrap *unwrap, uint32_t value)
{
    return unwrap->begun ? unwrap->last + (int32_t)(value - (uint32_t)unwrap->last) : (int64_t)value;
}

int64_t unwrap_next(struct unwrap *unwrap, uint32_t value)
{
    int64_t next = unwrap_near(unwrap, value);
    unwrap->begun = true;
    unwrap->last = next;
    return next;
}

struct capture *capture_create(uint32_t clock_hz)
{
    struct capture *capture = g_new0(struct capture, 1);
    capture->clock_hz = clock_hz ? clock_hz : 90000;
    capture->reports = g_array_new(FALSE, FALSE, sizeof(struct anchor));
    capture->arrivals = g_array_new(FALSE, FALSE, sizeof(struct anchor));
    return capture;
}

void capture_destroy(struct capture *capture)
{
    if (!capture)
        return;
    g_array_free(capture->reports, TRUE);
    g_array_free(capture->arrivals, TRUE);
    g_free(capture);
}

static int64_t media_us(const struct capture *capture, int64_t timestamp)
{
    return timestamp * 1000000 / (int64_t)capture->clock_hz;
}

static void add_report(struct capture *capture, uint32_t timestamp, int64_t captured_us)
{
    struct anchor anchor = {unwrap_near(&capture->unwrap, timestamp), captured_us};
    int64_t latest = captured_us + media_us(capture, capture->unwrap.last - anchor.timestamp);
    int64_t delay = capture->latest_us - latest;
    if (delay < DELAY_MIN_US || delay > DELAY_MAX_US)
        return; /* a report that makes no sense for the packets around it */
    struct anchor *before = capture->reports->len
                                ? &g_array_index(capture->reports, struct anchor, capture->reports->len - 1)
                                : NULL;
    if (!before || anchor.timestamp > before->timestamp)
        g_array_append_val(capture->reports, anchor);
}

static void note_arrival(struct capture *capture, int64_t timestamp, int64_t arrival_us)
{
    int64_t offset = arrival_us - media_us(capture, timestamp);
    bool fresh = capture->arrivals->len == 0 || arrival_us - capture->window_us >= WINDOW_US;
    struct anchor anchor = {timestamp, arrival_us};
    if (fresh) {
        g_array_append_val(capture->arrivals, anchor);
        capture->window_us = arrival_us;
        capture->window_offset = offset;
    } else if (offset < capture->window_offset) {
        capture->window_offset = offset;
        g_array_index(capture->arrivals, struct anchor, capture->arrivals->len - 1) = anchor;
    }
}

void capture_packet(struct capture *capture, uint32_t timestamp, int64_t arrival_us)
{
    bool first = !capture->unwrap.begun;
    int64_t at = unwrap_next(&capture->unwrap, timestamp);
    capture->latest_us = arrival_us;
    capture->first = first || at < capture->first ? at : capture->first;
    capture->last = first || at > capture->last ? at : capture->last;
    note_arrival(capture, at, arrival_us);
    if (capture->reported)
        add_report(capture, capture->report_timestamp, capture->report_us);
    capture->reported = false;
}

void capture_report(struct capture *capture, uint32_t timestamp, int64_t captured_us)
{
    if (capture->unwrap.begun) {
        add_report(capture, timestamp, captured_us);
        return;
    }
    capture->reported = true;
    capture->report_timestamp = timestamp;
    capture->report_us = captured_us;
}

/* The last anchor not after `timestamp`, or the first. */
static guint find_anchor(const GArray *anchors, int64_t timestamp)
{
    guint low = 0, high = anchors->len;
    while (high - low > 1) {
        guint middle = (low + high) / 2;
        if (g_array_index(anchors, struct anchor, middle).timestamp <= timestamp)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int64_t capture_time(const struct capture *capture, int64_t timestamp)
{
    const GArray *anchors = capture->reports->len ? capture->reports : capture->arrivals;
    if (anchors->len == 0)
        return media_us(capture, timestamp);
    guint i = find_anchor(anchors, timestamp);
    const struct anchor *a = &g_array_index(anchors, struct anchor, i);
    int64_t time_us = a->captured_us + media_us(capture, timestamp - a->timestamp);
    if (i + 1 >= anchors->len || timestamp <= a->timestamp)
        return time_us;
    const struct anchor *b = a + 1;
    int64_t span = b->timestamp - a->timestamp;
    int64_t drift = b->captured_us - a->captured_us - media_us(capture, span);
    if (drift > DRIFT_MAX_US || drift < -DRIFT_MAX_US || span <= 0)
        return time_us;
    return time_us + (int64_t)((double)drift * (double)(timestamp - a->timestamp) / (double)span);
}

bool capture_range(const struct capture *capture, int64_t *first_us, int64_t *last_us)
{
    if (!capture->unwrap.begun)
        return false;
    *first_us = capture_time(capture, capture->first);
    *last_us = capture_time(capture, capture->last);
    return true;
}
