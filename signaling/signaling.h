/**
 * The signaling side as the server sees it: rooms of live consultations, fed by WebSockets and WHIP/WHEP requests,
 * carried by media workers.
 *
 * Thread: the main loop's. Owns: signaling owns its rooms, peers and links to workers; the caller owns `house`,
 * which must outlive it.
 */
#ifndef SIGNALING_SIGNALING_H
#define SIGNALING_SIGNALING_H

#include <glib.h>
#include <jansson.h>

#include "admission.h"
#include "house.h"

struct signaling;
struct peer;

struct signaling_config {
    const struct house *house;
    const unsigned char *ticket_key; /* 32 bytes, kept by reference */
    int max_participants;            /* per room, 0: default */
    int room_share;                  /* peers of a room on one worker before viewers go to another, 0: default */
    bool dtx;                        /* speech is asked to send next to nothing in silence */
    struct admission_limits worker_limits, node_limits;
};

struct signaling *signaling_create(const struct signaling_config *config);
void signaling_destroy(struct signaling *signaling);

/**
 * Attaches to a media worker whose socket listens at `path`. Signaling reads its snapshot, takes up the rooms it
 * carries and places new ones on it; when it dies, its rooms move to the others, or wait for the next one added.
 * `number` is its own. Errors: a negative errno.
 */
int signaling_worker_added(struct signaling *signaling, int number, const char *path);
/** The supervisor knows that it is gone (signaling usually sees it first, by the socket). */
void signaling_worker_lost(struct signaling *signaling, int number);
/** Nothing new is placed there; what runs goes on, and whoever belongs to it may still come. It outlasts the worker's death. */
void signaling_worker_drain(struct signaling *signaling, int number, bool on);
bool signaling_worker_draining(const struct signaling *signaling, int number);
/** All workers are drained: this node takes nothing new. */
bool signaling_draining(const struct signaling *signaling);

/** One WebSocket. `send_fn` takes whole messages; `close_fn` ends the socket once what was sent is out. */
struct peer_io {
    void (*send_fn)(void *arg, const char *text, size_t size);
    void (*close_fn)(void *arg, int code);
    void *arg;
    const char *language; /* of the request, until the client says */
};
struct peer *signaling_peer_opened(struct signaling *signaling, const struct peer_io *io);
void signaling_peer_message(struct peer *peer, const char *text, size_t size);
/** The socket is gone; the participant may resume. `peer` is dead afterwards. */
void signaling_peer_closed(struct peer *peer);

/** WHIP (RFC 9725) and WHEP. Answers once: status, headers as {"Location":...}, body (SDP, sdpfrag, or a problem
 *  code). */
struct http_answer {
    int status;
    const char *content_type;
    const char *body;
    const char *location; /* resource id for a 201, NULL otherwise */
    const char *etag;
    const char *problem; /* code for a problem answer, NULL otherwise */
    int retry_after_s;   /* 0: not worth trying again by itself */
};
typedef void (*http_answer_fn)(void *arg, const struct http_answer *answer);
struct http_offer {
    const char *consultation;
    const char *ticket;
    const char *sdp;
    bool egress; /* WHEP */
};
void signaling_http_offer(struct signaling *signaling, const struct http_offer *offered, http_answer_fn done,
                          void *arg);
struct http_patch {
    const char *resource;
    const char *ticket;
    const char *if_match; /* NULL: there was none */
    const char *sdpfrag;
};
void signaling_http_patch(struct signaling *signaling, const struct http_patch *patch, http_answer_fn done, void *arg);
void signaling_http_delete(struct signaling *signaling, const char *resource, const char *ticket, http_answer_fn done,
                           void *arg);

/**
 * Before a call: a transport that belongs to no consultation, for a few seconds, so that a browser can see which way its
 * network leaves open. Answers once: 200 with the SDP answer, or ticket_invalid, ticket_expired, bad_sdp, busy.
 */
void signaling_line_test(struct signaling *signaling, const char *ticket, const char *sdp, http_answer_fn done,
                         void *arg);

/** Hands the house what it keeps only for a moment: what was just drawn. */
void signaling_save(struct signaling *signaling, const char *consultation);

/**
 * For all in the room: it is over. Also what the orderly stop of the server does, with `consultation` NULL (all) and
 * reason "shutdown"; taps are closed in the next turns of the loop. Without it, signaling_destroy leaves the calls to
 * the workers.
 */
void signaling_end(struct signaling *signaling, const char *consultation, const char *reason);

/**
 * An admin's word, or the hospital's software's, for a device in the room, which has no page to be asked on. Answers NULL, and `done`
 * is called once when the ledger has it; or a problem: not_found, own_word, not_asked.
 */
const char *signaling_consent_for(struct signaling *signaling, const struct house_consent *said, house_done_fn done,
                                  void *arg);

/** Where a participant is now. */
enum signaling_place { SIGNALING_ABSENT, SIGNALING_WAITING, SIGNALING_INSIDE, SIGNALING_REMOVED };
enum signaling_place signaling_place_of(struct signaling *signaling, const char *consultation, const char *participant);

/**
 * News of a file (server/files): {"id", "kind":"still"|"chat", "state":"uploading"|"ready"|"refused", "participant",
 * "participant_name", "name"?, "content"?, "size", "width"?, "height"?, "progress"}. For whoever is in the consultation, if
 * anybody is. Borrowed.
 */
void signaling_file(struct signaling *signaling, const char *consultation, const json_t *file);

/** Live rooms for the panel and the metrics: [{consultation, worker, participants:[...], recording}]. Caller owns
 *  it. */
json_t *signaling_live(struct signaling *signaling);
/**
 * The latest statistics of the workers, as asked every few seconds: [{worker, ready, draining, rooms, cpu_permille,
 * people, load_permille of its limit, rss_bytes, rx_packets, …, transports: how many}]. Caller owns it.
 */
json_t *signaling_stats(struct signaling *signaling);
/**
 * One consultation's lines, tracks and slots, by person and with the reason for whatever is not as asked for, in
 * words of `language` ("vi", "en"): {consultation, worker?, participants:[…]}, as openapi.json has it. Nobody is there:
 * no participants. Caller owns it.
 */
json_t *signaling_call_stats(struct signaling *signaling, const char *consultation, const char *language);
/**
 * All lines together, without a name: totals.h's, and how many there are now: {…, "people":{"good":n,…} by the word for
 * their line, "rungs":{"udp":n,…}, "causes":{"held":n,…} of pictures that show less than asked for}. Caller owns it.
 */
json_t *signaling_totals(struct signaling *signaling);
/** {"open":{"new","join","emergency"}, "people", "load_permille", "refused":{"at_capacity","draining"}}. Caller owns it. */
json_t *signaling_admission(struct signaling *signaling);
/** How many there are of what signaling holds, by kind: it goes back to where it was when all have left. Caller owns it. */
json_t *signaling_objects(const struct signaling *signaling);
/** Some worker is attached and takes rooms. */
bool signaling_ready(const struct signaling *signaling);

#endif
