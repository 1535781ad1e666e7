/**
 * Which codec a picture is published in: the first of the publisher's own order that everybody in the room can show, and that
 * a recording can be made of. Who comes later and cannot show it has the publisher asked to negotiate anew.
 */
#ifndef SIGNALING_CODECS_H
#define SIGNALING_CODECS_H

#include "core.h"
#include "sdp.h"

struct leg;
struct track;

/** Puts the codec that `line`, a video, is to be published in before the others. A track that flows keeps its own. */
void codecs_choose(const struct leg *leg, struct sdp_line *line);

/** False the first time that somebody in the room cannot show the track; the log says who. */
bool codecs_check(struct track *track);

/**
 * Somebody's slots, or the recording, have changed: publishers whose pictures do not suit any more are told to renew, and
 * viewers for whom nothing better can be had hear of it.
 */
void codecs_recheck(struct call *call);

#endif
