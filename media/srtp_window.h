/**
 * Which packet indexes of one SRTP stream were used: the estimate of a 48-bit index from 16 bits (RFC 3711 §3.3.1) and
 * the window against replays (§3.3.2). A zeroed one is new. Looking changes nothing: marking is for after
 * authentication.
 *
 * Pure code.
 */
#ifndef MEDIA_SRTP_WINDOW_H
#define MEDIA_SRTP_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

enum { SRTP_WINDOW = 1024 };

struct srtp_window {
    bool started;
    uint64_t index; /* the highest so far: rollover counter and sequence number */
    uint64_t used[SRTP_WINDOW / 64];
};

/** The index nearest to the highest so far. */
uint64_t srtp_window_index(const struct srtp_window *window, uint16_t sequence);
/** Used before, or so old that nobody knows. */
bool srtp_window_is_used(const struct srtp_window *window, uint64_t index);
/** The result says whether it is beyond all that were used. */
bool srtp_window_mark(struct srtp_window *window, uint64_t index);

#endif
