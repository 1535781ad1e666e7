/**
 * The inside of signaling: what its files share. Everything hangs on struct signaling, and everything that can die
 * while an answer is awaited (from the house or from a worker) is found again by its id, never by a kept pointer.
 *
 * signaling → rooms → participants → legs (one peer connection each) → tracks (what is sent) and slots (what is
 * received). Peers (WebSockets) come and go beside: a participant has one or none. Thread: the main loop's.
 */
#ifndef SIGNALING_CORE_H
#define SIGNALING_CORE_H

#include <glib.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "admission.h"
#include "house.h"
#include "media_link.h"
#include "signaling.h"
#include "totals.h"

enum {
    ID_SIZE = 65,
    CALL_PARTICIPANTS_MAX = 1000, /* a teaching round; most of them only watch */
    CALL_BLOB_MAX = 64,           /* names of a kind in what a restart reads */
    CALL_CHAT_MAX = 100,
    LEG_SLOTS_MAX = 64,
    JOIN_TIMEOUT_S = 10,
    BUSY_RETRY_S = 5,   /* told over HTTP to whom we could not serve just now */
    AWAY_MAX_S = 60,    /* neither socket nor media */
    AWAY_FAILED_S = 10, /* … and the media is known to be dead */
    AWAY_DEVICE_S = 7,  /* of a device, which has been silent for 8 s before it counts as away */
    CALL_EMPTY_S = 30,  /* then it leaves its worker */
    ASKING_MAX_S = 300, /* an unanswered request to record */
    RESUME_TOKEN_S = 12 * 3600,
};

struct call;
struct participant;
struct leg;
struct worker;

enum gate_reason { GATE_AT_CAPACITY, GATE_DRAINING, GATE_REASONS };

struct signaling {
    const struct house *house;
    const unsigned char *ticket_key;
    unsigned max_participants;
    unsigned room_share;   /* of one room's peers on one worker, before viewers go to another */
    bool dtx;              /* speech is asked to send next to nothing in silence */
    GPtrArray *workers;    /* struct worker, owned */
    GHashTable *rooms;     /* consultation → struct call, owned */
    GHashTable *legs;      /* id → struct leg */
    GHashTable *tracks;    /* id → struct track */
    GHashTable *slots;     /* id → struct slot */
    GHashTable *relays;    /* id → spread.c's struct relay */
    GHashTable *peers;     /* serial → struct peer, owned */
    GHashTable *asks;      /* set of struct ask */
    GPtrArray *line_tests; /* struct line_test, owned */
    GHashTable *drained;   /* set of worker numbers; outlives the workers */
    struct admission_limits worker_limits, node_limits;
    struct admission admission;     /* of the node */
    uint64_t refused[GATE_REASONS]; /* arrivals */
    struct totals totals;
    uint64_t next_peer;
    guint tick_source;
    int64_t started_us;
};

/** What is due at `now_s` (core_uptime_s): called each second, and by tests with the time they want. */
void signaling_tick(struct signaling *signaling, int64_t now_s);

/** Microseconds since the Unix epoch. */
int64_t core_now_us(void);
/** Seconds that only move forward, for deadlines. */
int64_t core_uptime_s(void);
/** Since a g_get_monotonic_time, for histograms. */
double core_seconds_since(int64_t began_us);
/** 128 random bits as 26 letters and digits, for stays, legs, tracks and slots. */
void core_new_id(char into[ID_SIZE]);

/** Copies to walk while rooms and peers come and go. Owns: the caller frees them. */
GPtrArray *core_calls(const struct signaling *signaling);     /* struct call, borrowed */
GArray *core_peer_serials(const struct signaling *signaling); /* uint64_t, for peer_find */

/* ---- asking the house: a question remembers who asked by id, because any of them may be gone when it is answered ---- */

struct ask {
    struct signaling *signaling; /* NULL when signaling itself is gone */
    int64_t began_us;            /* by g_get_monotonic_time */
    uint64_t peer;
    int64_t id;
    char consultation[ID_SIZE], participant[ID_SIZE], session[ID_SIZE];
    char language[3];
    void *data;
    void (*data_free)(void *data);
};

/** Owns: the answering callback ends it with ask_end, which is a callback for that itself. */
struct ask *ask_begin(struct signaling *signaling);
void ask_end(void *ask);

#endif
