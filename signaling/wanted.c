#include "wanted.h"

#include "call.h"

enum { ALL = INT16_MAX };

typedef void (*track_fn)(struct track *track, int64_t arg);

static void each_picture(const struct participant *participant, track_fn visit, int64_t arg)
{
    for (guint i = 0; i < participant->legs->len; i++) {
        const struct leg *leg = g_ptr_array_index(participant->legs, i);
        for (guint j = 0; j < leg->tracks->len; j++) {
            struct track *track = g_ptr_array_index(leg->tracks, j);
            if (track->video && leg->kind == LEG_CALL && track->layers > 1)
                visit(track, arg);
        }
    }
}

static void begin(struct track *track, int64_t size)
{
    track->wanted.now = (struct track_size){(int)size, (int)size};
}

/* Bounds of 0 are none. */
static void add_slots(const struct leg *leg)
{
    for (guint i = 0; i < leg->slots->len; i++) {
        const struct slot *slot = g_ptr_array_index(leg->slots, i);
        if (!slot->track || !slot->video)
            continue;
        struct track_size *now = &slot->track->wanted.now;
        now->width = MAX(now->width, slot->max_width ? slot->max_width : ALL);
        now->height = MAX(now->height, slot->max_height ? slot->max_height : ALL);
    }
}

static json_t *size_json(struct track_size size)
{
    if (size.width == ALL || size.height == ALL)
        return json_null();
    return json_pack("{s:i, s:i}", "width", size.width, "height", size.height);
}

static void tell(struct track *track, int64_t now_s)
{
    struct track_wanted *wanted = &track->wanted;
    bool more = wanted->now.width > wanted->told.width || wanted->now.height > wanted->told.height;
    bool less = wanted->now.width < wanted->told.width || wanted->now.height < wanted->told.height;
    if (wanted->now.width == 0 || !(more || less)) {
        wanted->less_s = 0;
        return;
    }
    if (!more && wanted->less_s == 0)
        wanted->less_s = now_s + WANTED_LESS_S;
    if (!more && now_s < wanted->less_s)
        return;
    wanted->less_s = 0;
    wanted->told = wanted->now;
    participant_send(track->leg->participant, json_pack("{s:s, s:s, s:o}", "type", "wanted", "source", track->source,
                                                        "size", size_json(wanted->told)));
}

void wanted_tell(struct call *call, int64_t now_s)
{
    for (guint i = 0; i < call->participants->len; i++)
        each_picture(g_ptr_array_index(call->participants, i), begin, recorder_is_off(&call->recorder) ? 0 : ALL);
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *viewer = g_ptr_array_index(call->participants, i);
        for (guint j = 0; j < viewer->legs->len; j++)
            add_slots(g_ptr_array_index(viewer->legs, j));
    }
    for (guint i = 0; i < call->participants->len; i++) {
        const struct participant *participant = g_ptr_array_index(call->participants, i);
        if (participant->peer)
            each_picture(participant, tell, now_s);
    }
}

static void forget(struct track *track, int64_t unused)
{
    (void)unused;
    track->wanted.told = (struct track_size){0};
}

void wanted_forget(struct participant *participant)
{
    each_picture(participant, forget, 0);
}
