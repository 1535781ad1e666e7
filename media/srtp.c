#include "media/srtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp_window.h"
#include "media/wire.h"

enum {
    RTP_HEADER = 12,
    RTCP_HEADER = 8,
    RTCP_TRAILER = 4, /* E bit and index */
    IDLE_US = 1000 * 1000,
    SOURCES_FIRST = 4,
};

#define RTCP_ENCRYPTED 0x80000000u
#define RTCP_INDEX_MAX 0x7fffffffu

/* An SSRC that has authenticated. */
struct source {
    uint32_t ssrc;
    uint64_t heard_us;
    struct srtp_window rtp, rtcp;
};

struct srtp_link {
    struct srtp_crypt rtp_in, rtcp_in, rtcp_out;
    uint32_t rtcp_index; /* of the last sent; one count for all SSRCs, so no nonce comes twice */
    struct srtp_sender *sender;
    struct source *sources;
    size_t source_count, source_room, last_hit;
    bool newest; /* of its source: what was opened last */
    srtp_source_fn source_fn;
    void *source_arg;
};

int srtp_link_create(const struct srtp_keys *keys, struct srtp_link **out)
{
    struct srtp_link *link = calloc(1, sizeof *link);
    if (!link)
        return -ENOMEM;
    int result = srtp_crypt_init(&link->rtp_in, keys->suite, SRTP_USE_RTP, keys->remote, false);
    if (result == 0)
        result = srtp_crypt_init(&link->rtcp_in, keys->suite, SRTP_USE_RTCP, keys->remote, false);
    if (result == 0)
        result = srtp_crypt_init(&link->rtcp_out, keys->suite, SRTP_USE_RTCP, keys->local, true);
    if (result == 0)
        result = srtp_sender_create(keys->suite, keys->local, &link->sender);
    if (result < 0) {
        srtp_link_destroy(link);
        return result;
    }
    *out = link;
    return 0;
}

void srtp_link_watch(struct srtp_link *link, srtp_source_fn fn, void *arg)
{
    link->source_fn = fn;
    link->source_arg = arg;
}

static void tell_source(struct srtp_link *link, uint32_t ssrc, bool known)
{
    if (link->source_fn)
        link->source_fn(link->source_arg, ssrc, known);
}

void srtp_link_destroy(struct srtp_link *link)
{
    if (!link)
        return;
    for (size_t i = 0; i < link->source_count; i++)
        tell_source(link, link->sources[i].ssrc, false);
    srtp_crypt_finish(&link->rtp_in);
    srtp_crypt_finish(&link->rtcp_in);
    srtp_crypt_finish(&link->rtcp_out);
    srtp_sender_destroy(link->sender);
    free(link->sources);
    free(link);
}

struct srtp_sender *srtp_link_sender(struct srtp_link *link)
{
    return link->sender;
}

/* ---- sources ---- */

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

static bool has_room(struct srtp_link *link, uint64_t now_us)
{
    return link->source_count < SRTP_INBOUND_SSRCS_MAX || longest_idle(link)->heard_us + IDLE_US < now_us;
}

/* NULL without memory. */
static struct source *place_for_source(struct srtp_link *link)
{
    if (link->source_count == SRTP_INBOUND_SSRCS_MAX) {
        struct source *idle = longest_idle(link);
        tell_source(link, idle->ssrc, false);
        return idle;
    }
    if (link->source_count == link->source_room) {
        size_t room = link->source_room ? 2 * link->source_room : SOURCES_FIRST;
        struct source *larger = realloc(link->sources, room * sizeof *larger);
        if (!larger)
            return NULL;
        link->sources = larger;
        link->source_room = room;
    }
    return &link->sources[link->source_count++];
}

static struct source *add_source(struct srtp_link *link, uint32_t ssrc)
{
    struct source *source = place_for_source(link);
    if (!source)
        return NULL;
    *source = (struct source){.ssrc = ssrc};
    tell_source(link, ssrc, true);
    return source;
}

/* Called after authentication only: a new SSRC gets its place, if need be that of the longest idle one. */
static struct source *keep_source(struct srtp_link *link, uint32_t ssrc, uint64_t now_us)
{
    struct source *source = find_source(link, ssrc);
    if (!source)
        source = add_source(link, ssrc);
    if (source)
        source->heard_us = now_us;
    return source;
}

/* ---- packets ---- */

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

static enum srtp_verdict verdict_of(int result)
{
    return result == 0 ? SRTP_OK : SRTP_FORGED;
}

static const struct srtp_window untouched;

enum srtp_verdict srtp_link_open_rtp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us)
{
    size_t header = *size <= UINT16_MAX ? rtp_header_size(packet, *size) : 0;
    size_t tag = srtp_crypt_tag_size(link->rtp_in.suite);
    if (!header || *size < header + tag)
        return SRTP_MALFORMED;
    uint32_t ssrc = wire_get32(packet + 8);
    struct source *source = find_source(link, ssrc);
    if (!source && !has_room(link, now_us))
        return SRTP_TOO_MANY;
    const struct srtp_window *window = source ? &source->rtp : &untouched;
    uint64_t index = srtp_window_index(window, (uint16_t)(packet[2] << 8 | packet[3]));
    if (srtp_window_is_used(window, index))
        return SRTP_REPLAYED;
    uint8_t *body = packet + header;
    struct srtp_unit unit = {ssrc, index, packet, header, body, *size - header - tag, body, (uint32_t)(index >> 16)};
    enum srtp_verdict verdict = verdict_of(srtp_crypt_open(&link->rtp_in, &unit, body + unit.size));
    if (verdict != SRTP_OK)
        return verdict;
    source = keep_source(link, ssrc, now_us);
    if (!source)
        return SRTP_TOO_MANY;
    link->newest = srtp_window_mark(&source->rtp, index);
    *size -= tag;
    return SRTP_OK;
}

/* RFC 3711 §3.4 has the tag behind the trailer, RFC 7714 §9.2 before it. */
static size_t rtcp_tag_at(enum srtp_suite suite, size_t body)
{
    return suite == SRTP_SUITE_GCM_128 ? body : body + RTCP_TRAILER;
}

static size_t rtcp_trailer_at(enum srtp_suite suite, size_t body)
{
    return suite == SRTP_SUITE_GCM_128 ? body + srtp_crypt_tag_size(suite) : body;
}

enum srtp_verdict srtp_link_open_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size, uint64_t now_us)
{
    enum srtp_suite suite = link->rtcp_in.suite;
    size_t added = srtp_crypt_tag_size(suite) + RTCP_TRAILER;
    if (*size > UINT16_MAX || *size < RTCP_HEADER + added)
        return SRTP_MALFORMED;
    size_t plain = *size - added;
    uint32_t ssrc = wire_get32(packet + 4), trailer = wire_get32(packet + rtcp_trailer_at(suite, plain));
    if (!(trailer & RTCP_ENCRYPTED)) /* we never agreed to plain SRTCP */
        return SRTP_MALFORMED;
    struct source *source = find_source(link, ssrc);
    if (!source && !has_room(link, now_us))
        return SRTP_TOO_MANY;
    uint32_t index = trailer & RTCP_INDEX_MAX;
    if (srtp_window_is_used(source ? &source->rtcp : &untouched, index))
        return SRTP_REPLAYED;
    uint8_t *body = packet + RTCP_HEADER;
    struct srtp_unit unit = {ssrc, index, packet, RTCP_HEADER, body, plain - RTCP_HEADER, body, trailer};
    enum srtp_verdict verdict = verdict_of(srtp_crypt_open(&link->rtcp_in, &unit, packet + rtcp_tag_at(suite, plain)));
    if (verdict != SRTP_OK)
        return verdict;
    source = keep_source(link, ssrc, now_us);
    if (!source)
        return SRTP_TOO_MANY;
    link->newest = srtp_window_mark(&source->rtcp, index);
    *size = plain;
    return SRTP_OK;
}

bool srtp_link_is_newest(const struct srtp_link *link)
{
    return link->newest;
}

int srtp_link_seal_rtcp(struct srtp_link *link, uint8_t *packet, size_t *size)
{
    enum srtp_suite suite = link->rtcp_out.suite;
    if (*size < RTCP_HEADER || *size > UINT16_MAX)
        return -EINVAL;
    if (link->rtcp_index == RTCP_INDEX_MAX)
        return -ENOSPC;
    uint32_t index = ++link->rtcp_index, trailer = index | RTCP_ENCRYPTED;
    uint8_t *body = packet + RTCP_HEADER;
    struct srtp_unit unit = {wire_get32(packet + 4), index, packet, RTCP_HEADER, body,
                             *size - RTCP_HEADER,    body,  trailer};
    int result = srtp_crypt_seal(&link->rtcp_out, &unit, packet + rtcp_tag_at(suite, *size));
    if (result < 0)
        return result;
    uint8_t *at = packet + rtcp_trailer_at(suite, *size);
    for (int i = 0; i < RTCP_TRAILER; i++)
        at[i] = (uint8_t)(trailer >> (24 - 8 * i));
    *size += srtp_crypt_tag_size(suite) + RTCP_TRAILER;
    return 0;
}
