#include "media/speaker.h"

enum {
    FLOOR = 77,             /* 127 − 50 dBov: quieter than this is no speech */
    MARGIN = 6,             /* dB */
    HOLD_US = 400000,       /* to take over from somebody who speaks */
    HOLD_QUIET_US = 150000, /* to take over from silence */
};

static int find(const struct speaker *speaker, const void *track)
{
    for (int i = 0; i < speaker->count; i++)
        if (speaker->tracks[i].track == track)
            return i;
    return -1;
}

static int quietest(const struct speaker *speaker)
{
    int found = 0;
    for (int i = 1; i < speaker->count; i++)
        if (speaker->tracks[i].loudness < speaker->tracks[found].loudness)
            found = i;
    return found;
}

static int enter(struct speaker *speaker, const void *track)
{
    int at = speaker->count < SPEAKER_TRACKS_MAX ? speaker->count++ : quietest(speaker);
    speaker->tracks[at].track = track;
    speaker->tracks[at].loudness = 0;
    speaker->tracks[at].loudest = 0;
    speaker->tracks[at].over_us = 0;
    /* in a room where all find room nobody waits to be heard */
    speaker->tracks[at].heard_us = speaker->count <= SPEAKER_HEARD ? speaker->stepped_us : 0;
    return at;
}

static bool is_heard(const struct speaker *speaker, int at)
{
    uint64_t heard_us = speaker->tracks[at].heard_us;
    return speaker->count <= SPEAKER_HEARD || (heard_us && speaker->stepped_us - heard_us < SPEAKER_HEARD_HOLD_US);
}

bool speaker_input(struct speaker *speaker, const void *track, uint8_t level)
{
    uint8_t loud = (uint8_t)(127 - (level & 127));
    int at = find(speaker, track);
    if (at < 0)
        at = enter(speaker, track);
    if (loud > speaker->tracks[at].loudest)
        speaker->tracks[at].loudest = loud;
    return is_heard(speaker, at);
}

bool speaker_remove(struct speaker *speaker, const void *track)
{
    int at = find(speaker, track);
    if (at >= 0)
        speaker->tracks[at] = speaker->tracks[--speaker->count];
    if (speaker->current != track)
        return false;
    speaker->current = 0;
    return true;
}

static double current_loudness(const struct speaker *speaker)
{
    int at = speaker->current ? find(speaker, speaker->current) : -1;
    return at < 0 ? 0 : speaker->tracks[at].loudness;
}

/* Rises in a few steps, falls over about a second, so that pauses between words do not count. */
static void smooth(struct speaker *speaker)
{
    for (int i = 0; i < speaker->count; i++) {
        double change = speaker->tracks[i].loudest - speaker->tracks[i].loudness;
        speaker->tracks[i].loudness += change * (change > 0 ? 0.4 : 0.06);
        speaker->tracks[i].loudest = 0;
    }
}

static int louder_than(const struct speaker *speaker, int at)
{
    int count = 0;
    for (int i = 0; i < speaker->count; i++)
        count += speaker->tracks[i].loudness > speaker->tracks[at].loudness;
    return count;
}

static void rank(struct speaker *speaker, uint64_t now_us)
{
    for (int i = 0; i < speaker->count; i++)
        if (louder_than(speaker, i) < SPEAKER_HEARD)
            speaker->tracks[i].heard_us = now_us;
}

bool speaker_tick(struct speaker *speaker, uint64_t now_us)
{
    if (now_us - speaker->stepped_us < SPEAKER_STEP_US)
        return false;
    speaker->stepped_us = now_us;
    smooth(speaker);
    rank(speaker, now_us);
    double least = current_loudness(speaker);
    uint64_t hold = least < FLOOR ? HOLD_QUIET_US : HOLD_US;
    int best = -1;
    for (int i = 0; i < speaker->count; i++) {
        double loudness = speaker->tracks[i].loudness;
        bool over = speaker->tracks[i].track != speaker->current && loudness > FLOOR && loudness > least + MARGIN;
        if (!over)
            speaker->tracks[i].over_us = 0;
        else if (!speaker->tracks[i].over_us)
            speaker->tracks[i].over_us = now_us;
        bool long_enough = over && now_us - speaker->tracks[i].over_us >= hold;
        if (long_enough && (best < 0 || loudness > speaker->tracks[best].loudness))
            best = i;
    }
    if (best < 0)
        return false;
    speaker->current = speaker->tracks[best].track;
    return true;
}

const void *speaker_current(const struct speaker *speaker)
{
    return speaker->current;
}
