#include "media/control_room.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "media/control_items.h"
#include "media/control_parse.h"
#include "media/log.h"

enum { TICK_US = 10000, ROOMS_MAX = 2000 };

static const uint64_t ntp_of_unix_us = 2208988800ull * 1000000;

/* ---- transports join and leave ---- */

static int out_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    return transport_send_rtp(arg, header, header_size, payload, payload_size);
}

static void out_keep(void *arg, uint32_t ssrc, uint16_t sequence)
{
    transport_keep_last(arg, ssrc, sequence);
}

static size_t out_resend(void *arg, uint32_t ssrc, uint16_t sequence)
{
    return transport_resend(arg, ssrc, sequence);
}

static int out_rtcp(void *arg, uint8_t *packet, size_t size)
{
    return transport_send_rtcp(arg, packet, size);
}

static void out_forget(void *arg, uint32_t ssrc)
{
    transport_forget_ssrc(arg, ssrc);
}

static void out_flush(void *arg)
{
    transport_flush(arg);
}

static void on_state(void *arg, enum transport_state state, const char *reason)
{
    struct member_item *item = arg;
    uint64_t now_us = loop_now_us(item->room->owner->loop);
    (void)reason;
    if (state == TRANSPORT_CONNECTING)
        item->connecting_us = now_us;
    if (state == TRANSPORT_CONNECTED && item->connecting_us)
        member_begin(item->member, now_us - item->connecting_us, now_us);
    if (state == TRANSPORT_CONNECTED)
        item->connecting_us = 0;
    member_connected(item->member, state == TRANSPORT_CONNECTED, now_us);
}

void control_room_feed(struct member_item *item, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct control_room *owner = item->room->owner;
    member_rtp(item->member, packet, size, arrival_us);
    if (item->fed)
        return;
    item->fed = true;
    item->next_fed = owner->fed;
    owner->fed = item;
}

static void on_rtp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    control_room_feed(arg, packet, size, arrival_us);
}

static void on_batch_end(void *arg, uint64_t now_us)
{
    struct control_room *owner = arg;
    (void)now_us;
    for (struct member_item *item; (item = owner->fed) != NULL;) {
        owner->fed = item->next_fed;
        item->fed = false;
        member_flush(item->member);
    }
}

static void forget_fed(struct control_room *owner, const struct member_item *item)
{
    struct member_item **at = &owner->fed;
    while (*at && *at != item)
        at = &(*at)->next_fed;
    if (*at)
        *at = item->next_fed;
}

static void on_rtcp(void *arg, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct member_item *item = arg;
    member_rtcp(item->member, packet, size, arrival_us);
}

static void on_moved(void *arg)
{
    struct member_item *item = arg;
    member_connected(item->member, true, loop_now_us(item->room->owner->loop));
}

static int on_open(void *arg, struct transport *transport, const char *name)
{
    struct control_room *owner = arg;
    struct room_item *room = names_find(&owner->rooms, name);
    if (!room)
        return -ENOENT;
    struct member_item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    struct member_out out = {.rtp_fn = out_rtp,
                             .keep_fn = out_keep,
                             .resend_fn = out_resend,
                             .rtcp_fn = out_rtcp,
                             .forget_fn = out_forget,
                             .flush_fn = out_flush,
                             .arg = transport};
    int error = room_join(room->room, transport_name(transport), &out, loop_now_us(owner->loop), &item->member);
    if (error < 0) {
        free(item);
        return error;
    }
    item->room = room;
    item->transport = transport;
    transport_set_user(transport, item);
    transport_set_handler(
        transport, &(struct transport_handler){
                       .state_fn = on_state, .rtp_fn = on_rtp, .rtcp_fn = on_rtcp, .moved_fn = on_moved, .arg = item});
    return 0;
}

static void remove_track(struct control_room *owner, struct track_item *item)
{
    names_remove(&owner->tracks, track_config(item->track)->name);
    room_forget_track(item->member->room->room, item->track);
    member_close_track(item->member->member, item->track);
    json_decref(item->request);
    free(item);
}

static void remove_slot(struct control_room *owner, struct slot_item *item)
{
    names_remove(&owner->slots, slot_config(item->slot)->name);
    member_close_slot(item->member->member, item->slot);
    json_decref(item->request);
    free(item);
}

void control_room_leave(struct control_room *owner, struct member_item *item)
{
    struct member *member = item->member;
    forget_fed(owner, item);
    member_connected(member, false, loop_now_us(owner->loop));
    while (member_track_count(member))
        remove_track(owner, names_find(&owner->tracks, track_config(member_track(member, 0))->name));
    while (member_slot_count(member))
        remove_slot(owner, names_find(&owner->slots, slot_config(member_slot(member, 0))->name));
    room_leave(item->room->room, member);
}

static void on_close(void *arg, struct transport *transport, const char *reason)
{
    struct member_item *item = transport_user(transport);
    (void)reason;
    control_room_leave(arg, item);
    transport_set_handler(transport, &(struct transport_handler){0}); /* it still says its last state */
    transport_set_user(transport, NULL);
    free(item);
}

/* ---- requests ---- */

static int find(struct control_request *request, const struct names *names, const char *key, void *item)
{
    const char *name;
    int error = control_name(request, key, &name);
    if (error < 0)
        return error;
    void *found = names_find(names, name);
    if (!found) {
        control_fail(request, -ENOENT, "no %s of that name", key);
        return -ENOENT;
    }
    memcpy(item, &found, sizeof found);
    return 0;
}

static int find_member(struct control_room *owner, struct control_request *request, struct member_item **item)
{
    const char *name;
    int error = control_name(request, "transport", &name);
    if (error < 0)
        return error;
    struct transport *transport = transport_find(owner->transports, name);
    *item = transport ? transport_user(transport) : names_find(&owner->relays, name);
    if (!*item) {
        control_fail(request, -ENOENT, "no transport of that name");
        return -ENOENT;
    }
    return 0;
}

json_t *control_keep_request(const struct control_request *request)
{
    json_t *kept = json_copy(request->body);
    json_object_del(kept, "id");
    json_object_del(kept, "op");
    return kept;
}

static struct room_item *make_room(struct control_room *owner, const char *name)
{
    struct room_item *item = calloc(1, sizeof *item);
    struct room_config config = {
        .name = name, .epoch_us = owner->epoch_us, .speaker_fn = control_events_speaker, .arg = item};
    if (item)
        item->room = room_create(&config);
    if (!item || !item->room || names_add(&owner->rooms, room_name(item->room), item) < 0) {
        if (item)
            room_destroy(item->room);
        free(item);
        return NULL;
    }
    item->owner = owner;
    return item;
}

static int op_room_open(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    const char *name;
    (void)answer;
    int error = control_name(request, "room", &name);
    if (error < 0)
        return error;
    struct room_item *item = names_find(&owner->rooms, name);
    if (!item && owner->rooms.used >= ROOMS_MAX)
        return control_fail(request, -ENOSPC, "%d rooms are open", ROOMS_MAX);
    if (!item)
        item = make_room(owner, name);
    if (!item)
        return -ENOMEM;
    json_t *app = json_object_get(request->body, "app");
    if (app) {
        json_decref(item->app);
        item->app = json_incref(app);
    }
    return 0;
}

static void destroy_room(struct control_room *owner, struct room_item *item, const char *reason)
{
    control_tap_close_all(owner, item, loop_now_us(owner->loop));
    while (room_member_count(item->room)) {
        const char *name = member_name(room_member(item->room, 0));
        if (!control_relay_close(owner, name))
            transport_close(transport_find(owner->transports, name), reason);
    }
    names_remove(&owner->rooms, room_name(item->room));
    room_destroy(item->room);
    json_decref(item->app);
    free(item);
}

static int op_room_close(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct room_item *item;
    const char *reason = json_string_value(json_object_get(request->body, "reason"));
    (void)answer;
    int error = find(request, &owner->rooms, "room", &item);
    if (error == 0)
        destroy_room(owner, item, reason ? reason : "closed");
    return error;
}

static int op_track_open(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct member_item *member;
    struct track_config config;
    (void)answer;
    int error = find_member(owner, request, &member);
    if (error == 0)
        error = control_parse_track(request, &config);
    if (error < 0)
        return error;
    if (names_find(&owner->tracks, config.name))
        return control_fail(request, -EEXIST, "there is a track of that name");
    struct track_item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    error = member_open_track(member->member, &config, &item->track);
    if (error < 0) {
        free(item);
        return control_fail(request, error, "at most %d tracks", MEMBER_TRACKS_MAX);
    }
    item->member = member;
    item->request = control_keep_request(request);
    item->told_state = -1;
    error = names_add(&owner->tracks, track_config(item->track)->name, item);
    if (error < 0)
        remove_track(owner, item);
    return error;
}

static int op_track_set(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct track_item *item;
    const json_t *paused = json_object_get(request->body, "paused");
    (void)answer;
    int error = find(request, &owner->tracks, "track", &item);
    if (error < 0)
        return error;
    if (!json_is_boolean(paused))
        return control_fail(request, -EINVAL, "paused is true or false");
    if (track_is_paused(item->track) == json_is_true(paused))
        return 0;
    track_set_paused(item->track, json_is_true(paused));
    control_tap_note_paused(owner, item, request->now_us);
    return 0;
}

static int op_track_close(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct track_item *item;
    (void)answer;
    int error = find(request, &owner->tracks, "track", &item);
    if (error == 0)
        remove_track(owner, item);
    return error;
}

static int op_slot_open(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct member_item *member;
    struct slot_config config;
    (void)answer;
    int error = find_member(owner, request, &member);
    if (error == 0)
        error = control_parse_slot(request, &config);
    if (error < 0)
        return error;
    if (names_find(&owner->slots, config.name))
        return control_fail(request, -EEXIST, "there is a slot of that name");
    struct slot_item *item = calloc(1, sizeof *item);
    if (!item)
        return -ENOMEM;
    error = member_open_slot(member->member, &config, &item->slot);
    if (error < 0) {
        free(item);
        return control_fail(request, error, "at most %d slots", MEMBER_SLOTS_MAX);
    }
    item->member = member;
    item->request = control_keep_request(request);
    error = names_add(&owner->slots, slot_config(item->slot)->name, item);
    if (error < 0)
        remove_slot(owner, item);
    return error;
}

static int op_slot_assign(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct slot_item *slot;
    struct track_item *track = NULL;
    struct slot_wish wish;
    (void)answer;
    int error = find(request, &owner->slots, "slot", &slot);
    if (error == 0 && !json_is_null(json_object_get(request->body, "track")))
        error = find(request, &owner->tracks, "track", &track);
    if (error == 0)
        error = control_parse_wish(request, &wish);
    if (error < 0)
        return error;
    if (track && track->member->room != slot->member->room)
        return control_fail(request, -EINVAL, "the track is in another room");
    slot->wish = wish;
    error = member_assign(slot->member->member, slot->slot, track ? track->track : NULL, &wish, request->now_us);
    if (error == -ENOTSUP)
        return control_fail(request, error, "the slot takes none of the track's codecs");
    return error;
}

static int op_slot_close(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct slot_item *item;
    (void)answer;
    int error = find(request, &owner->slots, "slot", &item);
    if (error == 0)
        remove_slot(owner, item);
    return error;
}

static int op_view_set(void *arg, struct control_request *request, json_t *answer)
{
    struct control_room *owner = arg;
    struct member_item *item;
    json_int_t bps = json_integer_value(json_object_get(request->body, "max_bps"));
    (void)answer;
    int error = find_member(owner, request, &item);
    if (error < 0)
        return error;
    if (bps < 0 || bps > UINT32_MAX)
        return control_fail(request, -EINVAL, "max_bps is out of range");
    member_set_ceiling(item->member, (uint32_t)bps, request->now_us);
    return 0;
}

static const struct control_op ops[] = {
    {"room.open", op_room_open},     {"room.close", op_room_close},   {"track.open", op_track_open},
    {"track.set", op_track_set},     {"track.close", op_track_close}, {"slot.open", op_slot_open},
    {"slot.assign", op_slot_assign}, {"slot.close", op_slot_close},   {"view.set", op_view_set},
    {"stats", control_stats_answer},
};

/* ---- life ---- */

static void on_hello(void *arg, json_t *answer)
{
    struct control_room *owner = arg;
    json_object_set_new(answer, "rooms", json_integer((json_int_t)owner->rooms.used));
}

static void tick_room(void *arg, void *object)
{
    struct room_item *item = object;
    room_tick(item->room, *(uint64_t *)arg);
}

static void on_timer(void *arg, uint64_t now_us)
{
    struct control_room *owner = arg;
    control_each(&owner->rooms, tick_room, &now_us);
    control_events_tick(owner, now_us);
    control_tap_tick(owner, now_us);
    loop_timer_in(owner->loop, &owner->timer, TICK_US);
}

static uint64_t epoch_of(uint64_t now_us)
{
    struct timespec unix_time;
    clock_gettime(CLOCK_REALTIME, &unix_time);
    return (uint64_t)unix_time.tv_sec * 1000000 + (uint64_t)unix_time.tv_nsec / 1000 + ntp_of_unix_us - now_us;
}

/* Journals are sealed before anything else goes. */
static void on_quit(void *arg, uint64_t now_us)
{
    control_tap_close_all(arg, NULL, now_us);
    control_tap_settle(arg);
}

static size_t count_rooms(void *arg)
{
    const struct control_room *owner = arg;
    return owner->rooms.used;
}

static int register_parts(struct control_room *owner)
{
    owner->part = (struct control_part){.ops = ops,
                                        .op_count = sizeof ops / sizeof ops[0],
                                        .hello_fn = on_hello,
                                        .snapshot_fn = control_events_snapshot,
                                        .arg = owner};
    owner->tap_part = (struct control_part){
        .ops = control_tap_ops, .op_count = control_tap_op_count, .quit_fn = on_quit, .arg = owner};
    owner->relay_part = (struct control_part){
        .ops = control_relay_ops, .op_count = control_relay_op_count, .arg = owner};
    int error = control_register(owner->control, &owner->part);
    if (error == 0)
        error = control_register(owner->control, &owner->relay_part);
    return error < 0 ? error : control_register(owner->control, &owner->tap_part);
}

int control_room_create(const struct control_room_config *config, struct control_room **result)
{
    struct control_room *owner = calloc(1, sizeof *owner);
    if (!owner)
        return -ENOMEM;
    owner->control = config->control;
    owner->loop = config->loop;
    owner->transports = config->transports;
    owner->load = config->load;
    owner->epoch_us = epoch_of(loop_now_us(config->loop));
    int error = register_parts(owner);
    if (error < 0) {
        free(owner);
        return error;
    }
    struct transport_hooks hooks = {.open_fn = on_open, .close_fn = on_close, .arg = owner};
    transport_set_hooks(owner->transports, &hooks);
    load_set_rooms(owner->load, count_rooms, owner);
    owner->batch_hook = (struct loop_hook){.fn = on_batch_end, .arg = owner};
    loop_hook_add(owner->loop, LOOP_STAGE_ROUTE, &owner->batch_hook);
    timer_init(&owner->timer, on_timer, owner);
    loop_timer_in(owner->loop, &owner->timer, TICK_US);
    *result = owner;
    return 0;
}

/* Any of them; NULL when none is left. */
static struct room_item *some_room(const struct names *rooms)
{
    for (size_t i = 0; i < rooms->room; i++)
        if (rooms->entries[i].name)
            return rooms->entries[i].object;
    return NULL;
}

void control_room_destroy(struct control_room *owner)
{
    if (!owner)
        return;
    timer_cancel(&owner->timer);
    loop_hook_remove(owner->loop, LOOP_STAGE_ROUTE, &owner->batch_hook);
    for (struct room_item *item; (item = some_room(&owner->rooms)) != NULL;)
        destroy_room(owner, item, "shutdown");
    control_tap_settle(owner);
    names_finish(&owner->rooms);
    names_finish(&owner->tracks);
    names_finish(&owner->slots);
    names_finish(&owner->taps);
    names_finish(&owner->relays);
    free(owner);
}
