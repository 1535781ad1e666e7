#include "line.h"

#include "call.h"

#include <string.h>

enum { WRITE_S = 15 };

/* ---- what is reported ------------------------------------------------------------------------------------------ */

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
}

void line_continue(struct participant *participant, const json_t *stay)
{
    const char *id = json_string_value(json_object_get(stay, "id"));
    if (g_strcmp0(id, participant->session) == 0)
        quality_continue(&participant->quality, json_object_get(stay, "quality"));
}

/* ---- second by second ------------------------------------------------------------------------------------------ */

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
    for (int i = 0; i < QUALITY_HELD_COUNT; i++)
        if (held[i])
            quality_note_held(&participant->quality, (enum quality_held)i);
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

void line_tick(struct call *call, int64_t now_s)
{
    for (guint i = 0; i < call->participants->len; i++) {
        struct participant *participant = g_ptr_array_index(call->participants, i);
        note_held(participant);
        if (now_s % WRITE_S == 0)
            write_down(participant);
    }
}
