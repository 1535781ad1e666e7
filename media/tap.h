/**
 * The recorder's ear: takes the tracks it is told to take, and nothing else, into a journal. Of each video the largest
 * layer that is live; layers and sources make one continuous stream as on a slot. It asks for key frames like any
 * receiver; what is missing the member asks for anyway.
 *
 * Thread: the worker's. Owns: the journal.
 */
#ifndef MEDIA_TAP_H
#define MEDIA_TAP_H

#include <stdint.h>

#include "media/journal.h"
#include "media/track.h"

struct tap;

enum { TAP_TRACKS_MAX = 128 };

int tap_create(struct journal *journal, struct tap **tap);
/** Lets go of all tracks and ends the journal, which tap_has_ended when it is on the disk. Never blocks. */
void tap_end(struct tap *tap, uint64_t now_us);
bool tap_has_ended(const struct tap *tap);
/** Ends it if that was not done and closes the journal; see journal_close. Takes NULL. */
int tap_destroy(struct tap *tap, uint64_t now_us, unsigned char chain[JOURNAL_HASH_SIZE], uint64_t *bytes);

/** A track that is recorded, and who publishes it. */
struct tap_source {
    struct track *track;
    const char *participant; /* copied */
};

/** Exactly these from now on: none before it is named here, none after it is not any more. Errors: -ENOSPC, -ENOMEM. */
int tap_set_tracks(struct tap *tap, const struct tap_source *sources, int count, uint64_t now_us);
int tap_track_count(const struct tap *tap);
const struct track *tap_track(const struct tap *tap, int index);

/** Journals an event, as JSON text. */
int tap_event(struct tap *tap, const char *json, uint64_t now_us);
/** The owner paused or resumed it. */
void tap_note_paused(struct tap *tap, const struct track *track, bool paused, uint64_t now_us);

/** Every 10 to 100 ms. */
void tap_tick(struct tap *tap, uint64_t now_us);

/** As journal_status. */
int tap_status(const struct tap *tap, uint64_t *bytes);

#endif
