/** Two members of one room in memory: what the one publishes as a track, the other is shown in a slot. */
#ifndef TESTS_UNIT_PAIR_FIXTURE_H
#define TESTS_UNIT_PAIR_FIXTURE_H

#include "routing_fixture.h"

enum { PAIR_SLOT_SSRC = 5000 };

struct scene {
    uint64_t now_us;
    struct room *room;
    struct pocket from_pocket, to_pocket;
    struct member *from, *to;
    struct track *track;
    struct slot *slot;
    struct camera camera; /* of who publishes VP8 */
};

/** Nothing is assigned to the slot yet. */
static inline struct scene *pair_begin(const struct track_config *track, const struct slot_config *slot)
{
    struct scene *scene = test_calloc(1, sizeof *scene);
    scene->now_us = 1000000000;
    scene->room = fixture_room();
    scene->from = fixture_join(scene->room, "from", &scene->from_pocket, scene->now_us);
    scene->to = fixture_join(scene->room, "to", &scene->to_pocket, scene->now_us);
    assert_int_equal(member_open_track(scene->from, track, &scene->track), 0);
    assert_int_equal(member_open_slot(scene->to, slot, &scene->slot), 0);
    return scene;
}

static inline void pair_show(struct scene *scene, const struct slot_wish *wish)
{
    assert_int_equal(member_assign(scene->to, scene->slot, scene->track, wish, scene->now_us), 0);
}

static inline void pair_end(struct scene *scene)
{
    room_destroy(scene->room);
    test_free(scene);
}

/** For cmocka. */
static inline int pair_done(void **state)
{
    pair_end(*state);
    return 0;
}

#endif
