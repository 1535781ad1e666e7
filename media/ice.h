/**
 * ICE-lite (RFC 8445 §2.5): credentials, connectivity checks and the replies to them, consent (RFC 7675). Which of the
 * paths that checks prove is sent on is selection.h's. Parsing, integrity, role conflicts and replies are libnice's STUN
 * layer; nothing here knows a socket or a clock.
 *
 * After a restart both pairs of credentials hold until the new ones are nominated, and ICE_OLD_US more.
 *
 * A check says nothing of where it came from, so a copy of one is as authentic from anywhere. But a peer sends no
 * check by two paths: what comes a second time, from elsewhere, proves no path, as far back as ICE_CHECKS_KEPT goes. (A
 * peer whose address changes between sending a check and repeating it is heard with the next one, and followed until
 * then.) A copy that is quicker than its original cannot be told from it, and for ICE_RACE_US after a path's first check both
 * prove theirs: else who is quicker would keep the peer out altogether.
 */
#ifndef MEDIA_ICE_H
#define MEDIA_ICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/selection.h"

enum {
    ICE_UFRAG_SIZE = 8,
    ICE_PWD_SIZE = 24,
    ICE_REPLY_MAX = 640,
    ICE_OLD_US = 30 * 1000 * 1000,
    ICE_DISCONNECTED_US = 8 * 1000 * 1000, /* browsers check every 2.7 to 6 s */
    ICE_CONSENT_US = 30 * 1000 * 1000,     /* RFC 7675 §5.1 */
    ICE_FORGED_PER_S = 20, /* checks of strangers that are worth an HMAC; and as many packets of media */
    ICE_CHECKS_KEPT = 64,  /* 2 to 4 minutes of a call */
    ICE_RACE_US = 200 * 1000,
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
    struct selection_change change;
};

/** One STUN message that claims ice_local or ice_previous. */
void ice_input(struct ice *ice, const struct path *from, const uint8_t *packet, size_t size, uint64_t now_us,
               struct ice_result *result);

/** selection_heard, selection_repeated and selection_tick, and what they mean for the peer's health. */
bool ice_heard(struct ice *ice, const struct path *from, bool newest, uint64_t now_us);
bool ice_repeated(struct ice *ice, const struct path *from, uint64_t now_us);
bool ice_follow_tick(struct ice *ice, uint64_t now_us);
/** DTLS came on this path; before anything is nominated the answer goes where the peer speaks. */
void ice_prefer(struct ice *ice, const struct path *from);

/** Whether media on a path that is not proven are worth being opened: not after ICE_FORGED_PER_S forged ones in a second. */
bool ice_may_open(struct ice *ice, const struct path *from, uint64_t now_us);
/** They were nobody's. */
void ice_forged(struct ice *ice);

enum selection_state ice_state(const struct ice *ice);
/** The path to send on, selected or followed; NULL while none is proven. Valid until the next call. */
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
