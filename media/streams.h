/**
 * Which of a participant's SSRCs is which layer of which track. SSRCs are told by the signaling, or bound by the MID
 * and RID that the first packets carry (RFC 8852, RFC 9143); retransmission streams may come first.
 *
 * Pure code. Bounded: a stranger who invents SSRCs finds STREAMS_MAX places.
 */
#ifndef MEDIA_STREAMS_H
#define MEDIA_STREAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "media/rtp.h"
#include "media/track.h"

enum { STREAMS_MAX = 64 };

struct stream {
    uint32_t ssrc;
    struct track *track;
    int layer;
    bool rtx;
};

struct streams {
    int count;
    int last; /* the one found last */
    struct stream items[STREAMS_MAX];
};

/** NULL when it is not known. */
static inline const struct stream *streams_find(struct streams *streams, uint32_t ssrc)
{
    if (streams->last < streams->count && streams->items[streams->last].ssrc == ssrc)
        return &streams->items[streams->last];
    for (int i = 0; i < streams->count; i++)
        if (streams->items[i].ssrc == ssrc) {
            streams->last = i;
            return &streams->items[i];
        }
    return NULL;
}

/** Enters what the signaling told of a new track. */
void streams_add_track(struct streams *streams, struct track *track);
void streams_remove_track(struct streams *streams, const struct track *track);

/** Finds out what an unknown SSRC is from its packet, or answers NULL. */
const struct stream *streams_bind(struct streams *streams, struct track *const *tracks, int track_count,
                                  const struct rtp_packet *packet);

#endif
