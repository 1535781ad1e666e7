#include "media/transport_set.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/log.h"
#include "media/transport_private.h"
#include "media/wire.h"

enum { BURSTS_MAX = 1024, PORT_TRIES = 16, RTP_HEADER = 12 };

/* ---- names ---- */

/* Names come from hoichand alone, so the hash need not resist strangers (FNV-1a). */
static struct transport **bucket_of(const struct transport_set *set, const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return (struct transport **)&set->buckets[hash % TRANSPORT_BUCKETS];
}

struct transport *transport_find(const struct transport_set *set, const char *name)
{
    struct transport *at = *bucket_of(set, name);
    while (at && strcmp(at->name, name) != 0)
        at = at->next;
    return at;
}

void transport_each(struct transport_set *set, void (*fn)(void *arg, struct transport *transport), void *arg)
{
    for (size_t i = 0; i < TRANSPORT_BUCKETS; i++) {
        for (struct transport *at = set->buckets[i], *next; at; at = next) {
            next = at->next;
            fn(arg, at);
        }
    }
}

int transport_open(struct transport_set *set, const char *name, const char *room, json_t *app, struct transport **out)
{
    struct transport *transport;
    if (transport_find(set, name))
        return -EEXIST;
    if (set->count == TRANSPORT_MAX)
        return -ENOSPC;
    int result = transport_create(set, name, room, app, &transport);
    if (result < 0)
        return result;
    struct transport **bucket = bucket_of(set, name);
    transport->next = *bucket;
    *bucket = transport;
    set->count++;
    result = set->hooks.open_fn ? set->hooks.open_fn(set->hooks.arg, transport, room) : 0;
    if (result < 0) {
        transport->state = TRANSPORT_CLOSED; /* nobody was told of it, so nobody is told of its end */
        transport_close(transport, "refused");
        return result;
    }
    transport->hooked = true;
    *out = transport;
    return 0;
}

static void unlink_dirty(struct transport *transport)
{
    for (struct transport **at = &transport->set->dirty; *at; at = &(*at)->next_dirty) {
        if (*at == transport) {
            *at = transport->next_dirty;
            transport->dirty = false;
            return;
        }
    }
}

void transport_set_forget(struct transport *transport)
{
    struct transport **at = bucket_of(transport->set, transport->name);
    while (*at != transport)
        at = &(*at)->next;
    *at = transport->next;
    transport->set->count--;
    if (transport->dirty)
        unlink_dirty(transport);
}

/* ---- what comes in ---- */

static struct transport *owner_of(struct transport_set *set, enum demux_kind kind, const struct path *from,
                                  const uint8_t *packet, size_t size)
{
    const char *ufrag;
    size_t ufrag_size;
    if (kind != DEMUX_STUN)
        return demux_find_path(set->demux, from);
    if (ice_peek(packet, size, &ufrag, &ufrag_size) < 0)
        return NULL;
    return demux_find_ufrag(set->demux, ufrag, ufrag_size);
}

/* Media on a path that is nobody's: a peer's whose address has just changed? Several may have its SSRC; what one of them
 * takes is not forged, though to the others it looks so. */
static bool input_stray(struct transport_set *set, enum demux_kind kind, const struct path *from, uint8_t *packet,
                        size_t size, uint64_t arrival_us)
{
    void *owners[DEMUX_SSRC_OWNERS_MAX];
    struct transport *forged[DEMUX_SSRC_OWNERS_MAX];
    size_t forged_count = 0;
    uint8_t copy[UDP_PACKET_MAX];
    if ((kind != DEMUX_RTP && kind != DEMUX_RTCP) || from->stream || size < RTP_HEADER || size > sizeof copy)
        return false;
    size_t count = demux_find_ssrc(set->demux, wire_get32(packet + (kind == DEMUX_RTP ? 8 : 4)), owners);
    if (count > 1)
        memcpy(copy, packet, size);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            memcpy(packet, copy, size);
        enum srtp_verdict verdict = transport_input_stray(owners[i], kind, from, packet, size, arrival_us);
        if (verdict == SRTP_OK)
            return true;
        if (verdict == SRTP_FORGED)
            forged[forged_count++] = owners[i];
    }
    for (size_t i = 0; i < forged_count; i++)
        ice_forged(forged[i]->ice);
    return false;
}

void transport_set_input(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t arrival_us)
{
    struct transport_set *set = arg;
    enum demux_kind kind = demux_classify(packet, size);
    struct transport *transport = kind < DEMUX_KINDS ? owner_of(set, kind, from, packet, size) : NULL;
    if (transport)
        transport_input(transport, kind, from, packet, size, arrival_us);
    else if (!input_stray(set, kind, from, packet, size, arrival_us))
        set->unclaimed++;
}

static void stream_closed(void *arg, const struct path *path)
{
    struct transport_set *set = arg;
    struct transport *transport = demux_find_path(set->demux, path);
    if (transport)
        transport_path_closed(transport, path);
}

/* ---- what goes out ---- */

void transport_set_mark(struct transport *transport)
{
    if (transport->dirty)
        return;
    transport->dirty = true;
    transport->next_dirty = transport->set->dirty;
    transport->set->dirty = transport;
}

void transport_set_flush(struct transport_set *set)
{
    if (udp_is_blocked(set->udp))
        return;
    struct transport *list = set->dirty;
    set->dirty = NULL;
    while (list) {
        struct transport *transport = list;
        list = transport->next_dirty;
        transport->dirty = false;
        transport_flush(transport);
        if (transport->burst)
            transport_set_mark(transport);
    }
}

static void batch_ended(void *arg, uint64_t now_us)
{
    (void)now_us;
    transport_set_flush(arg);
}

static void writable(void *arg)
{
    transport_set_flush(arg);
}

/* ---- life ---- */

static int open_sockets(struct transport_set *set)
{
    const struct transport_set_config *config = &set->config;
    struct udp_config udp = {.loop = config->loop,
                             .bind = config->bind,
                             .port = config->port,
                             .input_fn = transport_set_input,
                             .writable_fn = writable,
                             .arg = set};
    int result = udp_create(&udp, &set->udp);
    if (result < 0)
        return result;
    struct tcp_config tcp = {.loop = config->loop,
                             .bind = config->bind,
                             .port = udp_port(set->udp),
                             .input_fn = transport_set_input,
                             .closed_fn = stream_closed,
                             .arg = set};
    result = tcp_create(&tcp, &set->tcp);
    if (result < 0) {
        udp_destroy(set->udp);
        set->udp = NULL;
    }
    return result;
}

/* With port 0 the kernel picks UDP's, and TCP's of that number may be taken: then another one. */
static int open_sockets_somewhere(struct transport_set *set)
{
    int result = open_sockets(set);
    for (int i = 1; i < PORT_TRIES && result == -EADDRINUSE && set->config.port == 0; i++)
        result = open_sockets(set);
    return result;
}

int transport_set_create(const struct transport_set_config *config, struct transport_set **out)
{
    struct transport_set *set = calloc(1, sizeof *set);
    if (!set)
        return -ENOMEM;
    set->config = *config;
    set->send_hook = (struct loop_hook){.fn = batch_ended, .arg = set};
    loop_hook_add(config->loop, LOOP_STAGE_SEND, &set->send_hook);
    int result = dtls_context_create(&set->dtls);
    if (result == 0)
        result = ice_agent_create(&set->agent);
    if (result == 0)
        result = demux_create(&set->demux);
    if (result == 0)
        result = burst_pool_create(BURSTS_MAX, &set->bursts);
    if (result == 0)
        result = open_sockets_somewhere(set);
    if (result < 0) {
        transport_set_destroy(set);
        return result;
    }
    *out = set;
    return 0;
}

static void close_one(void *arg, struct transport *transport)
{
    (void)arg;
    transport_close(transport, "end");
}

void transport_set_destroy(struct transport_set *set)
{
    if (!set)
        return;
    transport_each(set, close_one, NULL);
    loop_hook_remove(set->config.loop, LOOP_STAGE_SEND, &set->send_hook);
    tcp_destroy(set->tcp);
    loop_settle(set->config.loop); /* associations and connections refer to what goes next */
    udp_destroy(set->udp);
    demux_destroy(set->demux);
    burst_pool_destroy(set->bursts);
    ice_agent_destroy(set->agent);
    dtls_context_destroy(set->dtls);
    free(set);
}

void transport_set_hooks(struct transport_set *set, const struct transport_hooks *hooks)
{
    set->hooks = *hooks;
}

uint16_t transport_set_port(const struct transport_set *set)
{
    return udp_port(set->udp);
}

const char *transport_set_fingerprint(const struct transport_set *set)
{
    return dtls_context_fingerprint(set->dtls);
}

size_t transport_set_count(const struct transport_set *set)
{
    return set->count;
}

const struct udp_stats *transport_set_udp_stats(const struct transport_set *set)
{
    return udp_stats(set->udp);
}
