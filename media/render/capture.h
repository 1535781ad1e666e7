/**
 * When was it captured: maps one RTP stream's timestamps to Unix time, from the sender reports in the journal or, for a
 * stream that had none, from the earliest arrivals.
 *
 * Filled in a first reading of the journal, asked in later ones, so that what came before the first report is placed as
 * well as the rest. Between two reports the offset moves in a line: a sender's clock drifts, it does not jump.
 */
#ifndef MEDIA_RENDER_CAPTURE_H
#define MEDIA_RENDER_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

/** Turns 32-bit timestamps, as they come, into ones that never wrap. Zero to begin with. */
struct unwrap {
    bool begun;
    int64_t last;
};
int64_t unwrap_next(struct unwrap *unwrap, uint32_t value);

struct capture;

struct capture *capture_create(uint32_t clock_hz);
void capture_destroy(struct capture *capture);

void capture_packet(struct capture *capture, uint32_t timestamp, int64_t arrival_us);
void capture_report(struct capture *capture, uint32_t timestamp, int64_t captured_us);

/** For a timestamp unwrapped in the order of arrival. */
int64_t capture_time(const struct capture *capture, int64_t timestamp);
/** Of the earliest and the latest packet; false when there was none. */
bool capture_range(const struct capture *capture, int64_t *first_us, int64_t *last_us);

#endif
