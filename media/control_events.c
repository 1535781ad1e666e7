/* Events and snapshot items of the routing side: its state as JSON. */
#include <stdlib.h>
#include <string.h>

#include "media/control_items.h"

enum { EVENTS_US = 100000, ESTIMATE_US = 1000000, LAYERS_TOLD_US = 5000000 };

static json_t *named(const char *event)
{
    return json_pack("{s:s}", "event", event);
}

static void put_text(json_t *object, const char *key, const char *value)
{
    if (value)
        json_object_set_new(object, key, json_string(value));
}

static void put_positive(json_t *object, const char *key, json_int_t value)
{
    if (value > 0)
        json_object_set_new(object, key, json_integer(value));
}

/* ---- tracks ---- */

static json_t *layers_of(const struct track *track, uint64_t now_us)
{
    const struct track_config *config = track_config(track);
    json_t *layers = json_array();
    for (int i = 0; i < track_layer_count(track); i++) {
        const struct layer *layer = track_layer(track, i);
        struct layer_stats stats;
        if (!layer || !layer_is_live(layer, now_us))
            continue;
        layer_stats(layer, &stats);
        json_t *item = json_pack("{s:I}", "bps", (json_int_t)stats.bps);
        put_text(item, "rid", i < config->rid_count ? config->rids[i] : NULL);
        put_positive(item, "width", stats.width);
        put_positive(item, "height", stats.height);
        put_positive(item, "fps", stats.fps);
        json_array_append_new(layers, item);
    }
    return layers;
}

static const char *track_state_name(enum track_state state)
{
    static const char *const names[] = {[TRACK_IDLE] = "idle", [TRACK_LIVE] = "live", [TRACK_STALLED] = "stalled"};
    return names[state];
}

/* It is not the camera alone: nothing comes from there. */
static bool is_quiet(const struct track_item *item, uint64_t now_us)
{
    const struct transport *transport = item->member->transport;
    bool stalled = track_state(item->track, now_us) == TRACK_STALLED && !track_is_paused(item->track);
    return transport && stalled && transport_is_quiet(transport, now_us);
}

static void put_track_state(json_t *object, const struct track_item *item, uint64_t now_us)
{
    const struct track *track = item->track;
    put_text(object, "state", track_state_name(track_state(track, now_us)));
    json_object_set_new(object, "layers", layers_of(track, now_us));
    if (track_is_thin(track, now_us))
        json_object_set_new(object, "thin", json_true());
    if (is_quiet(item, now_us))
        json_object_set_new(object, "quiet", json_true());
}

/* Which layers are live, and how large: a change of it is told at once, rates only now and then. */
static uint32_t layers_digest(const struct track *track, uint64_t now_us)
{
    uint32_t digest = 0;
    for (int i = 0; i < track_layer_count(track); i++) {
        const struct layer *layer = track_layer(track, i);
        struct layer_stats stats;
        if (!layer || !layer_is_live(layer, now_us))
            continue;
        layer_stats(layer, &stats);
        digest = digest * 31 + (uint32_t)(i + 1) + stats.width * 7919u + stats.height;
    }
    return digest;
}

struct telling {
    struct control_room *owner;
    uint64_t now_us;
};

static void tell_track(void *arg, void *object)
{
    const struct telling *telling = arg;
    struct track_item *item = object;
    enum track_state state = track_state(item->track, telling->now_us);
    uint32_t layers = layers_digest(item->track, telling->now_us);
    bool thin = track_is_thin(item->track, telling->now_us);
    bool quiet = is_quiet(item, telling->now_us);
    bool is_old = state == TRACK_LIVE && telling->now_us - item->told_us > LAYERS_TOLD_US;
    if ((int)state == item->told_state && layers == item->told_layers && thin == item->told_thin &&
        quiet == item->told_quiet && !is_old)
        return;
    item->told_thin = thin;
    item->told_quiet = quiet;
    item->told_state = (int)state;
    item->told_layers = layers;
    item->told_us = telling->now_us;
    json_t *event = named("track.state");
    put_text(event, "track", track_config(item->track)->name);
    put_track_state(event, item, telling->now_us);
    control_event(telling->owner->control, event);
}

/* ---- slots ---- */

static const char *reason_name(const struct slot_status *status)
{
    if (status->reason == ALLOCATOR_BANDWIDTH)
        return "bandwidth";
    if (status->reason == ALLOCATOR_VIEWER)
        return "viewer";
    return status->reason == ALLOCATOR_SOURCE ? "source" : NULL;
}

void control_events_put_slot_state(json_t *object, const struct slot *slot)
{
    static const char *const names[] = {
        [SLOT_EMPTY] = "empty",   [SLOT_WAITING] = "waiting", [SLOT_LIVE] = "live",
        [SLOT_PAUSED] = "paused", [SLOT_STILLS] = "stills",   [SLOT_STOPPED] = "stopped",
    };
    struct slot_status status;
    slot_status(slot, &status);
    const struct track *track = slot_track(slot);
    json_object_set_new(object, "track", track ? json_string(track_config(track)->name) : json_null());
    put_text(object, "state", names[status.state]);
    put_text(object, "layer", status.rid);
    put_positive(object, "width", status.width);
    put_positive(object, "height", status.height);
    put_text(object, "reason", reason_name(&status));
}

static void tell_slot(void *arg, void *object)
{
    const struct telling *telling = arg;
    struct slot_item *item = object;
    if (!slot_take_changed(item->slot))
        return;
    json_t *event = named("slot.state");
    put_text(event, "slot", slot_config(item->slot)->name);
    control_events_put_slot_state(event, item->slot);
    control_event(telling->owner->control, event);
}

/* ---- the rest ---- */

void control_events_speaker(void *arg, struct room *room, const struct track *track)
{
    struct room_item *item = arg;
    json_t *event = named("speaker");
    put_text(event, "room", room_name(room));
    json_object_set_new(event, "track", track ? json_string(track_config(track)->name) : json_null());
    control_event(item->owner->control, event);
}

static void tell_estimate(struct control_room *owner, struct member_item *item, uint64_t now_us)
{
    struct member_stats stats;
    if (now_us - item->told_us < ESTIMATE_US)
        return;
    member_stats(item->member, &stats);
    uint32_t change = stats.estimate_bps > item->told_bps ? stats.estimate_bps - item->told_bps
                                                          : item->told_bps - stats.estimate_bps;
    if (change <= item->told_bps / 10)
        return;
    item->told_bps = stats.estimate_bps;
    item->told_us = now_us;
    json_t *event = named("estimate");
    put_text(event, "transport", transport_name(item->transport));
    json_object_set_new(event, "bps", json_integer(stats.estimate_bps));
    json_object_set_new(event, "rtt_ms", json_integer(stats.rtt_ms));
    json_object_set_new(event, "loss_permille", json_integer(stats.loss_permille));
    control_event(owner->control, event);
}

static void tell_member(void *arg, struct transport *transport)
{
    const struct telling *telling = arg;
    struct member_item *item = transport_user(transport);
    if (item && transport_is_connected(transport))
        tell_estimate(telling->owner, item, telling->now_us);
}

void control_events_tick(struct control_room *owner, uint64_t now_us)
{
    struct telling telling = {.owner = owner, .now_us = now_us};
    if (now_us - owner->events_us < EVENTS_US)
        return;
    owner->events_us = now_us;
    control_each(&owner->tracks, tell_track, &telling);
    control_each(&owner->slots, tell_slot, &telling);
    transport_each(owner->transports, tell_member, &telling);
}

static void snapshot_room(void *arg, void *object)
{
    struct control_room *owner = arg;
    struct room_item *item = object;
    json_t *event = named("snapshot.room");
    put_text(event, "room", room_name(item->room));
    if (item->app)
        json_object_set(event, "app", item->app);
    const struct track *speaker = room_speaker(item->room);
    put_text(event, "speaker", speaker ? track_config(speaker)->name : NULL);
    control_event(owner->control, event);
}

static void snapshot_track(void *arg, void *object)
{
    struct control_room *owner = arg;
    struct track_item *item = object;
    json_t *event = named("snapshot.track");
    json_object_update(event, item->request);
    json_object_set_new(event, "paused", json_boolean(track_is_paused(item->track)));
    put_track_state(event, item, loop_now_us(owner->loop));
    control_event(owner->control, event);
}

static void snapshot_slot(void *arg, void *object)
{
    struct control_room *owner = arg;
    struct slot_item *item = object;
    json_t *event = named("snapshot.slot");
    json_object_update(event, item->request);
    json_object_set_new(event, "priority", json_integer(item->wish.priority));
    put_positive(event, "max_width", item->wish.max_width);
    put_positive(event, "max_height", item->wish.max_height);
    control_events_put_slot_state(event, item->slot);
    control_event(owner->control, event);
}

void control_events_snapshot(void *arg, enum control_stage stage)
{
    struct control_room *owner = arg;
    if (stage == CONTROL_SNAPSHOT_ROOM)
        control_each(&owner->rooms, snapshot_room, owner);
    else if (stage == CONTROL_SNAPSHOT_TRANSPORT)
        control_relay_snapshot(owner);
    else if (stage == CONTROL_SNAPSHOT_TRACK)
        control_each(&owner->tracks, snapshot_track, owner);
    else if (stage == CONTROL_SNAPSHOT_SLOT)
        control_each(&owner->slots, snapshot_slot, owner);
    else if (stage == CONTROL_SNAPSHOT_RECORDING)
        control_tap_snapshot(owner);
}
