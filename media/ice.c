#include "media/ice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "media/wire.h"

enum { STUN_HEADER = 20, USERNAME_MAX = 2 * 256 + 1, INTEGRITY_SIZE = 20 };

struct ice_agent {
    StunAgent stun;
};

struct pair {
    struct path path;
    uint64_t heard_us, checked_us, media_us;
    bool nominated;
};

/* Strangers may try, and fail, so often a second. */
struct tries {
    uint64_t second;
    unsigned failed;
};

struct ice {
    struct ice_agent *agent;
    struct ice_credentials local, previous;
    uint64_t previous_until_us; /* 0 while the new ones are not nominated */
    struct pair pairs[ICE_PAIRS_MAX];
    size_t pair_count;
    int selected; /* -1: none */
    bool nominated;
    bool following; /* `followed` is sent to, instead of the selected pair */
    struct path followed;
    uint64_t followed_us; /* media came by it last */
    uint64_t follow_until_us, follow_again_us;
    uint64_t repeated_us;          /* media came by the selected pair after a copy of them, authentic or not */
    uint64_t heard_us, checked_us; /* on any path */
    struct tries checks, media;    /* apart: who floods us with the one does not shut out the other */
};

/* ---- agent and credentials ---- */

int ice_agent_create(struct ice_agent **agent)
{
    *agent = calloc(1, sizeof **agent);
    if (!*agent)
        return -ENOMEM;
    stun_agent_init(&(*agent)->stun, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                    STUN_AGENT_USAGE_SHORT_TERM_CREDENTIALS | STUN_AGENT_USAGE_USE_FINGERPRINT);
    return 0;
}

void ice_agent_destroy(struct ice_agent *agent)
{
    free(agent);
}

static int random_text(char *text, size_t size)
{
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (RAND_bytes((unsigned char *)text, (int)size) != 1)
        return -EIO;
    for (size_t i = 0; i < size; i++)
        text[i] = alphabet[text[i] & 63];
    text[size] = '\0';
    return 0;
}

static int make_credentials(struct ice_credentials *credentials)
{
    int result = random_text(credentials->ufrag, ICE_UFRAG_SIZE);
    return result == 0 ? random_text(credentials->pwd, ICE_PWD_SIZE) : result;
}

int ice_create(struct ice_agent *agent, struct ice **out)
{
    struct ice *ice = calloc(1, sizeof *ice);
    if (!ice)
        return -ENOMEM;
    ice->agent = agent;
    ice->selected = -1;
    int result = make_credentials(&ice->local);
    if (result < 0) {
        ice_destroy(ice);
        return result;
    }
    *out = ice;
    return 0;
}

void ice_destroy(struct ice *ice)
{
    free(ice);
}

const struct ice_credentials *ice_local(const struct ice *ice)
{
    return &ice->local;
}

const struct ice_credentials *ice_previous(const struct ice *ice)
{
    return ice->previous.ufrag[0] ? &ice->previous : NULL;
}

int ice_restart(struct ice *ice)
{
    struct ice_credentials fresh;
    int result = make_credentials(&fresh);
    if (result < 0)
        return result;
    ice->previous = ice->local;
    ice->previous_until_us = 0;
    ice->local = fresh;
    return 0;
}

/* ---- reading a request before anything is known of its sender ---- */

static bool is_binding_request(const uint8_t *packet, size_t size)
{
    static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};
    return size >= STUN_HEADER && wire_get16(packet) == 0x0001 && wire_get16(packet + 2) == size - STUN_HEADER &&
           size % 4 == 0 && memcmp(packet + 4, cookie, sizeof cookie) == 0;
}

struct peeked {
    const uint8_t *username;
    size_t username_size;
    bool integrity, fingerprint;
};

/* False for attributes of a shape that libnice would take on trust. */
static bool peek_attribute(struct peeked *peeked, uint16_t type, const uint8_t *value, size_t size)
{
    switch (type) {
    case STUN_ATTRIBUTE_USERNAME:
        peeked->username = value;
        peeked->username_size = size;
        return size <= USERNAME_MAX && !peeked->integrity;
    case STUN_ATTRIBUTE_MESSAGE_INTEGRITY:
        peeked->integrity = true;
        return size == INTEGRITY_SIZE;
    case STUN_ATTRIBUTE_FINGERPRINT:
        peeked->fingerprint = true;
        return size == 4;
    default:
        return true;
    }
}

int ice_peek(const uint8_t *packet, size_t size, const char **ufrag, size_t *ufrag_size)
{
    struct peeked peeked = {0};
    if (!is_binding_request(packet, size))
        return -EINVAL;
    for (size_t at = STUN_HEADER; at < size;) {
        size_t length = wire_get16(packet + at + 2); /* the whole is a multiple of four: a header always fits */
        if (length > size - at - 4 || !peek_attribute(&peeked, wire_get16(packet + at), packet + at + 4, length))
            return -EINVAL;
        at += 4 + (length + 3) / 4 * 4;
    }
    if (!peeked.username || !peeked.integrity || !peeked.fingerprint)
        return -EINVAL;
    const uint8_t *colon = memchr(peeked.username, ':', peeked.username_size);
    if (!colon)
        return -EINVAL;
    *ufrag = (const char *)peeked.username;
    *ufrag_size = (size_t)(colon - peeked.username);
    return 0;
}

/* ---- pairs ---- */

static int find_pair(const struct ice *ice, const struct path *path)
{
    for (size_t i = 0; i < ice->pair_count; i++)
        if (path_equal(&ice->pairs[i].path, path))
            return (int)i;
    return -1;
}

static int longest_unchecked(const struct ice *ice)
{
    int oldest = ice->selected == 0 ? 1 : 0;
    for (int i = 0; i < (int)ice->pair_count; i++)
        if (i != ice->selected && ice->pairs[i].checked_us < ice->pairs[oldest].checked_us)
            oldest = i;
    return oldest;
}

static int bind_pair(struct ice *ice, const struct path *path, struct ice_result *result)
{
    int at = find_pair(ice, path);
    if (at >= 0) {
        ice->pairs[at].path.local = path->local;
        return at;
    }
    result->bound = true;
    if (ice->pair_count < ICE_PAIRS_MAX) {
        at = (int)ice->pair_count++;
    } else {
        at = longest_unchecked(ice);
        result->displaced = true;
        result->old = ice->pairs[at].path;
    }
    ice->pairs[at] = (struct pair){.path = *path};
    return at;
}

static bool selected_is_silent(const struct ice *ice, uint64_t now_us)
{
    return ice->selected < 0 || (!ice->following && ice->pairs[ice->selected].heard_us + ICE_SILENT_US < now_us);
}

static bool selected_carries_media(const struct ice *ice, uint64_t now_us)
{
    if (ice->selected < 0)
        return false;
    const struct pair *selected = &ice->pairs[ice->selected];
    return selected->nominated && selected->media_us + ICE_QUIET_US >= now_us;
}

static bool is_rebound(const struct ice *ice, int at, uint64_t now_us)
{
    return ice->selected < 0 ||
           (!ice->pairs[at].path.stream == !ice->pairs[ice->selected].path.stream && selected_is_silent(ice, now_us));
}

/* A stream behind a full line holds up all that follows what is lost, and what was put into it before media showed the better path. */
static bool is_detour(const struct ice *ice, int at, uint64_t now_us)
{
    if (ice->selected < 0 || !ice->pairs[at].path.stream)
        return false;
    const struct pair *selected = &ice->pairs[ice->selected];
    bool heard = ice->following || selected->heard_us + ICE_DETOUR_US >= now_us;
    return selected->nominated && !selected->path.stream && heard;
}

static bool may_nominate(const struct ice *ice, int at, uint64_t now_us)
{
    return !selected_carries_media(ice, now_us) && !is_detour(ice, at, now_us);
}

/* ---- following ---- */

static bool is_followed(const struct ice *ice, const struct path *path)
{
    return ice->following && path_equal(&ice->followed, path);
}

/* Nobody has proven it: back to the selected one. */
static bool stop_following(struct ice *ice, uint64_t now_us)
{
    if (!ice->following)
        return false;
    ice->following = false;
    ice->follow_again_us = now_us + ICE_FOLLOW_AGAIN_US;
    return true;
}

static bool may_follow(const struct ice *ice, const struct path *from, uint64_t now_us)
{
    if (ice->selected < 0 || ice->pairs[ice->selected].path.stream || from->stream || now_us < ice->follow_again_us)
        return false;
    if (ice->following)
        return ice->followed_us + ICE_FOLLOW_QUIET_US < now_us;
    return ice->pairs[ice->selected].heard_us + ICE_FOLLOW_QUIET_US < now_us &&
           ice->repeated_us + ICE_FOLLOW_QUIET_US < now_us;
}

/* Who moves on while being followed has no more time for that. */
static void follow(struct ice *ice, const struct path *from, uint64_t now_us)
{
    if (!ice->following)
        ice->follow_until_us = now_us + ICE_FOLLOW_US;
    ice->following = true;
    ice->followed = *from;
    ice->followed_us = now_us;
}

bool ice_stray(struct ice *ice, const struct path *from, bool newest, uint64_t now_us)
{
    ice->heard_us = now_us;
    if (is_followed(ice, from)) {
        ice->followed_us = now_us;
        return false;
    }
    if (!newest || !may_follow(ice, from, now_us))
        return false;
    follow(ice, from, now_us);
    return true;
}

bool ice_follow_tick(struct ice *ice, uint64_t now_us)
{
    return ice->follow_until_us <= now_us && stop_following(ice, now_us);
}

/* ---- choosing ---- */

/* The followed path has been proven: it is the selected one, as what we send goes there already. */
static void settle(struct ice *ice, int at)
{
    ice->following = false;
    ice->selected = at;
}

static void choose(struct ice *ice, int at, bool use_candidate, uint64_t now_us, struct ice_result *result)
{
    if (use_candidate)
        ice->nominated = ice->pairs[at].nominated = true;
    if (is_followed(ice, &ice->pairs[at].path)) {
        settle(ice, at);
    } else if (at == ice->selected) {
        result->moved = use_candidate && stop_following(ice, now_us);
    } else if (use_candidate ? may_nominate(ice, at, now_us) : is_rebound(ice, at, now_us)) {
        stop_following(ice, now_us);
        ice->selected = at;
        result->moved = true;
    }
}

/* ---- checks ---- */

static bool claims(const struct ice_credentials *credentials, const uint8_t *username, size_t size)
{
    return credentials->ufrag[0] && size > ICE_UFRAG_SIZE && username[ICE_UFRAG_SIZE] == ':' &&
           memcmp(username, credentials->ufrag, ICE_UFRAG_SIZE) == 0;
}

/* libnice asks for the password that belongs to a user name; `arg` points to the credentials found. */
struct lookup {
    struct ice *ice;
    struct ice_credentials *found;
};

static bool find_password(StunAgent *agent, StunMessage *message, uint8_t *username, uint16_t size, uint8_t **password,
                          size_t *password_size, void *arg)
{
    (void)agent;
    (void)message;
    struct lookup *lookup = arg;
    if (!username)
        return false;
    if (claims(&lookup->ice->local, username, size))
        lookup->found = &lookup->ice->local;
    else if (claims(&lookup->ice->previous, username, size))
        lookup->found = &lookup->ice->previous;
    if (!lookup->found)
        return false;
    *password = (uint8_t *)lookup->found->pwd;
    *password_size = ICE_PWD_SIZE;
    return true;
}

static bool may_try(struct tries *tries, uint64_t now_us)
{
    if (tries->second != now_us / 1000000)
        *tries = (struct tries){.second = now_us / 1000000};
    return tries->failed < ICE_FORGED_PER_S;
}

/* A stranger who knows a ufrag may cost us some HMACs a second, not all of them; paths already proven are not
 * limited. */
static bool worth_trying(struct ice *ice, const struct path *from, uint64_t now_us)
{
    return may_try(&ice->checks, now_us) || find_pair(ice, from) >= 0;
}

static void refuse_unknown(struct ice *ice, const StunMessage *request, struct ice_result *result)
{
    StunMessage message;
    result->verdict = ICE_REFUSED;
    result->reply_size = stun_agent_build_unknown_attributes_error(&ice->agent->stun, &message, result->reply,
                                                                   ICE_REPLY_MAX, request);
}

static bool answer(struct ice *ice, StunMessage *request, const struct path *from, struct ice_result *result)
{
    struct sockaddr_storage address;
    socklen_t address_size = path_remote_native(from, &address);
    StunMessage message;
    bool controlling = false;
    size_t size = ICE_REPLY_MAX;
    /* Being lite we are always controlled and never switch: with the lowest tie-breaker libnice answers 487 (RFC 8445
     * §7.3.1.1), and the peer takes the controlling role. */
    StunUsageIceReturn status = stun_usage_ice_conncheck_create_reply(
        &ice->agent->stun, request, &message, result->reply, &size, &address, address_size, &controlling, 0,
        STUN_USAGE_ICE_COMPATIBILITY_RFC5245);
    result->reply_size = size;
    result->verdict = status == STUN_USAGE_ICE_RETURN_SUCCESS ? ICE_CHECKED : ICE_REFUSED;
    return result->verdict == ICE_CHECKED;
}

static void take_check(struct ice *ice, const struct lookup *lookup, const struct path *from, bool use_candidate,
                       uint64_t now_us, struct ice_result *result)
{
    int at = bind_pair(ice, from, result);
    ice->pairs[at].checked_us = ice->pairs[at].heard_us = now_us;
    ice->checked_us = ice->heard_us = now_us;
    if (use_candidate && lookup->found == &ice->local && ice_previous(ice) && !ice->previous_until_us)
        ice->previous_until_us = now_us + ICE_OLD_US;
    choose(ice, at, use_candidate, now_us, result);
}

void ice_input(struct ice *ice, const struct path *from, const uint8_t *packet, size_t size, uint64_t now_us,
               struct ice_result *result)
{
    StunMessage request;
    struct lookup lookup = {.ice = ice};
    const char *ufrag;
    size_t ufrag_size;
    *result = (struct ice_result){.verdict = ICE_IGNORED};
    if (!worth_trying(ice, from, now_us) || ice_peek(packet, size, &ufrag, &ufrag_size) < 0)
        return;
    StunValidationStatus status = stun_agent_validate(&ice->agent->stun, &request, packet, size, find_password,
                                                      &lookup);
    if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE && lookup.found)
        refuse_unknown(ice, &request, result);
    else if (status != STUN_VALIDATION_SUCCESS || !lookup.found)
        ice->checks.failed++;
    else if (answer(ice, &request, from, result))
        take_check(ice, &lookup, from, stun_usage_ice_conncheck_use_candidate(&request), now_us, result);
}

bool ice_heard(struct ice *ice, const struct path *from, uint64_t now_us)
{
    int at = ice->selected >= 0 && path_equal(&ice->pairs[ice->selected].path, from) ? ice->selected
                                                                                     : find_pair(ice, from);
    ice->heard_us = now_us;
    if (at < 0)
        return false;
    ice->pairs[at].heard_us = ice->pairs[at].media_us = now_us;
    if (at == ice->selected)
        return stop_following(ice, now_us);
    if (!ice->pairs[at].nominated || selected_carries_media(ice, now_us))
        return false;
    stop_following(ice, now_us);
    ice->selected = at;
    return true;
}

bool ice_repeated(struct ice *ice, const struct path *from, uint64_t now_us)
{
    int at = find_pair(ice, from);
    if (at < 0 || at != ice->selected)
        return false;
    ice->repeated_us = now_us;
    return stop_following(ice, now_us);
}

bool ice_may_open(struct ice *ice, const struct path *from, uint64_t now_us)
{
    return may_try(&ice->media, now_us) || is_followed(ice, from);
}

void ice_forged(struct ice *ice)
{
    ice->media.failed++;
}

void ice_prefer(struct ice *ice, const struct path *from)
{
    int at = find_pair(ice, from);
    if (at >= 0 && !ice->nominated)
        ice->selected = at;
}

const struct path *ice_selected(const struct ice *ice)
{
    if (ice->following)
        return &ice->followed;
    return ice->selected < 0 ? NULL : &ice->pairs[ice->selected].path;
}

void ice_each(const struct ice *ice, void (*fn)(void *arg, const struct path *path), void *arg)
{
    for (size_t i = 0; i < ice->pair_count; i++)
        fn(arg, &ice->pairs[i].path);
}

static int most_recent(const struct ice *ice)
{
    int best = -1;
    for (int i = 0; i < (int)ice->pair_count; i++)
        if (best < 0 || ice->pairs[i].heard_us > ice->pairs[best].heard_us)
            best = i;
    return best;
}

bool ice_forget(struct ice *ice, const struct path *path)
{
    int at = find_pair(ice, path);
    if (at < 0)
        return false;
    int last = (int)--ice->pair_count;
    bool was_selected = at == ice->selected;
    ice->pairs[at] = ice->pairs[last];
    if (ice->selected == last)
        ice->selected = at;
    if (!was_selected)
        return false;
    ice->selected = most_recent(ice);
    ice->nominated = false;
    return true;
}

uint64_t ice_heard_us(const struct ice *ice)
{
    return ice->heard_us;
}

enum ice_health ice_tick(struct ice *ice, uint64_t now_us)
{
    if (ice->previous_until_us && now_us >= ice->previous_until_us) {
        ice->previous = (struct ice_credentials){0};
        ice->previous_until_us = 0;
    }
    if (!ice->checked_us)
        return ICE_NEW;
    if (ice->checked_us + ICE_CONSENT_US < now_us)
        return ICE_DEAD;
    return ice->heard_us + ICE_DISCONNECTED_US < now_us ? ICE_SILENT : ICE_ALIVE;
}
