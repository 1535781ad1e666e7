/**
 * ICE-lite (RFC 8445 §2.5): answers connectivity checks, knows which paths a peer has proven, and which one to send on.
 * Parsing, integrity, role conflicts and replies are libnice's STUN layer; nothing here knows a socket or a clock.
 *
 * Which path: any authenticated one is good for DTLS; USE-CANDIDATE moves the choice, but not away from a nominated path
 * on which media come: Firefox nominates all that answers (RFC 5245 §8.1.1.2), a relay or TCP behind a full line last,
 * and sends by the best; nor to TCP from a nominated path on UDP that was heard within ICE_DETOUR_US. Media move the
 * choice to the nominated path that they come by, once the chosen one has none for ICE_QUIET_US. A plain authenticated
 * check from elsewhere moves it, UDP to UDP or TCP to TCP, when the chosen path has been silent for ICE_SILENT_US (a NAT
 * that rebound: Firefox does not nominate again). After a restart both pairs of credentials hold until the new ones are
 * nominated, and ICE_OLD_US more.
 *
 * A peer whose address changes sends media from the new one at once, and checks it when that is due. So authenticated media
 * are taken from wherever they come, and what we send *follows* them before the check, on UDP: to where the newest packet
 * came from, once the chosen path has been silent for ICE_FOLLOW_QUIET_US, until a check proves the new one or ICE_FOLLOW_US
 * is over (as RFC 9000 §9.3 has it for QUIC, where we would ask and here the peer does: each 4 to 6 s by RFC 7675 §5.1).
 * Whoever copies packets and is quicker than they are could have us send to an address of their choice (RFC 9000 §9.3.3).
 * But the originals come by the chosen path all the same, and anything that does, seen before or not, keeps it from being
 * silent and ends the following. Who can also stop them could cut the peer off anyway, and has for a while what flowed
 * before, not more: followed for at most ICE_FOLLOW_US, and unproven not again for ICE_FOLLOW_AGAIN_US, less goes astray
 * than RFC 7675 lets flow to an address that its owner has left. (A peer that lies about its own address needs none of
 * this: it can check from there.) RFC 9000 §8.1 allows three times the bytes that came until there is proof; a viewer
 * receives a hundred times what it sends, and would be left with nothing.
 */
#ifndef MEDIA_ICE_H
#define MEDIA_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/path.h"

enum {
    ICE_UFRAG_SIZE = 8,
    ICE_PWD_SIZE = 24,
    ICE_PAIRS_MAX = 8,
    ICE_REPLY_MAX = 640,
    ICE_QUIET_US = 200 * 1000,
    ICE_SILENT_US = 1000 * 1000,
    ICE_DETOUR_US = 3000 * 1000,
    ICE_OLD_US = 30 * 1000 * 1000,
    ICE_DISCONNECTED_US = 8 * 1000 * 1000, /* browsers check every 2.7 to 6 s */
    ICE_CONSENT_US = 30 * 1000 * 1000,     /* RFC 7675 §5.1 */
    ICE_FORGED_PER_S = 20,            /* checks of strangers that are worth an HMAC; and as many packets of media */
    ICE_FOLLOW_QUIET_US = 100 * 1000, /* five packets of sound */
    ICE_FOLLOW_US = 6500 * 1000,
    ICE_FOLLOW_AGAIN_US = 30 * 1000 * 1000,
};

/** The STUN agent that all transports of a process share: it keeps no state between checks. */
struct ice_agent;
int ice_agent_create(struct ice_agent **agent);
void ice_agent_destroy(struct ice_agent *agent);

struct ice_credentials {
    char ufrag[ICE_UFRAG_SIZE + 1];
    char pwd[ICE_PWD_SIZE + 1];
};

/**
 * The local ufrag that a binding request claims, found without any cryptography; borrowed from `packet`.
 * Errors: -EINVAL for what is no well-formed binding request with all that a check must have.
 */
int ice_peek(const uint8_t *packet, size_t size, const char **ufrag, size_t *ufrag_size);

struct ice;

int ice_create(struct ice_agent *agent, struct ice **out);
/** Takes NULL. */
void ice_destroy(struct ice *ice);

/** Credentials to give to the peer, and the ones they replaced (NULL when none hold any more). */
const struct ice_credentials *ice_local(const struct ice *ice);
const struct ice_credentials *ice_previous(const struct ice *ice);
/** New credentials; the present ones become the previous. Errors: -EIO without random numbers. */
int ice_restart(struct ice *ice);

enum ice_verdict {
    ICE_IGNORED, /* not authenticated or not a check: nothing to answer */
    ICE_REFUSED, /* authenticated, answered with an error */
    ICE_CHECKED, /* authenticated, answered: the path is proven */
};

struct ice_result {
    enum ice_verdict verdict;
    uint8_t reply[ICE_REPLY_MAX]; /* to be sent back where the check came from … */
    size_t reply_size;            /* … 0: nothing */
    bool bound;                   /* the path is new among the proven ones … */
    bool displaced;               /* … and took the place of `old` */
    bool moved;                   /* another path is chosen now */
    struct path old;
};

/** One STUN message that claims ice_local or ice_previous. */
void ice_input(struct ice *ice, const struct path *from, const uint8_t *packet, size_t size, uint64_t now_us,
               struct ice_result *result);

/** Authenticated media came on this proven path. The result says whether they moved the choice. */
bool ice_heard(struct ice *ice, const struct path *from, uint64_t now_us);
/** Media came on this proven path that were there before: a copy was quicker. The result as of ice_heard. */
bool ice_repeated(struct ice *ice, const struct path *from, uint64_t now_us);

/** Whether media on a path that is not proven are worth being opened: not after ICE_FORGED_PER_S forged ones in a second. */
bool ice_may_open(struct ice *ice, const struct path *from, uint64_t now_us);
void ice_forged(struct ice *ice);
/** Authenticated media came on a path that is not proven; `newest`: nothing later of its stream has come. The result as of ice_heard. */
bool ice_stray(struct ice *ice, const struct path *from, bool newest, uint64_t now_us);
/** Goes back to the proven path when nobody has proven the followed one in time. The result as of ice_heard. */
bool ice_follow_tick(struct ice *ice, uint64_t now_us);

/** DTLS came on this path; before anything is nominated the answer goes where the peer speaks. */
void ice_prefer(struct ice *ice, const struct path *from);

/** The path to send on, chosen or followed; NULL while none is proven. Valid until the next call. */
const struct path *ice_selected(const struct ice *ice);
/** Calls `fn` for each proven path. */
void ice_each(const struct ice *ice, void (*fn)(void *arg, const struct path *path), void *arg);
/** A connection ended: its path is forgotten. The result says whether the choice moved or vanished. */
bool ice_forget(struct ice *ice, const struct path *path);

enum ice_health {
    ICE_NEW, /* no check yet */
    ICE_ALIVE,
    ICE_SILENT, /* nothing heard for ICE_DISCONNECTED_US */
    ICE_DEAD,   /* no check for ICE_CONSENT_US: consent to send has lapsed */
};

/** When anything last came that authenticated, on any path. */
uint64_t ice_heard_us(const struct ice *ice);
/** Drops old credentials that are due, and says how the peer is. */
enum ice_health ice_tick(struct ice *ice, uint64_t now_us);

#endif
