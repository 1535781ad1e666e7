#include "media/rewrite.h"

#include <string.h>

void rewrite_init(struct rewrite *rewrite, uint32_t hz, uint16_t sequence, uint32_t timestamp)
{
    memset(rewrite, 0, sizeof *rewrite);
    rewrite->hz = hz;
    rewrite->next_sequence = sequence;
    rewrite->last_timestamp = timestamp;
    rewrite->next_picture = timestamp & 0x3FF;
    rewrite->tl0_last = (uint8_t)sequence;
    rewrite->key_last = (uint8_t)timestamp & 31;
}

/* The unwrapped picture id nearest to the newest seen. */
static int64_t unwrap_picture(const struct seqmap *map, const struct picture_fields *picture)
{
    int64_t modulus = 1 << picture->bits;
    int64_t step = (picture->picture_id - map->highest) & (modulus - 1);
    return map->highest + (step >= modulus / 2 ? step - modulus : step);
}

/* Last timestamp + what has passed at the camera since; never back, and never into the same picture. */
static uint32_t continue_timestamp(const struct rewrite *rewrite, const struct rewrite_in *in)
{
    if (!rewrite->used)
        return rewrite->last_timestamp;
    int64_t elapsed_us = (int64_t)(in->capture_us - rewrite->last_capture_us);
    int64_t ticks = (int64_t)((__int128)elapsed_us * rewrite->hz / 1000000);
    int64_t least = rewrite->hz / 200; /* 5 ms, less than a frame of anything */
    return rewrite->last_timestamp + (uint32_t)(ticks < least ? least : ticks);
}

static void come_back(struct rewrite *rewrite)
{
    if (!rewrite->ahead)
        return;
    rewrite->ahead = false;
    rewrite->last_timestamp = rewrite->before_timestamp;
    rewrite->last_capture_us = rewrite->before_capture_us;
}

void rewrite_switch(struct rewrite *rewrite, const struct rewrite_in *in)
{
    come_back(rewrite);
    seqmap_start(&rewrite->sequence, in->sequence, rewrite->next_sequence);
    rewrite->timestamp_delta = continue_timestamp(rewrite, in) - in->timestamp;
    if (!in->picture)
        return;
    seqmap_start(&rewrite->picture, in->picture->picture_id, rewrite->next_picture);
    rewrite->tl0_delta = (uint8_t)(rewrite->tl0_last + 1 - in->picture->tl0picidx);
    rewrite->key_delta = (uint8_t)(rewrite->key_last + 1 - in->picture->keyidx);
}

void rewrite_switch_ahead(struct rewrite *rewrite, const struct rewrite_in *in, uint64_t ahead_us)
{
    come_back(rewrite);
    if (!rewrite->used)
        rewrite->last_capture_us = in->capture_us - ahead_us;
    uint32_t timestamp = rewrite->last_timestamp;
    uint64_t capture_us = rewrite->last_capture_us;
    rewrite->used = true;
    rewrite_switch(rewrite, in);
    rewrite->ahead = true;
    rewrite->before_timestamp = timestamp;
    rewrite->before_capture_us = capture_us;
}

static bool forward_picture(struct rewrite *rewrite, const struct picture_fields *fields, struct picture_counters *out)
{
    int64_t picture = 0;
    if (fields->bits && !seqmap_forward(&rewrite->picture, unwrap_picture(&rewrite->picture, fields), &picture))
        return false;
    if (picture >= rewrite->next_picture)
        rewrite->next_picture = picture + 1;
    out->picture_id = (uint16_t)picture;
    out->tl0picidx = (uint8_t)(fields->tl0picidx + rewrite->tl0_delta);
    out->keyidx = (uint8_t)(fields->keyidx + rewrite->key_delta) & 31;
    if ((int8_t)(out->tl0picidx - rewrite->tl0_last) > 0)
        rewrite->tl0_last = out->tl0picidx;
    rewrite->key_last = out->keyidx;
    return true;
}

bool rewrite_forward(struct rewrite *rewrite, const struct rewrite_in *in, struct rewrite_out *out)
{
    int64_t sequence;
    memset(out, 0, sizeof *out);
    if (!seqmap_forward(&rewrite->sequence, in->sequence, &sequence))
        return false;
    if (in->picture && !forward_picture(rewrite, in->picture, &out->counters))
        return false;
    if (sequence >= rewrite->next_sequence)
        rewrite->next_sequence = sequence + 1;
    out->sequence = (uint16_t)sequence;
    out->timestamp = in->timestamp + rewrite->timestamp_delta;
    if (!rewrite->used || (int32_t)(out->timestamp - rewrite->last_timestamp) > 0) {
        rewrite->last_timestamp = out->timestamp;
        rewrite->last_capture_us = in->capture_us;
    }
    rewrite->used = true;
    return true;
}

void rewrite_drop(struct rewrite *rewrite, const struct rewrite_in *in)
{
    seqmap_drop(&rewrite->sequence, in->sequence);
    if (in->picture && in->picture->bits && !in->picture->gaps)
        seqmap_drop(&rewrite->picture, unwrap_picture(&rewrite->picture, in->picture));
}
