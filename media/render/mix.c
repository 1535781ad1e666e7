#include "media/render/mix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WINDOW = MIX_RATE / 1000 * MIX_WINDOW_MS,
    JUMP = MIX_RATE * 60 / 1000, /* further apart, it is a hole and not drift */
    TOLERANCE = MIX_RATE / 1000, /* drift that is left alone */
    STRETCH = 200,               /* one sample in so many */
    FADE = 120,                  /* samples, where sound begins and ends at a hole: no click */
    CEILING = 30000,
};

struct mix {
    int64_t front;    /* first sample of the window */
    int32_t *samples; /* stereo ring of WINDOW */
    double gain;
};

struct mix_track {
    bool begun;
    int64_t next; /* where its next sample goes */
    int16_t last[2];
};

struct mix *mix_create(void)
{
    struct mix *mix = calloc(1, sizeof *mix);
    if (mix)
        mix->samples = calloc(WINDOW, 2 * sizeof *mix->samples);
    if (mix && !mix->samples) {
        free(mix);
        return NULL;
    }
    if (mix)
        mix->gain = 1;
    return mix;
}

void mix_destroy(struct mix *mix)
{
    if (!mix)
        return;
    free(mix->samples);
    free(mix);
}

struct mix_track *mix_track_create(void)
{
    return calloc(1, sizeof(struct mix_track));
}

void mix_track_destroy(struct mix_track *track)
{
    free(track);
}

static void put(struct mix *mix, int64_t at, int left, int right)
{
    if (at < mix->front || at >= mix->front + WINDOW)
        return;
    int32_t *sample = mix->samples + 2 * (size_t)(at % WINDOW);
    sample[0] += left;
    sample[1] += right;
}

/* What the track last had runs out gently instead of stopping dead. */
static void fade_out(struct mix *mix, struct mix_track *track)
{
    for (int i = 0; i < FADE; i++)
        put(mix, track->next + i, track->last[0] * (FADE - i) / FADE, track->last[1] * (FADE - i) / FADE);
}

static void lay(struct mix *mix, int64_t at, const int16_t *samples, size_t count, size_t length, bool fade)
{
    for (size_t i = 0; i < length; i++) {
        double from = length > 1 ? (double)i * (double)(count - 1) / (double)(length - 1) : 0;
        size_t a = (size_t)from, b = a + 1 < count ? a + 1 : a;
        double part = from - (double)a, gain = fade && i < FADE ? (double)i / FADE : 1;
        put(mix, at + (int64_t)i, (int)lrint(gain * (samples[2 * a] * (1 - part) + samples[2 * b] * part)),
            (int)lrint(gain * (samples[2 * a + 1] * (1 - part) + samples[2 * b + 1] * part)));
    }
}

void mix_add(struct mix *mix, struct mix_track *track, int64_t at_us, const int16_t *samples, size_t count)
{
    if (count == 0 || at_us < -1000000)
        return;
    int64_t at = at_us * (MIX_RATE / 1000) / 1000, off = at - track->next;
    bool jump = !track->begun || off > JUMP || off < -JUMP;
    size_t length = count;
    if (jump) {
        if (track->begun)
            fade_out(mix, track);
        track->next = at;
    } else if (off > TOLERANCE) {
        length += count / STRETCH;
    } else if (off < -TOLERANCE) {
        length -= count / STRETCH;
    }
    lay(mix, track->next, samples, count, length, jump);
    track->begun = true;
    track->next += (int64_t)length;
    memcpy(track->last, samples + 2 * (count - 1), sizeof track->last);
}

int64_t mix_front_us(const struct mix *mix)
{
    return mix->front * 1000 / (MIX_RATE / 1000);
}

static int16_t clip(double value)
{
    return (int16_t)lrint(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
}

/* The gain falls at once for a block that is too loud, and rises slowly again. */
static double next_gain(const struct mix *mix, const int32_t *block)
{
    int32_t peak = 1;
    for (size_t i = 0; i < 2 * MIX_BLOCK; i++)
        peak = abs(block[i]) > peak ? abs(block[i]) : peak;
    double allowed = peak > CEILING ? (double)CEILING / peak : 1, risen = mix->gain + 0.02;
    return allowed < risen ? allowed : risen;
}

void mix_take(struct mix *mix, int16_t *samples)
{
    int32_t *block = mix->samples + 2 * (size_t)(mix->front % WINDOW); /* WINDOW is a multiple of MIX_BLOCK */
    double from = mix->gain, to = next_gain(mix, block);
    if (to < from)
        from = to;
    for (size_t i = 0; i < 2 * MIX_BLOCK; i++)
        samples[i] = clip(block[i] * (from + (to - from) * (double)(i / 2) / MIX_BLOCK));
    memset(block, 0, 2 * MIX_BLOCK * sizeof *block);
    mix->gain = to;
    mix->front += MIX_BLOCK;
}
