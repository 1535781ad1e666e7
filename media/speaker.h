/**
 * Who speaks? Audio levels (RFC 6464) of all sounds in a room come in, the active speaker comes out: the loudest for
 * long enough, and not merely a cough; and the loudest few, which are all that is forwarded in a large room. Silence changes nothing; a track that sends nothing (DTX, muted) is silent.
 *
 * Pure code.
 */
#ifndef MEDIA_SPEAKER_H
#define MEDIA_SPEAKER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    SPEAKER_TRACKS_MAX = 64,
    SPEAKER_STEP_US = 50000,
    SPEAKER_HEARD = 6,               /* sounds forwarded at once … */
    SPEAKER_HEARD_HOLD_US = 1500000, /* … and who fell behind stays for a pause between two sentences */
};

struct speaker {
    int count;
    struct {
        const void *track;
        double loudness;   /* smoothed, 0 to 127 */
        uint8_t loudest;   /* in this step */
        uint64_t heard_us; /* last among the loudest, 0: never */
        uint64_t over_us;  /* clearly louder than the current one since, 0: is not */
    } tracks[SPEAKER_TRACKS_MAX];
    const void *current;
    uint64_t stepped_us;
};

/**
 * `level` in −dBov: 0 loudest, 127 silence. More than SPEAKER_TRACKS_MAX at once: the quietest is forgotten.
 * True while the track is among the loudest.
 */
bool speaker_input(struct speaker *speaker, const void *track, uint8_t level);
/** The track is gone. True when it was the speaker. */
bool speaker_remove(struct speaker *speaker, const void *track);
/** Moves time on; true when the speaker changed. */
bool speaker_tick(struct speaker *speaker, uint64_t now_us);
/** NULL: nobody has spoken yet. */
const void *speaker_current(const struct speaker *speaker);

#endif
