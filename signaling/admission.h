/**
 * Whether one more may come in, decided before those who are in would notice: a pure function of load and limits.
 *
 * Load is told in permille of the limit, by processor or by heads, whichever is nearer to its limit. Waiting for a core that others
 * have counts like having one: a machine that is full of other work, or of workers, shows in that and nowhere else. Each kind of arrival has a
 * mark of its own below the limit: the reserve is kept from a new consultation, half of it from whoever comes to one that is
 * running (half a consultation helps nobody), and none of it from an emergency. A mark that was passed opens again only
 * well below it. Whoever was in already and comes back is not asked about at all.
 * Thread: any; no clock.
 */
#ifndef SIGNALING_ADMISSION_H
#define SIGNALING_ADMISSION_H

#include <stdbool.h>

enum admission_kind {
    ADMISSION_NEW,       /* somebody opens a consultation, or only watches one */
    ADMISSION_JOIN,      /* somebody who speaks comes to a running one */
    ADMISSION_EMERGENCY, /* either, in an emergency consultation */
    ADMISSION_KINDS
};

/** 0: no limit. */
struct admission_limits {
    unsigned cpu_permille; /* of a core */
    unsigned people;
    unsigned reserve_percent; /* of both */
};

struct admission {
    unsigned cpu_permille; /* running or waiting for a core, smoothed over seconds */
    unsigned fresh;        /* let in so recently that they do not show in it yet */
    unsigned load_permille;
    bool closed[ADMISSION_KINDS];
};

/** Told each second by whoever carries the load. */
void admission_note_cpu(struct admission *admission, unsigned cpu_permille);
/** One was let in. */
void admission_took(struct admission *admission);
/** Works out what is open with so many people in. */
void admission_update(struct admission *admission, const struct admission_limits *limits, unsigned people);

const char *admission_kind_name(enum admission_kind kind);

#endif
