/**
 * Puts one stream's packets into the order of their sequence numbers and says how many are missing in between.
 *
 * A packet that is awaited holds up those behind it until journal time has moved on by REORDER_WAIT_US: there is no
 * hurry here, so that even the last retransmission counts. Memory is REORDER_SLOTS packets. Owns: what pop gives is the
 * caller's, to be freed with g_free.
 */
#ifndef MEDIA_RENDER_REORDER_H
#define MEDIA_RENDER_REORDER_H

#include "media/render/packet.h"

enum { REORDER_WAIT_US = 3 * 1000000, REORDER_SLOTS = 4096, REORDER_JUMP = 1500 };

struct reorder;

struct reordered {
    struct packet packet; /* its payload points behind this structure */
    int64_t timestamp;    /* unwrapped */
    int64_t arrival_us;
    unsigned lost; /* packets missing before this one */
};

struct reorder *reorder_create(void);
void reorder_destroy(struct reorder *reorder);

/** False when the sequence has jumped so far that a new one must have begun: drain, reset, push again. */
bool reorder_push(struct reorder *reorder, const struct packet *packet, int64_t timestamp, int64_t arrival_us);
/** The next in order that is due at `now_us` (INT64_MAX: all are), or NULL. */
struct reordered *reorder_pop(struct reorder *reorder, int64_t now_us);
/** Forgets the sequence; what is still held is lost. */
void reorder_reset(struct reorder *reorder);

#endif
