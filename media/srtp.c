#include "media/srtp.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <srtp2/srtp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { RTP_HEADER = 12, RTCP_HEADER = 8, IDLE_US = 1000 * 1000 };

/* A source that has authenticated; libsrtp keeps a stream of some KiB for each. */
struct source {
    uint32_t ssrc;
    uint64_t heard_us;
};

struct srtp_link {
    srtp_t in, out;
    struct srtp_sender *sender;
    struct source sources[SRTP_INBOUND_SSRCS_MAX];
    size_t source_count, last_hit;
};

static int open_session(const struct srtp_keys *keys, srtp_ssrc_type_t direction, srtp_t *session)
{
    srtp_policy_t policy = {0};
    if (keys->suite == SRTP_SUITE_GCM_128) {
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
        srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
    } else {
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp);
    }
    policy.ssrc.type = direction;
    policy.key = (unsigned char *)(direction == ssrc_any_inbound ? keys->remote : keys->local);
    policy.window_size = SRTP_WINDOW;
    policy.allow_repeat_tx = 1;
    return srtp_create(session, &policy) == srtp_err_status_ok ? 0 : -EIO;
}

int srtp_link_create(const struct srtp_keys *keys, struct srtp_link **out)
{
    struct srtp_link *link = calloc(1, sizeof *link);
    if (!link)
        return -ENOMEM;
    int result = open_session(keys, ssrc_any_inbound, &link->in);
    if (result == 0)
        result = open_session(keys, ssrc_any_outbound, &link->out);
    if (result == 0)
        result = srtp_sender_create(keys->suite, keys->local, &link->sender);
    if (result < 0) {
        srtp_link_destroy(link);
        return result;
    }
    *out = link;
    return 0;
}

void srtp_link_destroy(struct srtp_link *link)
{
    if (!link)
        return;
    if (link->in)
        srtp_dealloc(link->in);
    if (link->out)
        srtp_dealloc(link->out);
    srtp_sender_destroy(link->sender);
    free(link);
}

struct srtp_sender *srtp_link_sender(struct srtp_link *link)
{
    return link->sender;
}

/* ---- sources ----------------------------------------------------------------------------------------------------- */

static uint32_t get32(const uint8_t *from)
{
    return (uint32_t)from[0] << 24 | (uint32_t)from[1] << 16 | (uint32_t)from[2] << 8 | from[3];
}

static struct source *find_source(struct srtp_link *link, uint32_t ssrc)
{
    for (size_t i = 0, at = link->last_hit; i < link->source_count; i++, at++) {
        at = at < link->source_count ? at : 0;
        if (link->sources[at].ssrc == ssrc) {
            link->last_hit = at;
            return &link->sources[at];
        }
    }
    return NULL;
}

static struct source *longest_idle(struct srtp_link *link)
{
    struct source *idle = &link->sources[0];
    for (size_t i = 1; i < link->source_count; i++)
        if (link->sources[i].heard_us < idle->heard_us)
            idle = &link->sources[i];
    return idle;
}

static bool has_room(struct srtp_link *link, uint32_t ssrc, uint64_t now_us)
{
    return link->source_count < SRTP_INBOUND_SSRCS_MAX || find_source(link, ssrc) ||
           longest_idle(link)->heard_us + IDLE_US < now_us;
}

/* Called after authentication only. */
static void note_source(struct srtp_link *link, uint32_t ssrc, uint64_t now_us)
{
    struct source *source = find_source(link, ssrc);
    if (!source && link->source_count < SRTP_INBOUND_SSRCS_MAX) {
        source = &link->sources[link->source_count++];
    } else if (!source) {
        source = longest_idle(link);
        srtp_remove_stream(link->in, htonl(source->ssrc));
    }
    *source = (struct source){.ssrc = ssrc, .heard_us = now_us};
}

static enum srtp_verdict verdict_of(srtp_err_status_t status)
{
    switch (status) {
    case srtp_err_status_ok:
        return SRTP_OK;
    case srtp_err_status_replay_fail:
    case srtp_err_status_replay_old:
        return SRTP_REPLAYED;
    case srtp_err_status_auth_fail:
    case srtp_err_status_cipher_fail:
        return SRTP_FORGED;
    default:
        return SRTP_MALFORMED;
    }
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

/* 0 when the packet ends before its header does. */
static size_t rtp_header_size(const uint8_t *packet, size_t size)
{
    if (size < RTP_HEADER || packet[0] >> 6 != 2)
        return 0;
    size_t header = RTP_HEADER + 4 * (size_t)(packet[0] & 15);
    if (packet[0] & 0x10) {
        if (size < header + 4)
            return 0;
        header += 4 + 4 * (size_t)(packet[header + 2] << 8 | packet[header + 3]);
    }
    return size < header ? 0 : header;
}

enum srtp_verdict srtp_link_open_rtp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us)
{
    if (*size > INT_MAX || !rtp_header_size(packet, *size))
        return SRTP_MALFORMED;
    uint32_t ssrc = get32(packet + 8);
    if (!has_room(link, ssrc, now_us))
        return SRTP_TOO_MANY;
    int length = (int)*size;
    enum srtp_verdict verdict = verdict_of(srtp_unprotect(link->in, packet, &length));
    if (verdict != SRTP_OK)
        return verdict;
    *size = (size_t)length;
    note_source(link, ssrc, now_us);
    return rtp_header_size(packet, *size) ? SRTP_OK : SRTP_MALFORMED;
}

enum srtp_verdict srtp_link_open_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us)
{
    if (*size > INT_MAX || *size < RTCP_HEADER + 4)
        return SRTP_MALFORMED;
    uint32_t ssrc = get32(packet + 4);
    if (!has_room(link, ssrc, now_us))
        return SRTP_TOO_MANY;
    int length = (int)*size;
    enum srtp_verdict verdict = verdict_of(srtp_unprotect_rtcp(link->in, packet, &length));
    if (verdict != SRTP_OK)
        return verdict;
    *size = (size_t)length;
    note_source(link, ssrc, now_us);
    return *size >= RTCP_HEADER ? SRTP_OK : SRTP_MALFORMED;
}

int srtp_link_seal_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size)
{
    if (*size < RTCP_HEADER || *size > UINT16_MAX)
        return -EINVAL;
    int length = (int)*size;
    if (srtp_protect_rtcp(link->out, packet, &length) != srtp_err_status_ok)
        return -EIO;
    *size = (size_t)length;
    return 0;
}

/* ---- the library beneath ------------------------------------------------------------------------------------------
 */

struct srtp_library {
    struct srtp_link *kept[2];
};

/* A link in use, so that nothing is left to be loaded at first use. */
static int warm_up(enum srtp_suite suite, struct srtp_link **link)
{
    struct srtp_keys keys = {.suite = suite};
    uint8_t packet[128] = {0x80, 201, 0, 1};
    size_t size = RTCP_HEADER;
    int result = srtp_link_create(&keys, link);
    if (result == 0)
        result = srtp_link_seal_rtcp(*link, packet, &size);
    if (result == 0 && srtp_link_open_rtcp(*link, packet, &size, 0) != SRTP_OK)
        result = -EIO;
    return result;
}

int srtp_library_open(struct srtp_library **out)
{
    struct srtp_library *library = calloc(1, sizeof *library);
    if (!library)
        return -ENOMEM;
    int result = srtp_init() == srtp_err_status_ok ? 0 : -EIO;
    if (result == 0)
        result = warm_up(SRTP_SUITE_GCM_128, &library->kept[0]);
    if (result == 0)
        result = warm_up(SRTP_SUITE_CM_SHA1_80, &library->kept[1]);
    if (result < 0) {
        srtp_library_close(library);
        return result;
    }
    *out = library;
    return 0;
}

void srtp_library_close(struct srtp_library *library)
{
    if (!library)
        return;
    srtp_link_destroy(library->kept[0]);
    srtp_link_destroy(library->kept[1]);
    srtp_shutdown();
    free(library);
}
