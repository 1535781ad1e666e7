/**
 * Packets of sound as they were sent to one subscriber, encrypted, so that one that was lost can be sent again byte for
 * byte. Sound has no stream of its own for repeats (RTX), and what it carries may have been made for this subscriber:
 * made again it might differ, and under the same nonce other bytes give the key away (RFC 7714 §8.4).
 *
 * About a second of one speaker, in a ring; storing is one copy.
 */
#ifndef MEDIA_RESEND_H
#define MEDIA_RESEND_H

#include <stddef.h>
#include <stdint.h>

enum { RESEND_PACKETS = 128, RESEND_BYTES = 24 * 1024, RESEND_PACKET_MAX = 1500 };

struct resend;

/** Errors: NULL when memory is short. */
struct resend *resend_create(void);
/** Takes NULL. */
void resend_destroy(struct resend *resend);

/** A packet larger than RESEND_PACKET_MAX is left out. */
void resend_put(struct resend *resend, uint32_t ssrc, uint16_t sequence, const uint8_t *packet, size_t size);
/** Borrowed until the next put; NULL when it is not (any more) there. */
const uint8_t *resend_get(const struct resend *resend, uint32_t ssrc, uint16_t sequence, size_t *size);

#endif
