/**
 * The routing side of media/ipc.h: rooms, tracks, slots, views, taps and their statistics, by name.
 *
 * Owns: the rooms and all that is in them. Keeps the request that made each, for snapshots.
 */
#ifndef MEDIA_CONTROL_ROOM_H
#define MEDIA_CONTROL_ROOM_H

#include <stdint.h>

struct control;
struct control_room;
struct load;
struct loop;
struct transport_set;

struct control_room_config {
    struct control *control;
    struct loop *loop;
    struct transport_set *transports; /* its hooks are set here */
    struct load *load;
};

int control_room_create(const struct control_room_config *config, struct control_room **room);
/** Takes NULL. Transports are closed before. */
void control_room_destroy(struct control_room *room);

#endif
