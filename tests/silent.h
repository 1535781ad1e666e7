/** What a room tells its members and its owner of, for those who do not listen. */
#ifndef TESTS_SILENT_H
#define TESTS_SILENT_H

#include "media/room.h"

static inline int silent_rtcp(void *arg, uint8_t *packet, size_t size)
{
    (void)arg, (void)packet, (void)size;
    return 0;
}

static inline void silent_forget(void *arg, uint32_t ssrc)
{
    (void)arg, (void)ssrc;
}

static inline void silent_speaker(void *arg, struct room *room, const struct track *track)
{
    (void)arg, (void)room, (void)track;
}

#endif
