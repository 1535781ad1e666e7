/* The request `stats`: what the operator and the metrics see of calls, by numbers. */
#include <errno.h>
#include <string.h>

#include "media/control_items.h"

enum { PART_ITEMS = 250 }; /* layers and slots in a message, each below 400 bytes: within IPC_MESSAGE_MAX */

static void put(json_t *object, const char *key, uint64_t value)
{
    json_object_set_new(object, key, json_integer((json_int_t)value));
}

static json_t *layer_stats_json(const struct track *track, int index)
{
    struct layer_stats stats;
    layer_stats(track_layer(track, index), &stats);
    json_t *item = json_object();
    if (index < track_config(track)->rid_count)
        json_object_set_new(item, "rid", json_string(track_config(track)->rids[index]));
    put(item, "width", stats.width);
    put(item, "height", stats.height);
    put(item, "bps", stats.bps);
    put(item, "fps", stats.fps);
    put(item, "packets", stats.packets);
    put(item, "bytes", stats.bytes);
    put(item, "lost", stats.lost);
    put(item, "repaired", stats.repaired);
    put(item, "jitter_ms", stats.jitter_ms);
    return item;
}

static json_t *track_stats_json(const struct track *track)
{
    const struct track_config *config = track_config(track);
    json_t *layers = json_array();
    for (int i = 0; i < track_layer_count(track); i++)
        if (track_layer(track, i))
            json_array_append_new(layers, layer_stats_json(track, i));
    return json_pack("{s:s, s:s, s:o}", "track", config->name, "kind", config->video ? "video" : "audio", "layers",
                     layers);
}

static json_t *slot_stats_json(const struct slot *slot)
{
    struct slot_stats stats;
    struct slot_status status;
    slot_stats(slot, &stats);
    slot_status(slot, &status);
    json_t *item = json_pack("{s:s, s:s}", "slot", slot_config(slot)->name, "kind",
                             slot_config(slot)->video ? "video" : "audio");
    control_events_put_slot_state(item, slot);
    if (status.target_rid)
        json_object_set_new(item, "target", json_string(status.target_rid));
    put(item, "packets", stats.packets);
    put(item, "bytes", stats.bytes);
    put(item, "retransmitted", stats.retransmitted);
    put(item, "nacks", stats.nacks);
    put(item, "key_requests", stats.key_requests);
    put(item, "switches", stats.switches);
    put(item, "loss_permille", stats.fraction_lost * 1000u / 256);
    put(item, "lost", stats.lost > 0 ? (uint64_t)stats.lost : 0);
    put(item, "jitter_ms", stats.jitter_ms);
    return item;
}

static json_t *member_stats_json(const struct member_item *item)
{
    struct member_stats stats;
    struct transport_stats wire;
    json_t *tracks = json_array(), *slots = json_array();
    int family;
    const char *path = transport_path(item->transport, &family);
    member_stats(item->member, &stats);
    transport_stats(item->transport, &wire);
    for (int i = 0; i < member_track_count(item->member); i++)
        json_array_append_new(tracks, track_stats_json(member_track(item->member, i)));
    for (int i = 0; i < member_slot_count(item->member); i++)
        if (slot_track(member_slot(item->member, i)))
            json_array_append_new(slots, slot_stats_json(member_slot(item->member, i)));
    json_t *object = json_pack("{s:s, s:s, s:o, s:o}", "transport", member_name(item->member), "room",
                               room_name(item->room->room), "tracks", tracks, "slots", slots);
    put(object, "rtt_ms", stats.rtt_ms);
    put(object, "estimate_bps", stats.estimate_bps);
    put(object, "loss_permille", stats.loss_permille);
    put(object, "nacks_sent", stats.nacks_sent);
    put(object, "key_requests_sent", stats.key_requests_sent);
    json_object_set_new(object, "path",
                        path ? json_pack("{s:s, s:i}", "protocol", path, "family", family) : json_null());
    put(object, "rx_packets", wire.rx_packets);
    put(object, "tx_packets", wire.tx_packets);
    put(object, "rx_bytes", wire.rx_bytes);
    put(object, "tx_bytes", wire.tx_bytes);
    put(object, "rx_dropped", wire.rx_dropped + stats.malformed + stats.unknown);
    put(object, "tx_dropped", wire.tx_dropped);
    return object;
}

struct collecting {
    struct control_room *owner;
    const char *room; /* NULL: all */
    json_t *id;
    json_t *transports;
    size_t items; /* in them */
};

static void send_part(struct collecting *collecting)
{
    json_t *event = json_pack("{s:s, s:o}", "event", "stats.part", "transports", collecting->transports);
    json_object_set(event, "id", collecting->id);
    control_event(collecting->owner->control, event);
    collecting->transports = json_array();
    collecting->items = 0;
}

static void collect(void *arg, struct transport *transport)
{
    struct collecting *collecting = arg;
    const struct member_item *item = transport_user(transport);
    if (!item || (collecting->room && strcmp(collecting->room, room_name(item->room->room)) != 0))
        return;
    json_t *object = member_stats_json(item);
    size_t items = json_array_size(json_object_get(object, "slots")) + 1;
    for (int i = 0; i < member_track_count(item->member); i++)
        items += (size_t)track_layer_count(member_track(item->member, i)) + 1;
    if (collecting->items + items > PART_ITEMS && json_array_size(collecting->transports))
        send_part(collecting);
    json_array_append_new(collecting->transports, object);
    collecting->items += items;
}

int control_stats_answer(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct collecting collecting = {.owner = owner,
                                    .room = json_string_value(json_object_get(request->body, "room")),
                                    .id = json_object_get(request->body, "id"),
                                    .transports = json_array()};
    if (collecting.room && !names_find(&owner->rooms, collecting.room)) {
        json_decref(collecting.transports);
        return control_fail(request, -ENOENT, "no room of that name");
    }
    transport_each(owner->transports, collect, &collecting);
    json_object_set_new(answer, "transports", collecting.transports);
    json_t *worker = load_json(owner->load);
    put(worker, "relayed_bytes", owner->relayed_bytes);
    json_object_set_new(answer, "worker", worker);
    return 0;
}
