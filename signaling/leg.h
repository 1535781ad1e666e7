/**
 * One peer connection of a participant as signaling knows it: its credentials, the tracks it sends, the slots it
 * receives. A WebSocket participant has one leg; WHIP and WHEP add one each.
 */
#ifndef SIGNALING_LEG_H
#define SIGNALING_LEG_H

#include "core.h"
#include "sdp.h"
#include "why.h"

enum leg_kind { LEG_CALL, LEG_WHIP, LEG_WHEP };
enum leg_state { LEG_NEW, LEG_CONNECTED, LEG_DISCONNECTED };

struct track_size {
    int width, height;
};

struct track {
    struct leg *leg;
    char id[ID_SIZE];
    char mid[SDP_MID_MAX + 1];
    bool video;
    char source[16];
    char *label;
    char codec[8];
    bool has_other_codecs; /* were offered for it, and may suit better */
    bool unsuited;         /* somebody cannot show it, and that was said (codecs.h) */
    json_t *codecs;        /* as told to the worker */
    unsigned layers;       /* streams it may come in */
    bool paused;
    bool thin;       /* sound that somebody hears over a thin path, or anything that is sent over one: fewer bits … */
    int thin_worker; /* … says this worker */
    bool stalled;    /* its source sends nothing … */
    bool quiet;      /* … and whoever has it nothing else either */
    struct track_wanted {
        struct track_size now, told; /* of who shows it largest; 0: nobody, or not told */
        int64_t less_s;              /* when it will have been shown smaller for long enough, by uptime; 0: it is not */
    } wanted;                        /* wanted.h */
};

struct slot {
    struct leg *leg;
    char id[ID_SIZE];
    char mid[SDP_MID_MAX + 1];
    bool video;
    unsigned index;
    uint32_t ssrc, rtx_ssrc;
    char codecs[64];        /* " opus red " */
    struct track *track;    /* what it is assigned, or NULL */
    char restored[ID_SIZE]; /* the track it has at its worker, while that is not known here yet */
    int priority, max_width, max_height;
    char state[12], reason[12];
    int width, height;
    bool changed; /* to be told to the viewer */
    enum why why; /* it does not show what was asked for … */
    char *why_text;
    int64_t lowered_us; /* the last time that less was shown than before, 0: never; and the reason then */
    char lowered_reason[12];
};

/** What is known of the way, −1: nothing yet. Loss of the last few seconds. */
struct leg_figures {
    int64_t estimate_bps, rtt_ms, down_loss_permille;
    int64_t up_loss_permille, up_missing_permille; /* of all before repair, of pictures after it */
    struct leg_count {
        uint64_t packets, lost, repaired;
    } up, up_video; /* so far */
};

/** What has gone over a way, in packets and requests. */
enum wire {
    WIRE_UP_PACKETS,
    WIRE_UP_LOST, /* before repair */
    WIRE_NACKS_SENT,
    WIRE_KEY_REQUESTS_SENT,
    WIRE_NACKS, /* packets that subscribers asked for again */
    WIRE_KEY_REQUESTS,
    WIRE_RETRANSMITTED,
    WIRE_COUNT
};

struct leg {
    struct participant *participant;
    struct worker *worker; /* where it lives, NULL: nowhere yet, or that died */
    char id[ID_SIZE];
    enum leg_kind kind;
    enum leg_state state;
    unsigned generation; /* of the client's peer connection */
    unsigned version;    /* of our answer */
    uint64_t session;    /* of our answer's o= line */
    char *ufrag, *pwd, *remote_ufrag;
    char *fingerprint_algorithm, *fingerprint;
    json_t *candidates;
    json_t *remote_fingerprints;
    char protocol[4]; /* "udp" or "tcp", once connected */
    struct leg_figures figures;
    json_t *stats; /* the worker's last word on it, or NULL */
    uint64_t wire[WIRE_COUNT];
    enum why told_why;
    bool told_cannot_show;    /* its viewer, that some picture is not for it (codecs.h) */
    bool opened;              /* the worker has answered transport.open */
    GPtrArray *tracks;        /* owned */
    GPtrArray *slots;         /* owned */
    GPtrArray *relays;        /* spread.c's, owned; NULL: none */
    struct negotiation *busy; /* an offer in work, owned by negotiate.c */
};

/** Registers a new leg with its participant. `id` NULL: a new one. Owns: the participant owns it. */
struct leg *leg_create(struct participant *participant, enum leg_kind kind, const char *id);
/** Closes it at the worker too unless `reason` is NULL; its tracks vanish from everybody's slots. */
void leg_close(struct leg *leg, const char *reason);
/** Sends a request to the leg's worker; dropped when there is none. Owns: takes `fields`. */
void leg_media(const struct leg *leg, const char *op, json_t *fields);
const char *leg_kind_name(enum leg_kind kind);
bool leg_kind_named(const char *name, enum leg_kind *kind);

struct track *leg_track(const struct leg *leg, const char *mid);
struct slot *leg_slot(const struct leg *leg, const char *mid);
/** Registers with the leg; the caller has told or will tell the worker. */
struct track *leg_track_create(struct leg *leg, const char *id, const char *mid, bool video, const char *source);
struct slot *leg_slot_create(struct leg *leg, const char *id, const char *mid, bool video, unsigned index);
/** Removes it here and, if `tell`, at the worker. */
void leg_track_close(struct track *track, bool tell);
void leg_slot_close(struct slot *slot, bool tell);
/** Received but neither forwarded nor journaled. */
void leg_track_pause(struct track *track, bool paused);

/** The next free number among the leg's slots of a kind. */
unsigned leg_next_index(const struct leg *leg, bool video);
/** The wire's Slot object. Owns: the caller owns it. */
json_t *leg_slot_json(const struct slot *slot);
bool leg_slot_takes(const struct slot *slot, const struct track *track);
/** Of its kind. */
bool leg_slot_takes_codec(const struct slot *slot, const char *codec);

#endif
