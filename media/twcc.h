/**
 * Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): telling publishers when their packets
 * came, and reading what subscribers tell of ours.
 *
 * Pure code.
 */
#ifndef MEDIA_TWCC_H
#define MEDIA_TWCC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/bwe.h"

enum { TWCC_WINDOW = 1024, TWCC_RESULTS_MAX = 2048 };

/** What came of one publisher's transport, since the last feedback and a little before. */
struct twcc_receiver {
    bool started;
    uint8_t feedback_count;
    int64_t next;                     /* first not yet reported */
    int64_t highest;                  /* received */
    uint64_t arrival_us[TWCC_WINDOW]; /* 0: not come */
};

void twcc_receiver_init(struct twcc_receiver *receiver);
void twcc_received(struct twcc_receiver *receiver, uint16_t sequence, uint64_t arrival_us);

/**
 * Writes one RTCP packet into `data` about what has come since; 0 when there is nothing to tell, else its size. Call
 * again until it answers 0: long stretches take several.
 */
size_t twcc_write(struct twcc_receiver *receiver, uint32_t sender, uint32_t media, uint8_t *data, size_t room);

/** Unrolls the receiver's 24-bit, 64 ms reference times over messages. */
struct twcc_reference {
    bool known;
    int64_t last;
};

/**
 * Reads the body of a 205/15 packet. The result is how many `results` were filled in (in sequence order, at most
 * TWCC_RESULTS_MAX). Errors: -EBADMSG.
 */
int twcc_parse(struct twcc_reference *reference, const uint8_t *body, size_t size, struct bwe_result *results);

#endif
