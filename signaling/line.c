#include "line.h"

#include "call.h"
#include "worker.h"

#include <string.h>

enum {
    WRITE_S = 15,
    POOR_BPS = 200000,
    BUSY_PERMILLE = 900, /* of a core: a worker has one */
    DROPPED_SEEN = 10,   /* frames since the last report … */
    DROPPED_SHARE = 5,   /* … and one in so many of all that came */
};

/* ---- what is reported ---- */

/* The round trip of those whom it hears, on average. */
static int64_t far_rtt_ms(const struct participant *listener)
{
    const GPtrArray *all = listener->call->participants;
    int64_t sum = 0, count = 0;
    for (guint i = 0; i < all->len; i++) {
        const struct participant *other = g_ptr_array_index(all, i);
        if (other == listener || other->quality.reports == 0 || other->quality.last.rtt_ms < 0)
            continue;
        sum += other->quality.last.rtt_ms;
        count++;
    }
    return count ? sum / count : 0;
}

void line_report(struct participant *participant, const json_t *message)
{
    struct quality_report report;
    quality_report_read(message, &report);
    quality_note(&participant->quality, &report, far_rtt_ms(participant));
    totals_report(&participant->call->signaling->totals, &report,
                  report.concealed_permille >= 0 ? participant->quality.mos : 0);
}

void line_continue(struct participant *participant, const json_t *stay)
{
    const char *id = json_string_value(json_object_get(stay, "id"));
    if (g_strcmp0(id, participant->session) == 0)
        quality_continue(&participant->quality, json_object_get(stay, "quality"));
}

/* ---- why: from what is known to the facts that why.c judges ---- */

static bool is_short_of_bandwidth(const struct leg *leg)
{
    for (guint i = 0; i < leg->slots->len; i++)
        if (strcmp(((const struct slot *)g_ptr_array_index(leg->slots, i))->reason, "bandwidth") == 0)
            return true;
    return false;
}

static bool is_server_busy(const struct leg *leg)
{
    return leg->worker && leg->worker->cpu_permille >= BUSY_PERMILLE;
}

/* Smoothed over seconds: everybody waits for a moment. */
static bool is_server_starved(const struct leg *leg)
{
    return leg->worker && leg->worker->admission.cpu_permille >= BUSY_PERMILLE && !is_server_busy(leg);
}

/* What somebody reported before it vanished says nothing of now. */
static const struct quality_report *report_of(const struct leg *leg)
{
    static const struct quality_report NONE = {.frames_decoded = -1, .frames_dropped = -1};
    const struct participant *participant = leg->participant;
    return participant->peer && participant->quality.reports ? &participant->quality.last : &NONE;
}

static bool drops_frames(const struct quality_report *report)
{
    int64_t all = report->frames_decoded + report->frames_dropped;
    return report->frames_dropped >= DROPPED_SEEN && report->frames_dropped * DROPPED_SHARE >= all;
}

static int64_t usable_bps(const struct leg *leg)
{
    int64_t ceiling = leg->participant->max_bps, estimate = MAX(leg->figures.estimate_bps, 0);
    return ceiling >= 0 ? MIN(ceiling, estimate) : estimate;
}

static struct why_side source_side(const struct leg *leg)
{
    return (struct why_side){.lost = leg->state == LEG_DISCONNECTED,
                             .loss_permille = leg->figures.up_loss_permille,
                             .missing_permille = leg->figures.up_missing_permille,
                             .slow = strcmp(report_of(leg)->limited, "cpu") == 0};
}

static struct why_side viewer_side(const struct leg *leg)
{
    const struct quality_report *report = report_of(leg);
    return (struct why_side){.lost = leg->state == LEG_DISCONNECTED,
                             .loss_permille = leg->figures.down_loss_permille,
                             .estimate_bps = usable_bps(leg),
                             .slow = drops_frames(report),
                             .is_frozen = report->freezes > 0 || report->frozen_ms > 0};
}

static enum why_picture picture_of(const struct slot *slot)
{
    if (strcmp(slot->state, "stills") == 0)
        return WHY_PICTURE_STILLS;
    if (strcmp(slot->state, "paused") == 0 || strcmp(slot->state, "stopped") == 0)
        return WHY_PICTURE_HELD;
    if (strcmp(slot->state, "live") != 0)
        return WHY_PICTURE_WAITING;
    return strcmp(slot->reason, "bandwidth") == 0 ? WHY_PICTURE_SMALLER : WHY_PICTURE_MOVES;
}

static enum why slot_why(const struct slot *slot)
{
    const struct track *track = slot->track;
    const struct participant *source = track->leg->participant;
    bool held = picture_of(slot) == WHY_PICTURE_HELD;
    struct why_facts facts = {.picture = picture_of(slot),
                              .off = track->paused || (source->camera == 0 && strcmp(track->source, "camera") == 0),
                              .silent = track->stalled || (held && strcmp(slot->reason, "source") == 0),
                              .hidden = held && strcmp(slot->reason, "viewer") == 0,
                              .server_busy = is_server_busy(slot->leg),
                              .server_starved = is_server_starved(slot->leg),
                              .source = source_side(track->leg),
                              .viewer = viewer_side(slot->leg)};
    /* A line is called lost after eight seconds: until then a camera would be blamed that has no line to send over. */
    facts.source.lost = facts.source.lost || (track->stalled && track->quiet && !facts.off);
    return why_picture(&facts);
}

void line_slot_words(const struct slot *slot, struct why_words *words)
{
    const struct leg *from = slot->track->leg;
    const struct participant *source = from->participant;
    bool upwards = slot->why == WHY_SOURCE_LOSS;
    words->source = source->name;
    words->loss_permille = MAX(upwards ? from->figures.up_loss_permille : slot->leg->figures.down_loss_permille, 0);
    words->bps = usable_bps(slot->leg);
}

void line_explain(struct slot *slot)
{
    enum why why = slot->video && slot->track ? slot_why(slot) : WHY_NOTHING;
    if (why == slot->why)
        return;
    struct why_words words = {0};
    slot->why = why;
    slot->changed = true;
    g_clear_pointer(&slot->why_text, g_free);
    if (!slot->track)
        return;
    line_slot_words(slot, &words);
    slot->why_text = why_text(why, slot->leg->participant->language, &words);
}

enum why line_why(const struct leg *leg, struct why_words *words)
{
    const struct leg_figures *figures = &leg->figures;
    const struct quality_report *report = report_of(leg);
    const char *rung = report->protocol[0] ? report->protocol : leg->protocol;
    struct why_line_facts facts = {.lost = leg->state == LEG_DISCONNECTED,
                                   .short_of_bandwidth = is_short_of_bandwidth(leg),
                                   .slow = drops_frames(report) || strcmp(report->limited, "cpu") == 0,
                                   .detour = rung[0] && strcmp(rung, "udp") != 0,
                                   .server_busy = is_server_busy(leg),
                                   .server_starved = is_server_starved(leg),
                                   .up_loss_permille = figures->up_loss_permille,
                                   .down_loss_permille = figures->down_loss_permille,
                                   .rtt_ms = figures->rtt_ms};
    enum why why = why_line(&facts);
    words->bps = usable_bps(leg);
    words->rtt_ms = MAX(figures->rtt_ms, 0);
    words->loss_permille = MAX(why == WHY_LINE_UP_LOSS ? figures->up_loss_permille : figures->down_loss_permille, 0);
    return why;
}

/* ---- telling ---- */

void line_connection(struct participant *participant, const char *connection)
{
    if (g_strcmp0(participant->connection, connection) == 0)
        return;
    participant->connection = connection;
    call_tell_participant(participant);
}

static void put_known(json_t *object, const char *field, int64_t value)
{
    if (value >= 0)
        json_object_set_new(object, field, json_integer(value));
}

void line_tell(struct leg *leg)
{
    const struct leg_figures *figures = &leg->figures;
    struct why_words words = {0};
    const char *connection = leg->participant->connection;
    json_t *message = json_pack("{s:s, s:s}", "type", "link", "connection", connection ? connection : "good");
    put_known(message, "estimate_bps", figures->estimate_bps);
    put_known(message, "rtt_ms", figures->rtt_ms);
    put_known(message, "loss_permille", figures->down_loss_permille);
    put_known(message, "up_loss_permille", figures->up_loss_permille);
    if (leg->protocol[0])
        json_object_set_new(message, "protocol", json_string(leg->protocol));
    leg->told_why = line_why(leg, &words);
    g_autofree char *text = why_text(leg->told_why, leg->participant->language, &words);
    if (text)
        json_object_set_new(message, "why", json_pack("{s:s, s:s}", "cause", why_code(leg->told_why), "text", text));
    participant_send(leg->participant, message);
}

/* The estimate alone says little: nobody needs more than is sent. It counts where pictures had to be held back. */
static const char *grade(const struct leg *leg)
{
    const struct leg_figures *figures = &leg->figures;
    int64_t loss_permille = MAX(figures->down_loss_permille, figures->up_loss_permille);
    bool tight = is_short_of_bandwidth(leg);
    if ((tight && figures->estimate_bps < POOR_BPS) || figures->rtt_ms > 800 || loss_permille > 100)
        return "poor";
    return tight || figures->rtt_ms > 300 || loss_permille > 30 ? "fair" : "good";
}

void line_estimate(struct leg *leg, const json_t *message)
{
    if (leg->state != LEG_CONNECTED)
        return;
    leg->figures.estimate_bps = json_integer_value(json_object_get(message, "bps"));
    leg->figures.rtt_ms = json_integer_value(json_object_get(message, "rtt_ms"));
    leg->figures.down_loss_permille = json_integer_value(json_object_get(message, "loss_permille"));
    line_connection(leg->participant, grade(leg));
    if (leg->kind == LEG_CALL)
        line_tell(leg);
}

void line_note_slot(struct slot *slot, const char *state, int height)
{
    enum quality_held reason;
    bool flowed = strcmp(state, "live") == 0, flows = strcmp(slot->state, "live") == 0;
    if (slot->video && flowed && slot->reason[0] && (!flows || slot->height < height)) {
        slot->lowered_us = core_now_us();
        g_strlcpy(slot->lowered_reason, slot->reason, sizeof slot->lowered_reason);
        if (quality_held_named(slot->reason, &reason))
            slot->leg->participant->call->signaling->totals.lowered[reason]++;
    }
    line_explain(slot);
}

/* ---- second by second ---- */

/* A camera that is switched off is no picture withheld. */
static bool is_held(const struct slot *slot)
{
    return slot->video && slot->track && !slot->track->paused && strcmp(slot->state, "waiting") != 0;
}

static void note_held(struct participant *participant)
{
    const struct leg *leg = participant_leg(participant, LEG_CALL);
    bool held[QUALITY_HELD_COUNT] = {false};
    enum quality_held reason;
    for (guint i = 0; leg && leg->state == LEG_CONNECTED && i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (is_held(slot) && quality_held_named(slot->reason, &reason))
            held[reason] = true;
    }
    for (int i = 0; i < QUALITY_HELD_COUNT; i++) {
        if (!held[i])
            continue;
        quality_note_held(&participant->quality, (enum quality_held)i);
        participant->call->signaling->totals.held_s[i]++;
    }
}

static void write_down(struct participant *participant)
{
    if (!participant->connected_once || !participant->quality.changed)
        return;
    const struct house *house = participant->call->signaling->house;
    json_t *summed = quality_json(&participant->quality);
    house->quality(house->arg, participant->session, summed);
    json_decref(summed);
    participant->quality.changed = false;
}

static void explain_leg(struct leg *leg)
{
    struct why_words words = {0};
    for (guint i = 0; i < leg->slots->len; i++)
        line_explain(g_ptr_array_index(leg->slots, i));
    if (!leg->opened || leg->busy)
        return;
    view_tell(leg, false);
    if (leg->state == LEG_CONNECTED)
        line_connection(leg->participant, grade(leg));
    if (leg->kind == LEG_CALL && leg->state != LEG_NEW && line_why(leg, &words) != leg->told_why)
        line_tell(leg);
}

void line_tick(struct call *call, int64_t now_s)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint j = 0; j < participant->legs->len; j++)
            explain_leg(g_ptr_array_index(participant->legs, j));
        note_held(participant);
        if (now_s % WRITE_S == 0)
            write_down(participant);
    }
}
