/**
 * A room: its members, and who speaks in it.
 *
 * Thread: the worker's. Owns: its members.
 */
#ifndef MEDIA_ROOM_H
#define MEDIA_ROOM_H

#include <stdint.h>

#include "media/member.h"

struct room;

enum { ROOM_MEMBERS_MAX = 1000 };

struct room_config {
    const char *name;
    uint64_t epoch_us; /* NTP time (microseconds since 1900) of the worker's clock's zero */
    void (*speaker_fn)(void *arg, struct room *room, const struct track *track);
    void *arg;
};

struct room *room_create(const struct room_config *config);
/** Takes NULL. */
void room_destroy(struct room *room);
const char *room_name(const struct room *room);

/** Errors: -ENOSPC, -ENOMEM. */
int room_join(struct room *room, const char *name, const struct member_out *out, uint64_t now_us,
              struct member **member);
void room_leave(struct room *room, struct member *member);

/** A track is about to end. */
void room_forget_track(struct room *room, const struct track *track);

int room_member_count(const struct room *room);
struct member *room_member(const struct room *room, int index);
/** NULL while nobody has spoken. */
const struct track *room_speaker(const struct room *room);

/** Every 10 ms or so. */
void room_tick(struct room *room, uint64_t now_us);

#endif
