/**
 * One source that a participant publishes: a microphone, or a camera in one to four simulcast layers. Takes packets
 * from its member, keeps the layers, and hands each packet to every slot (and to the tap) that shows it.
 *
 * Thread: the worker's. Owns: its layers. Subscribers unsubscribe before they die; track_destroy unsubscribes the rest.
 */
#ifndef MEDIA_TRACK_H
#define MEDIA_TRACK_H

#include <stdbool.h>
#include <stdint.h>

#include "media/codec.h"
#include "media/keyframe.h"
#include "media/layer.h"

struct track;

enum {
    TRACK_NAME_MAX = 64,
    TRACK_LAYERS_MAX = KEYFRAME_LAYERS_MAX,
    TRACK_SSRCS_MAX = 8,
    TRACK_SUBSCRIBERS_MAX = 4096,
    TRACK_BATCH_MAX = 16, /* packets that wait at most: far fewer than a layer's cache holds */
    TRACK_RID_MAX = 16,
    TRACK_MID_MAX = 16,
};

struct track_config {
    char name[TRACK_NAME_MAX + 1];
    char source[TRACK_NAME_MAX + 1];
    char mid[TRACK_MID_MAX + 1];
    bool video;
    struct codec_list codecs;
    struct extension_ids extensions;
    int rid_count;
    char rids[TRACK_LAYERS_MAX][TRACK_RID_MAX + 1];
    int ssrc_count;
    struct {
        uint32_t ssrc, rtx;
    } ssrcs[TRACK_SSRCS_MAX];
};

/** Who gets a track's packets. Embedded in its owner. */
struct track_subscriber {
    /** `packet` may be written to in place; the next subscriber sees what was written. */
    void (*packet_fn)(void *arg, struct media_packet *packet, int layer);
    /** These were the packets of this batch (may be NULL). */
    void (*batch_fn)(void *arg);
    /** The track ends: it is already unsubscribed. */
    void (*ended_fn)(void *arg);
    void *arg;
    int at; /* the track's; −1 when not subscribed */
};

/** What a track asks of its member. */
struct track_owner {
    void (*key_request_fn)(void *arg, struct track *track, uint32_t ssrc); /* send a PLI now */
    void *arg;
};

struct track *track_create(const struct track_config *config, const struct track_owner *owner,
                           const struct wall_clock *wall);
void track_destroy(struct track *track);

const struct track_config *track_config(const struct track *track);
/** The clock of its timestamps. */
uint32_t track_hz(const struct track *track);

/** Errors: -ENOSPC, -ENOMEM. */
int track_subscribe(struct track *track, struct track_subscriber *subscriber);
void track_unsubscribe(struct track *track, struct track_subscriber *subscriber);

/** Layers that have come so far, in the order of the rids or of appearance; NULL where none has yet. */
int track_layer_count(const struct track *track);
struct layer *track_layer(const struct track *track, int index);
/** By measured size, and by rate where sizes are equal or not known. Both layers are bound. */
bool track_is_smaller(const struct track *track, int one, int other);
/** Live layers from the smallest to the largest; the result is how many. */
int track_live_layers(const struct track *track, uint64_t now_us, int indexes[TRACK_LAYERS_MAX]);

/** Makes (or finds) the layer and notes its SSRC. Errors: -ENOSPC, -ENOMEM. */
int track_bind(struct track *track, int index, uint32_t ssrc);
uint32_t track_ssrc(const struct track *track, int index);
/** Which layer `rid` names, −1: none of ours. */
int track_rid_index(const struct track *track, const char *rid, size_t size);

/**
 * A packet of layer `index`, as layer_input wants it. Sound is handed on at once; pictures wait for track_flush, so that
 * each subscriber gets all packets of a frame in one go: its state is looked at once, and they leave as one send.
 */
void track_input(struct track *track, int index, struct media_packet *packet, uint16_t sequence);
/** Hands on what waits; at the end of each batch of received packets. */
void track_flush(struct track *track);
/** This packet is in its layer's cache and still to be handed on: a replay leaves it out. */
bool track_is_waiting(const struct track *track, int index, int64_t sequence);

/** Somebody needs a key frame of this layer. Asked for at once, or as soon as it may be. */
void track_request_key(struct track *track, int index, uint64_t now_us);

/** Every 10 to 20 ms: deferred key-frame requests, rates. */
void track_tick(struct track *track, uint64_t now_us, uint32_t rtt_us);

void track_set_paused(struct track *track, bool paused);
bool track_is_paused(const struct track *track);

/** In a large room only the loudest are forwarded; the recording gets all. A stethoscope is always heard. */
void track_set_heard(struct track *track, bool heard);
bool track_is_heard(const struct track *track);
/** Is to arrive as it was sent: a stethoscope. */
bool track_is_music(const struct track *track);

/** The worst loss (in 1/256) that subscribers reported lately, for an encoder's forward error correction. */
void track_note_loss(struct track *track, uint8_t fraction);
uint8_t track_take_loss(struct track *track);

/** A subscriber's path is so thin that the headers of short packets of sound matter; true until a while after. */
void track_note_thin(struct track *track, uint64_t now_us);
bool track_is_thin(const struct track *track, uint64_t now_us);

enum track_state { TRACK_IDLE, TRACK_LIVE, TRACK_STALLED };
enum track_state track_state(const struct track *track, uint64_t now_us);

#endif
