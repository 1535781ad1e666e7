/**
 * Which of a peer's paths we send on (the selected pair of RFC 8445), of those that its checks have proven, and when what
 * we send follows its media to an address that no check has proven yet. Nothing here knows STUN, a socket or a clock.
 *
 * | state     | we send                                | what else may happen in it                                        |
 * |-----------|----------------------------------------|-------------------------------------------------------------------|
 * | NONE      | nowhere                                | the first path that is proven is selected                         |
 * | TENTATIVE | on the selected path, none nominated   | DTLS selects the path it comes by                                 |
 * | SETTLED   | on the selected path; one was nominated| media select the nominated path they come by (QUIET_US)           |
 * | FOLLOWING | where media come from, unproven        | proven, it is the selected path; else back to that (see below)    |
 *
 * In every state: USE-CANDIDATE selects its path, but not away from a nominated path on which media come: Firefox nominates
 * all that answers (RFC 5245 §8.1.1.2), a relay or TCP behind a full line last, and sends by the best; nor to TCP from a
 * nominated path on UDP that was heard within DETOUR_US. A plain check selects its path, UDP after UDP or TCP after TCP, when the
 * selected one has been silent for SILENT_US (a NAT that rebound: Firefox does not nominate again). To the peer such a path, and one
 * that was followed, is the pair it has nominated, and so it is here: a late or a copied nomination does not take media from it.
 *
 * Following. A peer whose address changes sends media from the new one at once, and checks it when that is due: each 4 to
 * 6 s by RFC 7675 §5.1. So authenticated media are taken from wherever they come, and what we send follows them on UDP: to
 * where the newest packet came from, once the selected path has been silent for FOLLOW_QUIET_US. It ends
 *  - by a check from there: the path is proven, and selected;
 *  - by anything that comes on the selected path, also what was there before, or by a nomination: back, or to that;
 *  - after FOLLOW_US, however often the address changed meanwhile: back.
 * After the last two nothing is followed for FOLLOW_AGAIN_US. RFC 9000 §9.3 has it so for QUIC, where we would ask and here
 * the peer does. Whoever copies packets and is quicker than they are could have us send to an address of their choice (RFC
 * 9000 §9.3.3). But the originals come by the selected path all the same, and end the following. Who can also stop them could
 * cut the peer off anyway, and has for a while what flowed before, not more: less goes astray than RFC 7675 lets flow to an
 * address that its owner has left. (A peer that lies about its own address needs none of this: it can check from there.)
 * RFC 9000 §8.1 allows three times the bytes that came until there is proof; a viewer receives a hundred times what it sends,
 * and would be left with nothing.
 */
#ifndef MEDIA_SELECTION_H
#define MEDIA_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/path.h"

enum {
    SELECTION_PATHS_MAX = 8,
    SELECTION_QUIET_US = 200 * 1000,
    SELECTION_SILENT_US = 1000 * 1000,
    SELECTION_DETOUR_US = 3000 * 1000,
    SELECTION_FOLLOW_QUIET_US = 100 * 1000, /* five packets of sound */
    SELECTION_FOLLOW_US = 6500 * 1000,
    SELECTION_FOLLOW_AGAIN_US = 30 * 1000 * 1000,
};

enum selection_state { SELECTION_NONE, SELECTION_TENTATIVE, SELECTION_SETTLED, SELECTION_FOLLOWING };

/** A path that a check has proven. */
struct proven_path {
    struct path path;
    uint64_t heard_us, checked_us, media_us;
    bool nominated;
};

/** Embedded in its owner, which leaves the inside alone. */
struct selection {
    struct proven_path proven[SELECTION_PATHS_MAX];
    size_t count;
    struct proven_path *selected; /* NULL: none */
    bool settled;
    bool following; /* `followed` is sent to, instead of the selected path */
    struct path followed;
    uint64_t followed_us; /* media came by it last */
    uint64_t follow_until_us, follow_again_us;
    uint64_t repeated_us; /* media came by the selected path after a copy of them, authentic or not */
};

enum selection_state selection_state(const struct selection *selection);
/** Where to send; NULL in SELECTION_NONE. Valid until the next call. */
const struct path *selection_path(const struct selection *selection);
bool selection_has_proven(const struct selection *selection, const struct path *path);
/** Calls `fn` for each proven path. */
void selection_each(const struct selection *selection, void (*fn)(void *arg, const struct path *path), void *arg);

/** What a check has changed. */
struct selection_change {
    bool bound;     /* the path is new among the proven ones … */
    bool displaced; /* … and took the place of `old` */
    bool moved;     /* we send elsewhere now */
    struct path old;
};

/** An authenticated check came by this path: it is proven. */
void selection_check(struct selection *selection, const struct path *from, bool use_candidate, uint64_t now_us,
                     struct selection_change *change);

/* Where there is a result, it says whether we send elsewhere now. */

/** Authenticated media came, by any path; `newest`: nothing later of their stream has come before. */
bool selection_heard(struct selection *selection, const struct path *from, bool newest, uint64_t now_us);
/** Media came that were there before: a copy was quicker. Nothing of them is authenticated. */
bool selection_repeated(struct selection *selection, const struct path *from, uint64_t now_us);
/** DTLS came. */
void selection_prefer(struct selection *selection, const struct path *from);
/** Goes back when nobody has proven the followed path in time. */
bool selection_tick(struct selection *selection, uint64_t now_us);
/** A connection ended: its path is forgotten. True also when no path is left. */
bool selection_forget(struct selection *selection, const struct path *path);

#endif
