#include "media/track.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/red.h"

enum { THIN_HOLD_US = 10000000 };

struct waiting {
    int layer;
    int64_t sequence;
};

struct track {
    struct track_config config;
    struct track_owner owner;
    const struct wall_clock *wall;
    struct layer *layers[TRACK_LAYERS_MAX];
    uint32_t ssrcs[TRACK_LAYERS_MAX];
    int layer_count;
    struct keyframe keyframe;
    uint32_t rtt_us;
    struct track_subscriber **subscribers;
    int subscriber_count, subscriber_room;
    struct waiting waiting[TRACK_BATCH_MAX]; /* for track_flush */
    int waiting_count;
    uint8_t loss;
    bool paused, unheard, music;
    uint64_t packet_us;
    uint64_t thin_us; /* 0: never */
};

struct track *track_create(const struct track_config *config, const struct track_owner *owner,
                           const struct wall_clock *wall)
{
    struct track *track = calloc(1, sizeof *track);
    if (!track)
        return NULL;
    track->config = *config;
    track->owner = *owner;
    track->wall = wall;
    track->music = strcmp(config->source, "stethoscope") == 0;
    return track;
}

void track_destroy(struct track *track)
{
    if (!track)
        return;
    while (track->subscriber_count) {
        struct track_subscriber *subscriber = track->subscribers[track->subscriber_count - 1];
        track_unsubscribe(track, subscriber);
        subscriber->ended_fn(subscriber->arg);
    }
    for (int i = 0; i < track->layer_count; i++)
        layer_destroy(track->layers[i]);
    free(track->subscribers);
    free(track);
}

const struct track_config *track_config(const struct track *track)
{
    return &track->config;
}

int track_subscribe(struct track *track, struct track_subscriber *subscriber)
{
    track_flush(track); /* what came before is not for the new one */
    if (track->subscriber_count == TRACK_SUBSCRIBERS_MAX)
        return -ENOSPC;
    if (track->subscriber_count == track->subscriber_room) {
        int room = track->subscriber_room ? track->subscriber_room * 2 : 8;
        void *larger = realloc(track->subscribers, (size_t)room * sizeof *track->subscribers);
        if (!larger)
            return -ENOMEM;
        track->subscribers = larger;
        track->subscriber_room = room;
    }
    subscriber->at = track->subscriber_count;
    track->subscribers[track->subscriber_count++] = subscriber;
    return 0;
}

void track_unsubscribe(struct track *track, struct track_subscriber *subscriber)
{
    if (subscriber->at < 0)
        return;
    struct track_subscriber *last = track->subscribers[--track->subscriber_count];
    track->subscribers[subscriber->at] = last;
    last->at = subscriber->at;
    subscriber->at = -1;
}

int track_layer_count(const struct track *track)
{
    return track->layer_count;
}

struct layer *track_layer(const struct track *track, int index)
{
    return index >= 0 && index < track->layer_count ? track->layers[index] : NULL;
}

bool track_is_smaller(const struct track *track, int one, int other)
{
    struct layer_stats a, b;
    layer_stats(track->layers[one], &a);
    layer_stats(track->layers[other], &b);
    if (a.width && b.width && a.width != b.width)
        return a.width < b.width;
    return a.bps < b.bps;
}

int track_live_layers(const struct track *track, uint64_t now_us, int indexes[TRACK_LAYERS_MAX])
{
    int count = 0;
    for (int i = 0; i < track->layer_count; i++) {
        if (!track->layers[i] || !layer_is_live(track->layers[i], now_us))
            continue;
        int at = count++;
        for (; at > 0 && track_is_smaller(track, i, indexes[at - 1]); at--)
            indexes[at] = indexes[at - 1];
        indexes[at] = i;
    }
    return count;
}

uint32_t track_hz(const struct track *track)
{
    for (int i = 0; i < track->config.codecs.count; i++)
        if (track->config.codecs.items[i].hz)
            return track->config.codecs.items[i].hz;
    return track->config.video ? 90000 : 48000;
}

int track_bind(struct track *track, int index, uint32_t ssrc)
{
    if (index < 0 || index >= TRACK_LAYERS_MAX)
        return -ENOSPC;
    if (!track->layers[index])
        track->layers[index] = layer_create(track->config.video, track_hz(track), track->wall);
    if (!track->layers[index])
        return -ENOMEM;
    if (index >= track->layer_count)
        track->layer_count = index + 1;
    if (track->ssrcs[index] && track->ssrcs[index] != ssrc)
        layer_restart(track->layers[index]);
    track->ssrcs[index] = ssrc;
    return 0;
}

uint32_t track_ssrc(const struct track *track, int index)
{
    return track->ssrcs[index];
}

int track_rid_index(const struct track *track, const char *rid, size_t size)
{
    for (int i = 0; i < track->config.rid_count; i++)
        if (strlen(track->config.rids[i]) == size && memcmp(track->config.rids[i], rid, size) == 0)
            return i;
    return -1;
}

/* One subscriber after the other, each with all packets: the other way round, two hundred subscribers' keys, histories and
 * bursts push one another out of the processor's cache with every packet. */
static void hand_on(struct track *track, struct media_packet *packets, const int *layers, int count)
{
    if (track->paused || count == 0)
        return;
    for (int i = 0; i < track->subscriber_count; i++) {
        const struct track_subscriber *subscriber = track->subscribers[i];
        for (int k = 0; k < count; k++)
            subscriber->packet_fn(subscriber->arg, &packets[k], layers[k]);
        if (subscriber->batch_fn)
            subscriber->batch_fn(subscriber->arg);
    }
}

void track_flush(struct track *track)
{
    struct media_packet packets[TRACK_BATCH_MAX];
    int layers[TRACK_BATCH_MAX], count = 0;
    for (int i = 0; i < track->waiting_count; i++) {
        int layer = track->waiting[i].layer;
        if (cache_get(layer_cache(track->layers[layer]), track->waiting[i].sequence, &packets[count]))
            layers[count++] = layer;
    }
    hand_on(track, packets, layers, count);
    track->waiting_count = 0;
}

bool track_is_waiting(const struct track *track, int index, int64_t sequence)
{
    for (int i = 0; i < track->waiting_count; i++)
        if (track->waiting[i].layer == index && track->waiting[i].sequence == sequence)
            return true;
    return false;
}

/* In order of their sequence: a key frame's first packet shall come before the rest of it. */
static void wait_for_flush(struct track *track, int index, int64_t sequence)
{
    if (track->waiting_count == TRACK_BATCH_MAX)
        track_flush(track);
    int at = track->waiting_count++;
    for (; at > 0 && track->waiting[at - 1].layer == index && track->waiting[at - 1].sequence > sequence; at--)
        track->waiting[at] = track->waiting[at - 1];
    track->waiting[at] = (struct waiting){index, sequence};
}

static void take(struct track *track, int index, struct media_packet *packet, uint16_t sequence)
{
    if (!layer_input(track->layers[index], packet, sequence))
        return;
    if (packet->key && packet->start)
        keyframe_arrived(&track->keyframe, (unsigned)index);
    if (track->config.video)
        wait_for_flush(track, index, packet->sequence);
    else
        hand_on(track, packet, &index, 1);
}

static uint8_t opus_pt(const struct track *track)
{
    for (int i = 0; i < track->config.codecs.count; i++)
        if (track->config.codecs.items[i].kind == CODEC_OPUS)
            return track->config.codecs.items[i].pt;
    return 0;
}

/* What was lost before this packet may be in it: it is taken out and handed on as if it had come. */
static void recover(struct track *track, int index, const struct media_packet *packet, const struct red *red,
                    uint16_t sequence)
{
    uint8_t pt = opus_pt(track);
    for (int i = 0; pt && i < red->count - 1; i++) {
        uint16_t earlier = (uint16_t)(sequence - (red->count - 1 - i));
        if (red->blocks[i].size == 0 || !layer_misses(track->layers[index], earlier, packet->arrival_us))
            continue;
        struct media_packet lost = *packet;
        lost.payload = packet->payload + red->blocks[i].at;
        lost.payload_size = red->blocks[i].size;
        lost.repeated_size = 0;
        lost.timestamp = packet->timestamp - red->blocks[i].offset;
        lost.codec = CODEC_OPUS;
        lost.pt = pt;
        lost.repaired = true;
        lost.marker = false;
        take(track, index, &lost, earlier);
    }
}

void track_input(struct track *track, int index, struct media_packet *packet, uint16_t sequence)
{
    struct red red;
    track->packet_us = packet->arrival_us;
    if (packet->codec == CODEC_RED && red_parse(packet->payload, packet->payload_size, &red) == 0) {
        packet->repeated_size = (uint16_t)(packet->payload_size - red.blocks[red.count - 1].size);
        recover(track, index, packet, &red, sequence);
    }
    take(track, index, packet, sequence);
}

static void ask_if_due(struct track *track, uint64_t now_us)
{
    unsigned index;
    if (!keyframe_due(&track->keyframe, now_us, track->rtt_us, &index))
        return;
    if ((int)index < track->layer_count && track->layers[index])
        track->owner.key_request_fn(track->owner.arg, track, track->ssrcs[index]);
    else
        keyframe_arrived(&track->keyframe, index);
}

void track_request_key(struct track *track, int index, uint64_t now_us)
{
    if (!track->config.video || index < 0 || index >= track->layer_count || !track->layers[index])
        return;
    keyframe_request(&track->keyframe, (unsigned)index, now_us);
    ask_if_due(track, now_us);
}

void track_tick(struct track *track, uint64_t now_us, uint32_t rtt_us)
{
    track->rtt_us = rtt_us;
    ask_if_due(track, now_us);
    for (int i = 0; i < track->layer_count; i++)
        if (track->layers[i])
            layer_measure(track->layers[i], now_us);
}

void track_set_paused(struct track *track, bool paused)
{
    track_flush(track);
    track->paused = paused;
}

bool track_is_paused(const struct track *track)
{
    return track->paused;
}

void track_set_heard(struct track *track, bool heard)
{
    track->unheard = !heard && !track_is_music(track);
}

bool track_is_heard(const struct track *track)
{
    return !track->unheard;
}

bool track_is_music(const struct track *track)
{
    return track->music;
}

void track_note_loss(struct track *track, uint8_t fraction)
{
    if (fraction > track->loss)
        track->loss = fraction;
}

uint8_t track_take_loss(struct track *track)
{
    uint8_t loss = track->loss;
    track->loss = (uint8_t)(loss - loss / 4); /* fades unless it is reported again */
    return loss;
}

void track_note_thin(struct track *track, uint64_t now_us)
{
    track->thin_us = now_us;
}

bool track_is_thin(const struct track *track, uint64_t now_us)
{
    return track->thin_us && now_us - track->thin_us < THIN_HOLD_US;
}

enum track_state track_state(const struct track *track, uint64_t now_us)
{
    if (!track->packet_us)
        return TRACK_IDLE;
    return now_us - track->packet_us < LAYER_LIVE_US ? TRACK_LIVE : TRACK_STALLED;
}
