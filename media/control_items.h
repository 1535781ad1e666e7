/**
 * What the routing side keeps of each thing that hoichand named: the thing, whose it is, and the request that made it.
 * Shared by control_room.c (requests), control_events.c (events and snapshots), control_tap.c and control_stats.c.
 */
#ifndef MEDIA_CONTROL_ITEMS_H
#define MEDIA_CONTROL_ITEMS_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "media/control.h"
#include "media/load.h"
#include "media/loop.h"
#include "media/names.h"
#include "media/room.h"
#include "media/slot.h"
#include "media/track.h"
#include "media/transport.h"

struct room_item {
    struct control_room *owner;
    struct room *room;
    json_t *app; /* NULL: none */
};

struct member_item {
    struct room_item *room;
    struct member *member;
    struct transport *transport;  /* NULL: a relay */
    uint64_t connecting_us;       /* since then, 0: it is not */
    struct member_item *next_fed; /* among those that got packets in this batch */
    bool fed;
    uint32_t told_bps; /* by the last estimate event */
    uint64_t told_us;
};

struct track_item {
    struct member_item *member;
    struct track *track;
    json_t *request;
    int told_state; /* −1: never */
    uint32_t told_layers;
    bool told_thin, told_quiet;
    uint64_t told_us;
};

struct slot_item {
    struct member_item *member;
    struct slot *slot;
    json_t *request;
    struct slot_wish wish;
};

struct control_room {
    struct control *control;
    struct loop *loop;
    struct transport_set *transports;
    struct timer timer;
    struct loop_hook batch_hook;
    struct member_item *fed;
    struct control_part part, tap_part, relay_part;
    struct load *load;
    uint64_t epoch_us;
    uint64_t events_us;
    uint64_t relayed_bytes;                          /* media handed to other workers, as RTP */
    struct names rooms, tracks, slots, taps, relays; /* of relays: struct member_item */
    struct tap_item *ending;                         /* whose journals are not all on the disk yet */
};

/* control_room.c */
/** The request as a snapshot gives it back: without what made it a request. Owns: the caller. */
json_t *control_keep_request(const struct control_request *request);
/** A decrypted packet for it; what has to wait is handed on at the end of the batch. */
void control_room_feed(struct member_item *item, uint8_t *packet, size_t size, uint64_t arrival_us);
/** Closes a member's tracks and slots and takes it out of its room. */
void control_room_leave(struct control_room *owner, struct member_item *item);

/* control_relay.c */
extern const struct control_op control_relay_ops[];
extern const size_t control_relay_op_count;
/** False when there is none of that name. */
bool control_relay_close(struct control_room *owner, const char *name);
void control_relay_snapshot(struct control_room *owner);

/* control_events.c */
void control_events_tick(struct control_room *owner, uint64_t now_us);
void control_events_snapshot(void *arg, enum control_stage stage);
void control_events_speaker(void *arg, struct room *room, const struct track *track);
/** Adds track, state, layer, size and reason. */
void control_events_put_slot_state(json_t *object, const struct slot *slot);

/* control_tap.c */
extern const struct control_op control_tap_ops[];
extern const size_t control_tap_op_count;
void control_tap_tick(struct control_room *owner, uint64_t now_us);
void control_tap_snapshot(struct control_room *owner);
/** Waits for the disk, until no journal is half closed. */
void control_tap_settle(struct control_room *owner);
/** Those of `room`; of all rooms when it is NULL. Does not wait. */
void control_tap_close_all(struct control_room *owner, const struct room_item *room, uint64_t now_us);
void control_tap_note_paused(struct control_room *owner, const struct track_item *track, uint64_t now_us);

/* control_stats.c: the op `stats` */
int control_stats_answer(void *arg, struct control_request *request, json_t *answer);

/** Calls `fn` for each object in `names`; `fn` must not add or remove. */
static inline void control_each(const struct names *names, void (*fn)(void *arg, void *object), void *arg)
{
    for (size_t i = 0; i < names->room; i++)
        if (names->entries[i].name)
            fn(arg, names->entries[i].object);
}

#endif
