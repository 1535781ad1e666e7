/**
 * How a stay was: what the client reported every few seconds and how long pictures were held back, summed up while it
 * lasts. Written with the stay now and then, and taken up again from there by a server that was restarted.
 *
 * Pure: no clock, no sockets.
 */
#ifndef SIGNALING_QUALITY_H
#define SIGNALING_QUALITY_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/** Why less was shown than asked for, as media/ipc.h names the reasons of a slot. */
enum quality_held { QUALITY_BANDWIDTH, QUALITY_SOURCE, QUALITY_VIEWER, QUALITY_HELD_COUNT };

/** One `quality` message; −1: it said nothing of it. Shares in thousandths, counts since the report before. */
struct quality_report {
    int64_t concealed_permille, loss_permille, rtt_ms, jitter_ms, buffer_ms;
    int64_t freezes, frozen_ms, frames_decoded, frames_dropped;
    int64_t estimate_bps; /* what the client thinks that it can send */
    char protocol[12];    /* the rung of the path: "udp", "tcp", "turn-udp", … */
    char limited[12];     /* what holds its encoder back: "none", "cpu", "bandwidth" */
};

struct quality {
    int64_t reports;
    int64_t concealed_permille, loss_permille, rtt_ms, jitter_ms, buffer_ms; /* sums over the reports */
    int64_t worst_concealed_permille;
    int64_t freezes, frozen_ms, frames_decoded, frames_dropped;
    int64_t mos_reports, mos_low_reports; /* reports with sound in them; those whose MOS was below QUALITY_MOS_LOW */
    double mos_sum, mos_min;
    int64_t held_s[QUALITY_HELD_COUNT];
    double mos; /* of the last report, 0: none yet */
    struct quality_report last;
    bool changed; /* since it was last written */
};

#define QUALITY_MOS_LOW 3.5 /* below, many listeners are dissatisfied (ITU-T G.109: R of about 70) */

void quality_report_read(const json_t *message, struct quality_report *report);

/** `far_rtt_ms`: the round trip of those whom this listener hears. */
void quality_note(struct quality *quality, const struct quality_report *report, int64_t far_rtt_ms);
/** For a second some picture was less than asked for. */
void quality_note_held(struct quality *quality, enum quality_held reason);
/** Errors: false for a word that is none of the reasons. */
bool quality_held_named(const char *name, enum quality_held *reason);
const char *quality_held_name(enum quality_held reason);

/** What is kept with the stay. Owns: the caller owns it. */
json_t *quality_json(const struct quality *quality);
/** Adds what an earlier server wrote of the same stay; whatever is not there counts as none. */
void quality_continue(struct quality *quality, const json_t *written);

#endif
