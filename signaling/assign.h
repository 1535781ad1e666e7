/**
 * Who goes into which slot of one viewer: a pure function of what is wanted and what is there.
 *
 * A source keeps its slot as long as it is wanted and has not been outranked. A person's voice and face go into the
 * audio slot and the video slot of the same number where both are free, because those two are one stream in the
 * viewer's browser. Further pictures (screen, exam cameras) fill the slots from the other end.
 * Thread: any; no state.
 */
#ifndef SIGNALING_ASSIGN_H
#define SIGNALING_ASSIGN_H

#include <stdbool.h>
#include <stddef.h>

enum { ASSIGN_WANTS_MAX = 1024 };

struct assign_want {
    const void *track;
    const void *owner;
    bool video;
    bool primary; /* the owner's voice or face, which belong together */
    int score;    /* when there are more wants than slots the highest stay */
};

struct assign_slot {
    unsigned index;
    bool video;
    const void *track; /* in: what is there; out: what shall be; NULL: nothing */
};

/** At most ASSIGN_WANTS_MAX wants are looked at; they are reordered. */
void assign_slots(struct assign_slot *slots, size_t n_slots, struct assign_want *wants, size_t n_wants);

#endif
