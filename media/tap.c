#include "media/tap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/rewrite.h"
#include "media/rtp.h"

/* The journal's numbers are for all tracks: one may have had NUMBERS_MAX, and an honest one has one or two. */
enum { CHOOSE_US = 500000, REPORT_US = 1000000, NUMBERS_MAX = 16 };

/* One recorded track. Its number in the journal goes with its codec, so that a change of codec opens a new one. */
struct source {
    struct tap *tap;
    struct track *track;
    struct track_subscriber subscriber;
    char participant[TRACK_NAME_MAX + 1];
    int number;  /* in the journal, −1: none yet */
    int numbers; /* it has had */
    enum codec_kind codec;
    int layer, target;
    uint32_t generation;
    bool key_wanted;
    uint64_t since_us; /* nothing that came before is journaled */
    uint32_t ssrc;
    struct rewrite rewrite;
    uint64_t reported_us;
};

struct tap {
    struct journal *journal;
    struct source *sources[TAP_TRACKS_MAX];
    int source_count;
    uint32_t next_ssrc;
    uint64_t chosen_us, now_us;
};

int tap_create(struct journal *journal, struct tap **result)
{
    struct tap *tap = calloc(1, sizeof *tap);
    if (!tap)
        return -ENOMEM;
    tap->journal = journal;
    tap->next_ssrc = 1;
    *result = tap;
    return 0;
}

static void remove_source(struct tap *tap, struct source *source)
{
    for (int i = 0; i < tap->source_count; i++)
        if (tap->sources[i] == source)
            tap->sources[i--] = tap->sources[--tap->source_count];
    if (source->track)
        track_unsubscribe(source->track, &source->subscriber);
    free(source);
}

void tap_end(struct tap *tap, uint64_t now_us)
{
    while (tap->source_count)
        remove_source(tap, tap->sources[0]);
    journal_end(tap->journal, now_us);
}

bool tap_has_ended(const struct tap *tap)
{
    return journal_has_ended(tap->journal);
}

int tap_destroy(struct tap *tap, uint64_t now_us, unsigned char chain[JOURNAL_HASH_SIZE], uint64_t *bytes)
{
    if (!tap)
        return 0;
    tap_end(tap, now_us);
    int result = journal_close(tap->journal, now_us, chain, bytes);
    free(tap);
    return result;
}

static void tell(struct tap *tap, const struct source *source, const char *event, uint64_t now_us)
{
    char json[256];
    snprintf(json, sizeof json, "{\"event\":\"%s\",\"track\":\"%s\"}", event, track_config(source->track)->name);
    journal_event(tap->journal, json, now_us);
}

/* ---- packets ---- */

static int open_number(struct source *source, const struct media_packet *packet)
{
    const struct track_config *config = track_config(source->track);
    const struct codec *codec = NULL, *red = NULL;
    for (int i = 0; i < config->codecs.count; i++) {
        const struct codec *item = &config->codecs.items[i];
        if (item->kind == CODEC_RED)
            red = item;
        else if (!codec || item->kind == packet->codec)
            codec = item;
    }
    if (!codec)
        return -EINVAL;
    struct journal_track track = {.track = config->name,
                                  .participant = source->participant,
                                  .kind = config->video ? "video" : "audio",
                                  .source = config->source,
                                  .codec = codec_name(codec->kind),
                                  .clock_hz = codec->hz,
                                  .red_pt = red ? red->pt : 0,
                                  .fmtp = codec->fmtp[0] ? codec->fmtp : NULL};
    source->codec = packet->codec;
    return journal_track(source->tap->journal, &track, packet->arrival_us);
}

static bool is_same_codec(const struct source *source, const struct media_packet *packet)
{
    bool audio = !track_config(source->track)->video; /* opus and its redundancy are one track */
    return source->number >= 0 && (audio || source->codec == packet->codec);
}

static void report(struct source *source, uint64_t now_us)
{
    source->reported_us = now_us;
    journal_sr(source->tap->journal, source->number, source->rewrite.last_timestamp, source->rewrite.last_capture_us,
               now_us);
}

static void write_packet(struct source *source, struct media_packet *packet, const struct rewrite_out *out,
                         uint64_t now_us)
{
    uint8_t data[RTP_HEADER_MIN + RTP_PACKET_MAX];
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = out->timestamp,
                              .ssrc = source->ssrc,
                              .sequence = out->sequence,
                              .pt = packet->pt,
                              .marker = packet->marker};
    if (packet->payload_size > RTP_PACKET_MAX)
        return;
    picture_patch(packet->payload, &packet->picture, &out->counters);
    rtp_write_fixed(&writer, data, &fixed);
    memcpy(data + RTP_HEADER_MIN, packet->payload, packet->payload_size);
    journal_rtp(source->tap->journal, source->number, data, RTP_HEADER_MIN + packet->payload_size, now_us);
}

static void take(struct source *source, struct media_packet *packet, uint64_t now_us)
{
    struct rewrite_in in = {.sequence = packet->sequence,
                            .timestamp = packet->timestamp,
                            .capture_us = packet->capture_us,
                            .picture = media_packet_picture(packet)};
    struct rewrite_out out;
    if (!is_same_codec(source, packet)) {
        source->number = source->numbers < NUMBERS_MAX ? open_number(source, packet) : -1;
        source->numbers += source->number >= 0;
        source->reported_us = 0;
    }
    if (source->number < 0 || packet->arrival_us < source->since_us || !rewrite_forward(&source->rewrite, &in, &out))
        return;
    write_packet(source, packet, &out, now_us);
    if (!source->reported_us || now_us - source->reported_us >= REPORT_US)
        report(source, now_us);
}

static void begin_layer(struct source *source, const struct media_packet *first, int layer)
{
    struct rewrite_in in = {.sequence = first->sequence,
                            .timestamp = first->timestamp,
                            .capture_us = first->capture_us,
                            .picture = media_packet_picture(first)};
    rewrite_switch(&source->rewrite, &in);
    source->layer = layer;
    source->generation = first->generation;
    source->key_wanted = false;
    source->reported_us = 0;
}

static void replay(struct source *source, int64_t first, int index, uint64_t now_us)
{
    struct layer *layer = track_layer(source->track, index);
    struct media_packet packet;
    for (int64_t at = first; at <= layer_highest(layer); at++)
        if (!track_is_waiting(source->track, index, at) && cache_get(layer_cache(layer), at, &packet) &&
            packet.generation == source->generation)
            take(source, &packet, now_us);
}

static void on_packet(void *arg, struct media_packet *packet, int layer)
{
    struct source *source = arg;
    if (layer == source->layer && packet->generation == source->generation) {
        take(source, packet, packet->arrival_us);
        return;
    }
    bool may_begin = layer == source->target || source->layer < 0;
    if (!may_begin || !packet->start || !packet->key)
        return;
    begin_layer(source, packet, layer);
    take(source, packet, packet->arrival_us);
    replay(source, packet->sequence + 1, layer, packet->arrival_us);
}

static void on_ended(void *arg)
{
    struct source *source = arg;
    tell(source->tap, source, "closed", source->tap->now_us);
    source->track = NULL;
    remove_source(source->tap, source);
}

/* ---- which tracks, which layer ---- */

/* From the newest key frame, unless that came before this was to be recorded: not a byte of what was before. */
static bool begin_from_cache(struct source *source)
{
    struct layer *layer = track_layer(source->track, source->target);
    struct media_packet first;
    int64_t key;
    uint64_t arrival_us;
    if (!layer_key(layer, &key, &arrival_us) || arrival_us < source->since_us ||
        !cache_get(layer_cache(layer), key, &first))
        return false;
    begin_layer(source, &first, source->target);
    replay(source, key, source->target, source->tap->now_us);
    return true;
}

/* The largest live layer. */
static void choose(struct source *source, uint64_t now_us)
{
    int indexes[TRACK_LAYERS_MAX];
    int count = track_live_layers(source->track, now_us, indexes);
    int target = count ? indexes[count - 1] : -1;
    if (target < 0 || (target == source->layer && !source->key_wanted))
        return;
    source->target = target;
    if (target == source->layer || (source->layer < 0 && !track_is_paused(source->track) && begin_from_cache(source)))
        return;
    source->key_wanted = true;
    track_request_key(source->track, target, now_us);
}

static int add_source(struct tap *tap, const struct tap_source *wanted, uint64_t now_us)
{
    if (tap->source_count == TAP_TRACKS_MAX)
        return -ENOSPC;
    struct source *source = calloc(1, sizeof *source);
    if (!source)
        return -ENOMEM;
    source->tap = tap;
    source->since_us = now_us;
    source->track = wanted->track;
    source->number = source->layer = source->target = -1;
    source->ssrc = tap->next_ssrc++;
    snprintf(source->participant, sizeof source->participant, "%s", wanted->participant);
    source->subscriber = (struct track_subscriber){
        .packet_fn = on_packet, .ended_fn = on_ended, .arg = source, .at = -1};
    rewrite_init(&source->rewrite, track_hz(wanted->track), 0, 0);
    int error = track_subscribe(wanted->track, &source->subscriber);
    if (error < 0) {
        free(source);
        return error;
    }
    tap->sources[tap->source_count++] = source;
    choose(source, now_us);
    return 0;
}

static bool is_wanted(const struct source *source, const struct tap_source *sources, int count)
{
    for (int i = 0; i < count; i++)
        if (sources[i].track == source->track)
            return true;
    return false;
}

static bool is_taken(const struct tap *tap, const struct track *track)
{
    for (int i = 0; i < tap->source_count; i++)
        if (tap->sources[i]->track == track)
            return true;
    return false;
}

int tap_set_tracks(struct tap *tap, const struct tap_source *sources, int count, uint64_t now_us)
{
    tap->now_us = now_us;
    for (int i = tap->source_count - 1; i >= 0; i--)
        if (!is_wanted(tap->sources[i], sources, count))
            remove_source(tap, tap->sources[i]);
    for (int i = 0; i < count; i++) {
        int error = is_taken(tap, sources[i].track) ? 0 : add_source(tap, &sources[i], now_us);
        if (error < 0)
            return error;
    }
    return 0;
}

int tap_track_count(const struct tap *tap)
{
    return tap->source_count;
}

const struct track *tap_track(const struct tap *tap, int index)
{
    return tap->sources[index]->track;
}

int tap_event(struct tap *tap, const char *json, uint64_t now_us)
{
    return journal_event(tap->journal, json, now_us);
}

void tap_note_paused(struct tap *tap, const struct track *track, bool paused, uint64_t now_us)
{
    for (int i = 0; i < tap->source_count; i++) {
        struct source *source = tap->sources[i];
        if (source->track != track)
            continue;
        tell(tap, source, paused ? "muted" : "unmuted", now_us);
        source->since_us = now_us;
        if (track_config(track)->video)
            source->layer = -1; /* what comes after the pause begins with a key frame */
    }
}

void tap_tick(struct tap *tap, uint64_t now_us)
{
    tap->now_us = now_us;
    if (now_us - tap->chosen_us >= CHOOSE_US) {
        tap->chosen_us = now_us;
        for (int i = 0; i < tap->source_count; i++)
            choose(tap->sources[i], now_us);
    }
    journal_tick(tap->journal, now_us);
}

int tap_status(const struct tap *tap, uint64_t *bytes)
{
    return journal_status(tap->journal, bytes);
}
