#include "codecs.h"

#include "call.h"
#include "peer.h"

#include <string.h>

static bool takes(const struct leg *viewer, const char *codec)
{
    bool any = false;
    for (guint i = 0; i < viewer->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(viewer->slots, i);
        any |= slot->video;
        if (slot->video && leg_slot_takes_codec(slot, codec))
            return true;
    }
    return !any;
}

/* What is journaled must come out as a file that any player shows, without being coded again: of a stream with layers inside
 * it none can be made, and whether VP9 or AV1 comes with layers nobody says beforehand. */
static bool can_be_recorded(const struct call *call, const char *codec)
{
    return recorder_is_off(&call->recorder) || strcmp(codec, "VP8") == 0 || strcmp(codec, "H264") == 0;
}

static const struct participant *who_cannot_show(const struct participant *publisher, const char *codec)
{
    const GPtrArray *all = publisher->call->participants;
    for (guint i = 0; i < all->len; i++) {
        const struct participant *viewer = g_ptr_array_index(all, i);
        for (guint j = 0; j < viewer->legs->len && viewer != publisher; j++)
            if (!takes(g_ptr_array_index(viewer->legs, j), codec))
                return viewer;
    }
    return NULL;
}

static bool suits(const struct participant *publisher, const char *codec)
{
    return can_be_recorded(publisher->call, codec) && !who_cannot_show(publisher, codec);
}

static void put_first(struct sdp_line *line, size_t at)
{
    struct sdp_codec first = line->codecs[at];
    memmove(&line->codecs[1], &line->codecs[0], at * sizeof first);
    line->codecs[0] = first;
}

/* Where nothing suits everybody, what is most widely understood: VP8, else the first. */
static size_t best(const struct participant *publisher, const struct sdp_line *line)
{
    size_t vp8 = 0;
    for (size_t i = 0; i < line->n_codecs; i++) {
        if (suits(publisher, line->codecs[i].name))
            return i;
        if (strcmp(line->codecs[i].name, "VP8") == 0)
            vp8 = i;
    }
    return vp8;
}

void codecs_choose(const struct leg *leg, struct sdp_line *line)
{
    const struct track *flows = leg_track(leg, line->mid);
    if (line->kind != SDP_VIDEO || line->n_codecs == 0)
        return;
    size_t at = best(leg->participant, line);
    for (size_t i = 0; flows && i < line->n_codecs; i++)
        if (strcmp(line->codecs[i].name, flows->codec) == 0)
            at = i;
    put_first(line, at);
}

bool codecs_check(struct track *track)
{
    const struct participant *publisher = track->leg->participant, *viewer = who_cannot_show(publisher, track->codec);
    if (!track->video || track->unsuited || suits(publisher, track->codec))
        return true;
    track->unsuited = true;
    g_message("codecs room=%s track=%s codec=%s does not suit %s=%s", publisher->call->id, track->id, track->codec,
              viewer ? "participant" : "recording", viewer ? viewer->id : publisher->call->recorder.id);
    return false;
}

/* Its publisher has nothing better to offer, or no page to be asked on. */
static bool is_final(const struct track *track)
{
    return track->video && (!track->has_other_codecs || track->leg->kind != LEG_CALL);
}

static bool has_what_cannot_be_shown(const struct leg *publisher, const struct leg *viewer)
{
    for (guint i = 0; i < publisher->tracks->len; i++) {
        const struct track *track = g_ptr_array_index(publisher->tracks, i);
        if (is_final(track) && !takes(viewer, track->codec))
            return true;
    }
    return false;
}

/* Once: a page says it in a line of its own. */
static void tell(struct leg *viewer)
{
    const struct participant *participant = viewer->participant;
    const GPtrArray *all = participant->call->participants;
    bool cannot = false;
    for (guint i = 0; i < all->len; i++) {
        const struct participant *other = g_ptr_array_index(all, i);
        for (guint j = 0; j < other->legs->len && other != participant; j++)
            cannot |= has_what_cannot_be_shown(g_ptr_array_index(other->legs, j), viewer);
    }
    if (!cannot || viewer->told_cannot_show || !participant->peer)
        return;
    viewer->told_cannot_show = true;
    peer_error(participant->peer, -1, "cannot_show");
}

static void recheck_leg(struct leg *leg)
{
    bool renew = false;
    for (guint i = 0; i < leg->tracks->len; i++) {
        struct track *track = g_ptr_array_index(leg->tracks, i);
        renew |= !codecs_check(track) && track->has_other_codecs;
    }
    if (renew && leg->kind == LEG_CALL)
        participant_send(leg->participant, json_pack("{s:s, s:s}", "type", "renew", "reason", "codec"));
}

void codecs_recheck(struct call *call)
{
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        for (guint j = 0; j < participant->legs->len; j++)
            recheck_leg(g_ptr_array_index(participant->legs, j));
    }
    for (guint i = 0; i < call->participants->len; i++) {
        struct leg *viewer = participant_leg(g_ptr_array_index(call->participants, i), LEG_CALL);
        if (viewer)
            tell(viewer);
    }
}
