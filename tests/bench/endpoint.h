/**
 * One native WebRTC client of the load generator: ICE (controlling), DTLS (active), SRTP, and the habits of a browser:
 * consent checks, transport-wide feedback, receiver reports, NACK, key frames when asked.
 *
 * What it publishes carries a stamp in every payload (who, which, when) and a known pattern behind it, and what it receives
 * is checked against both; or it publishes a film with silence, for browsers to see. One socket each; the caller's epoll loop
 * says when there is something to read and what time it is. Single thread.
 */
#ifndef TESTS_BENCH_ENDPOINT_H
#define TESTS_BENCH_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ENDPOINT_LAYERS_MAX = 3 };
enum { DELAY_BUCKETS = 4096, DELAY_STEP_US = 25 }; /* up to 102 ms; the last bucket takes the rest */

/** Sums over all endpoints of a run. */
struct tally {
    uint64_t sent, received, bytes;
    uint64_t lost;    /* holes never filled */
    uint64_t corrupt; /* payload not as it was sent */
    uint64_t undecrypted;
    uint64_t nacked, retransmitted;
    uint64_t key_frames;
    uint32_t delays[DELAY_BUCKETS];
};

struct endpoint;
struct film;

struct endpoint_config {
    int id;
    bool publishes;
    uint32_t video_bps; /* of all layers together */
    int layers;         /* of simulcast, each four times as much as the one below; 0, 1: none */
    struct film *film;  /* to publish instead, in one layer; the endpoint's from then on; NULL: none */
    struct tally *tally;
};

struct endpoint *endpoint_create(const struct endpoint_config *config);
void endpoint_destroy(struct endpoint *endpoint);

int endpoint_fd(const struct endpoint *endpoint);

/** Our offer, or our answer to `offer` when that is not NULL. Borrowed until the next call of either. Errors: NULL. */
const char *endpoint_offer(struct endpoint *endpoint);
const char *endpoint_answer(struct endpoint *endpoint, const char *offer);
/** The far end's answer to our offer. Errors: -1 when it lacks what we need. */
int endpoint_accept(struct endpoint *endpoint, const char *answer, uint64_t now_us);

void endpoint_readable(struct endpoint *endpoint, uint64_t now_us);
/** Checks, handshake timers, media that is due, feedback. */
void endpoint_tick(struct endpoint *endpoint, uint64_t now_us);

void endpoint_set_rate(struct endpoint *endpoint, uint32_t video_bps);

bool endpoint_is_connected(const struct endpoint *endpoint);
/** 0 until then. */
uint64_t endpoint_accepted_us(const struct endpoint *endpoint);
uint64_t endpoint_first_packet_us(const struct endpoint *endpoint);

#endif
