#include "media/room.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "media/speaker.h"

struct room {
    char name[TRACK_NAME_MAX + 1];
    struct room_config config;
    struct member **members;
    int member_count, member_room;
    struct speaker speaker;
};

struct room *room_create(const struct room_config *config)
{
    struct room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    snprintf(room->name, sizeof room->name, "%s", config->name);
    room->config = *config;
    room->config.name = room->name;
    return room;
}

void room_destroy(struct room *room)
{
    if (!room)
        return;
    while (room->member_count)
        room_leave(room, room->members[room->member_count - 1]);
    free(room->members);
    free(room);
}

const char *room_name(const struct room *room)
{
    return room->name;
}

static void on_level(void *arg, struct track *track, uint8_t level, uint64_t now_us)
{
    struct room *room = arg;
    (void)now_us;
    track_set_heard(track, speaker_input(&room->speaker, track, level));
}

static int make_room(struct room *room)
{
    if (room->member_count == ROOM_MEMBERS_MAX)
        return -ENOSPC;
    if (room->member_count < room->member_room)
        return 0;
    int count = room->member_room ? room->member_room * 2 : 8;
    void *larger = realloc(room->members, (size_t)count * sizeof *room->members);
    if (!larger)
        return -ENOMEM;
    room->members = larger;
    room->member_room = count;
    return 0;
}

int room_join(struct room *room, const char *name, const struct member_out *out, uint64_t now_us,
              struct member **result)
{
    struct member_config config = {.name = name,
                                   .out = *out,
                                   .epoch_us = room->config.epoch_us,
                                   .now_us = now_us,
                                   .level_fn = on_level,
                                   .arg = room};
    int error = make_room(room);
    if (error == 0)
        error = member_create(&config, result);
    if (error == 0)
        room->members[room->member_count++] = *result;
    return error;
}

void room_leave(struct room *room, struct member *member)
{
    for (int i = 0; i < room->member_count; i++)
        if (room->members[i] == member)
            room->members[i--] = room->members[--room->member_count];
    for (int i = 0; i < member_track_count(member); i++)
        room_forget_track(room, member_track(member, i));
    member_destroy(member);
}

void room_forget_track(struct room *room, const struct track *track)
{
    if (speaker_remove(&room->speaker, track))
        room->config.speaker_fn(room->config.arg, room, NULL);
}

int room_member_count(const struct room *room)
{
    return room->member_count;
}

struct member *room_member(const struct room *room, int index)
{
    return room->members[index];
}

const struct track *room_speaker(const struct room *room)
{
    return speaker_current(&room->speaker);
}

void room_tick(struct room *room, uint64_t now_us)
{
    for (int i = 0; i < room->member_count; i++)
        member_tick(room->members[i], now_us);
    if (speaker_tick(&room->speaker, now_us))
        room->config.speaker_fn(room->config.arg, room, speaker_current(&room->speaker));
}
