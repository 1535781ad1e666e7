/**
 * Adds up sound: every track is laid where it was captured, on one 48 kHz stereo time line, and what is complete is
 * taken off the front. Pure arithmetic, no GStreamer.
 *
 * A track's packets follow one another sample by sample; its clock's drift against the time line is made up by
 * stretching packets by at most half a percent, which nobody hears; only a real hole makes it jump. Memory is
 * MIX_WINDOW_MS of samples.
 */
#ifndef MEDIA_RENDER_MIX_H
#define MEDIA_RENDER_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MIX_RATE = 48000, MIX_BLOCK = 960 /* frames of 20 ms */, MIX_WINDOW_MS = 20000 };

struct mix;
struct mix_track; /* where one track's sound has got to */

struct mix *mix_create(void);
/** Takes NULL. */
void mix_destroy(struct mix *mix);

struct mix_track *mix_track_create(void);
void mix_track_destroy(struct mix_track *track);

/** Adds `count` stereo samples captured at `at_us`. What is before the front, or beyond the window, is dropped. */
void mix_add(struct mix *mix, struct mix_track *track, int64_t at_us, const int16_t *samples, size_t count);

/** Time of the next block. */
int64_t mix_front_us(const struct mix *mix);
/** Takes the next MIX_BLOCK stereo samples off, limited to what 16 bits hold. */
void mix_take(struct mix *mix, int16_t *samples);

#endif
