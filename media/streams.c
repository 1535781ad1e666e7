#include "media/streams.h"

#include <string.h>

static const struct stream *add(struct streams *streams, const struct stream *stream)
{
    for (int i = 0; i < streams->count; i++)
        if (streams->items[i].ssrc == stream->ssrc ||
            (streams->items[i].track == stream->track && streams->items[i].layer == stream->layer &&
             streams->items[i].rtx == stream->rtx)) { /* the same layer under a new SSRC */
            streams->items[i] = *stream;
            return &streams->items[i];
        }
    if (streams->count == STREAMS_MAX)
        return NULL;
    streams->items[streams->count] = *stream;
    return &streams->items[streams->count++];
}

/* Enters one stream, and makes the layer when it is a primary one. */
static const struct stream *enter(struct streams *streams, struct track *track, int layer, uint32_t ssrc, bool rtx)
{
    struct stream stream = {.ssrc = ssrc, .track = track, .layer = layer, .rtx = rtx};
    if (!rtx && track_bind(track, layer, ssrc) < 0)
        return NULL;
    return add(streams, &stream);
}

void streams_add_track(struct streams *streams, struct track *track)
{
    const struct track_config *config = track_config(track);
    for (int i = 0; i < config->ssrc_count && i < TRACK_LAYERS_MAX; i++) {
        enter(streams, track, i, config->ssrcs[i].ssrc, false);
        if (config->ssrcs[i].rtx)
            enter(streams, track, i, config->ssrcs[i].rtx, true);
    }
}

void streams_remove_track(struct streams *streams, const struct track *track)
{
    int kept = 0;
    for (int i = 0; i < streams->count; i++)
        if (streams->items[i].track != track)
            streams->items[kept++] = streams->items[i];
    streams->count = kept;
}

static bool extension_is(const struct rtp_packet *packet, unsigned id, const char *text)
{
    size_t size;
    const uint8_t *bytes = rtp_extension(packet, id, &size);
    return bytes && strlen(text) == size && memcmp(bytes, text, size) == 0;
}

static struct track *track_by_mid(struct track *const *tracks, int count, const struct rtp_packet *packet)
{
    for (int i = 0; i < count; i++) {
        const struct track_config *config = track_config(tracks[i]);
        if (config->mid[0] && extension_is(packet, config->extensions.mid, config->mid))
            return tracks[i];
    }
    return NULL;
}

static bool has_mid(struct track *const *tracks, int count, const struct rtp_packet *packet)
{
    size_t size;
    for (int i = 0; i < count; i++)
        if (rtp_extension(packet, track_config(tracks[i])->extensions.mid, &size))
            return true;
    return false;
}

/* Without MID: the one track that takes this payload type and whose SSRCs nobody told. */
static struct track *track_by_pt(const struct streams *streams, struct track *const *tracks, int count,
                                 const struct rtp_packet *packet)
{
    struct track *found = NULL;
    for (int i = 0; i < count; i++) {
        bool rtx, taken = false;
        for (int k = 0; k < streams->count; k++)
            taken |= streams->items[k].track == tracks[i] && !streams->items[k].rtx;
        if (!codec_by_pt(&track_config(tracks[i])->codecs, packet->pt, &rtx) || (taken && !rtx))
            continue;
        if (found)
            return NULL;
        found = tracks[i];
    }
    return found;
}

/* −1: the packet does not tell. */
static int layer_of(const struct track *track, const struct rtp_packet *packet, bool rtx)
{
    const struct track_config *config = track_config(track);
    size_t size;
    const uint8_t *rid = rtp_extension(packet, rtx ? config->extensions.rrid : config->extensions.rid, &size);
    if (rid)
        return track_rid_index(track, (const char *)rid, size);
    return config->rid_count > 1 ? -1 : 0;
}

const struct stream *streams_bind(struct streams *streams, struct track *const *tracks, int track_count,
                                  const struct rtp_packet *packet)
{
    bool rtx;
    struct track *track = track_by_mid(tracks, track_count, packet);
    if (!track && !has_mid(tracks, track_count, packet))
        track = track_by_pt(streams, tracks, track_count, packet);
    if (!track || !codec_by_pt(&track_config(track)->codecs, packet->pt, &rtx))
        return NULL;
    int layer = layer_of(track, packet, rtx);
    return layer < 0 ? NULL : enter(streams, track, layer, packet->ssrc, rtx);
}
