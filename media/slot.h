/**
 * A place in a subscriber's session that is fed whatever source is assigned to it: one SSRC, one continuous stream,
 * while sources and layers are switched underneath.
 *
 * Thread: the worker's. Owns: its history of sent packets. A packet costs a header and no copy.
 */
#ifndef MEDIA_SLOT_H
#define MEDIA_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "media/allocator.h"
#include "media/codec.h"
#include "media/rtcp.h"
#include "media/track.h"

struct slot;

struct slot_config {
    char name[TRACK_NAME_MAX + 1];
    char mid[TRACK_MID_MAX + 1];
    bool video;
    uint32_t ssrc, rtx_ssrc; /* rtx 0: none */
    bool one_layer;          /* a relay's: carries `layer` and no other, while a smaller one would not do */
    int layer;
    struct codec_list codecs;
    struct extension_ids extensions;
};

/** A packet on its way out. */
struct outlet_packet {
    uint8_t *header;
    size_t header_size;
    const uint8_t *payload;
    size_t payload_size;
    uint8_t *twcc;      /* two bytes in the header for the transport-wide number, or NULL */
    uint8_t *send_time; /* three bytes for abs-send-time, or NULL */
    int probe;
    bool keep; /* it may have to be sent again as it is */
};

/** What slots send through: their member's transport. */
struct outlet {
    int (*rtp_fn)(void *arg, const struct outlet_packet *packet, uint64_t now_us);
    /** True when a packet is to wait: slot_send_held sends it later. */
    bool (*hold_fn)(void *arg, struct slot *slot, uint16_t sequence, uint64_t now_us);
    /** True when there is room to send a packet of this size again. */
    bool (*repair_fn)(void *arg, size_t size, uint64_t now_us);
    /** Sends a packet that was kept again, byte for byte; the result is its size, 0 when it is not there. */
    size_t (*resend_fn)(void *arg, uint32_t ssrc, uint16_t sequence);
    /** Lets all go that waits of this slot, now: by slot_send_held. */
    void (*release_fn)(void *arg, struct slot *slot, uint64_t now_us);
    /** A batch's packets were all handed over: they may leave. */
    void (*flush_fn)(void *arg);
    void *arg;
};

enum slot_state { SLOT_EMPTY, SLOT_WAITING, SLOT_LIVE, SLOT_PAUSED, SLOT_STILLS, SLOT_STOPPED };

/** What the viewer asked for. */
struct slot_wish {
    uint8_t priority;
    uint16_t max_width, max_height;
};

int slot_create(const struct slot_config *config, const struct outlet *outlet, struct slot **slot);
void slot_destroy(struct slot *slot);
const struct slot_config *slot_config(const struct slot *slot);

/** NULL empties it. Errors: -ENOTSUP when no codec of the track can be received, -EINVAL for the wrong kind. */
int slot_assign(struct slot *slot, struct track *track, uint64_t now_us);
struct track *slot_track(const struct slot *slot);

void slot_set_wish(struct slot *slot, const struct slot_wish *wish);

/** There is room to repeat this many packets of sound in each, should the subscriber lose some. */
void slot_allow_redundancy(struct slot *slot, uint8_t distance);

/** What the sound in it takes now, headers in it; 0 for video. */
uint32_t slot_sound_bps(const struct slot *slot);
/** … and what it would take with so many packets repeated in each. */
uint32_t slot_sound_bps_at(const struct slot *slot, uint8_t distance);

/** Describes a video slot for the allocator. False when there is nothing to allocate. */
bool slot_describe(struct slot *slot, uint64_t now_us, struct allocator_slot *out);
/** Takes the allocator's answer. */
void slot_apply(struct slot *slot, const struct allocator_slot *decision, uint64_t now_us);
/** What was allocated flows. */
bool slot_is_settled(const struct slot *slot);

/** Sends a packet that waited; one whose bytes are gone meanwhile is left out. */
void slot_send_held(struct slot *slot, uint16_t sequence, uint64_t now_us);

/** The subscriber lacks these of our packets. The result is how many were sent again. */
int slot_retransmit(struct slot *slot, const uint16_t *sequences, int count, uint32_t rtt_us, uint64_t now_us);
/** The subscriber needs a key frame. */
void slot_request_key(struct slot *slot, uint64_t now_us);
/** The subscriber can be reached from now on: begins at the cached key frame if that is fresh, and else asks for one. */
void slot_begin(struct slot *slot, uint64_t now_us);
/**
 * Sends the newest cached packet again as RTX, for a probe, or `size` bytes of padding where nothing is shown, or nothing of at most
 * `most` bytes; the result is what was sent, 0 when nothing could be.
 */
size_t slot_send_padding(struct slot *slot, int probe, uint8_t size, size_t most, uint64_t now_us);

void slot_note_report(struct slot *slot, const struct rtcp_block *block);
/**
 * So much is lost by chance (1/256), and is made good by redundancy: as feedback has it, which is quicker than reports and tells of
 * what was repaired too, or as a report has it that no queue explains.
 */
void slot_note_loss(struct slot *slot, uint8_t fraction);

/** A sender report is due: with the first packets, then each second; never for an idle stream. */
bool slot_report_due(const struct slot *slot, uint64_t now_us);
/** `epoch_us` is the NTP time (microseconds since 1900) of the worker's clock's zero. */
void slot_report(struct slot *slot, uint64_t now_us, uint64_t epoch_us, struct rtcp_sender_info *info);

/** Every 10 ms or so: what changes by itself. True when its source has come to life and wants a layer allocated. */
bool slot_tick(struct slot *slot, uint64_t now_us);

struct slot_status {
    enum slot_state state;
    enum allocator_reason reason;
    int layer; /* −1: none */
    const char *rid;
    const char *target_rid; /* of the layer that is to flow; NULL: none, or not simulcast */
    uint16_t width, height;
};
void slot_status(const struct slot *slot, struct slot_status *status);
/** True once after the status changed. */
bool slot_take_changed(struct slot *slot);

struct slot_stats {
    uint64_t packets, bytes, retransmitted, nacks, key_requests, switches;
    uint8_t fraction_lost;
    int32_t lost;
    uint32_t jitter_ms;
};
void slot_stats(const struct slot *slot, struct slot_stats *stats);

#endif
