#include "media/ice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/ice.h>

#include "media/wire.h"

enum { STUN_HEADER = 20, USERNAME_MAX = 2 * 256 + 1, INTEGRITY_SIZE = 20, TRANSACTION_AT = 8, TRANSACTION_SIZE = 12 };

struct ice_agent {
    StunAgent stun;
};

/* Strangers may try, and fail, so often a second. */
struct tries {
    uint64_t second;
    unsigned failed;
};

/* A check that was taken, to know a copy of it by. */
struct taken_check {
    uint8_t id[TRANSACTION_SIZE];
    struct path from;
    uint64_t at_us;
    bool bound; /* nothing else had proven its path */
};

struct ice {
    struct ice_agent *agent;
    struct ice_credentials local, previous;
    uint64_t previous_until_us; /* 0 while the new ones are not nominated */
    struct selection selection;
    struct taken_check taken[ICE_CHECKS_KEPT];
    size_t taken_count;            /* of all, also those that have been overwritten */
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

/* ---- copies of checks ---- */

static const struct taken_check *find_taken(const struct ice *ice, const uint8_t *id)
{
    for (size_t i = 0; i < ice->taken_count && i < ICE_CHECKS_KEPT; i++)
        if (memcmp(ice->taken[i].id, id, TRANSACTION_SIZE) == 0)
            return &ice->taken[i];
    return NULL;
}

static void keep_taken(struct ice *ice, const uint8_t *id, const struct path *from, bool bound, uint64_t now_us)
{
    if (find_taken(ice, id))
        return;
    struct taken_check *taken = &ice->taken[ice->taken_count++ % ICE_CHECKS_KEPT];
    *taken = (struct taken_check){.from = *from, .at_us = now_us, .bound = bound};
    memcpy(taken->id, id, TRANSACTION_SIZE);
}

static bool is_copy(const struct ice *ice, const uint8_t *id, const struct path *from, uint64_t now_us)
{
    const struct taken_check *taken = find_taken(ice, id);
    if (!taken || path_equal(&taken->from, from) || selection_has_proven(&ice->selection, from))
        return false;
    return !taken->bound || taken->at_us + ICE_RACE_US < now_us;
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
    return may_try(&ice->checks, now_us) || selection_has_proven(&ice->selection, from);
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

/* The new credentials are in use: the old ones have their last time. */
static void retire_previous(struct ice *ice, uint64_t now_us)
{
    if (ice_previous(ice) && !ice->previous_until_us)
        ice->previous_until_us = now_us + ICE_OLD_US;
}

void ice_input(struct ice *ice, const struct path *from, const uint8_t *packet, size_t size, uint64_t now_us,
               struct ice_result *result)
{
    StunMessage request;
    struct lookup lookup = {.ice = ice};
    const char *ufrag;
    size_t ufrag_size;
    *result = (struct ice_result){.verdict = ICE_IGNORED};
    if (!worth_trying(ice, from, now_us) || ice_peek(packet, size, &ufrag, &ufrag_size) < 0 ||
        is_copy(ice, packet + TRANSACTION_AT, from, now_us))
        return;
    StunValidationStatus status = stun_agent_validate(&ice->agent->stun, &request, packet, size, find_password,
                                                      &lookup);
    if (status == STUN_VALIDATION_UNKNOWN_REQUEST_ATTRIBUTE && lookup.found) {
        refuse_unknown(ice, &request, result);
    } else if (status != STUN_VALIDATION_SUCCESS || !lookup.found) {
        ice->checks.failed++;
    } else if (answer(ice, &request, from, result)) {
        bool use_candidate = stun_usage_ice_conncheck_use_candidate(&request);
        if (use_candidate && lookup.found == &ice->local)
            retire_previous(ice, now_us);
        ice->checked_us = ice->heard_us = now_us;
        selection_check(&ice->selection, from, use_candidate, now_us, &result->change);
        keep_taken(ice, packet + TRANSACTION_AT, from, result->change.bound, now_us);
    }
}

/* ---- media ---- */

bool ice_heard(struct ice *ice, const struct path *from, bool newest, uint64_t now_us)
{
    ice->heard_us = now_us;
    return selection_heard(&ice->selection, from, newest, now_us);
}

bool ice_repeated(struct ice *ice, const struct path *from, uint64_t now_us)
{
    return selection_repeated(&ice->selection, from, now_us);
}

bool ice_follow_tick(struct ice *ice, uint64_t now_us)
{
    return selection_tick(&ice->selection, now_us);
}

bool ice_may_open(struct ice *ice, const struct path *from, uint64_t now_us)
{
    bool followed = ice_state(ice) == SELECTION_FOLLOWING && path_equal(ice_selected(ice), from);
    return followed || may_try(&ice->media, now_us);
}

void ice_forged(struct ice *ice)
{
    ice->media.failed++;
}

void ice_prefer(struct ice *ice, const struct path *from)
{
    selection_prefer(&ice->selection, from);
}

/* ---- paths ---- */

enum selection_state ice_state(const struct ice *ice)
{
    return selection_state(&ice->selection);
}

const struct path *ice_selected(const struct ice *ice)
{
    return selection_path(&ice->selection);
}

void ice_each(const struct ice *ice, void (*fn)(void *arg, const struct path *path), void *arg)
{
    selection_each(&ice->selection, fn, arg);
}

bool ice_forget(struct ice *ice, const struct path *path)
{
    return selection_forget(&ice->selection, path);
}

/* ---- health ---- */

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
