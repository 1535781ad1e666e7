#include "media/transport.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "media/log.h"
#include "media/transport_private.h"

enum {
    TICK_US = 500 * 1000,
    QUIET_US = 1500 * 1000,              /* feedback comes twice a second and more while anything flows to the peer */
    CHECK_TIMEOUT_US = 60 * 1000 * 1000, /* from open to the first check: an answer may travel over a slow link */
    HANDSHAKE_TIMEOUT_US = 30 * 1000 * 1000,
};

/* ---- state ---- */

const char *transport_state_name(enum transport_state state)
{
    static const char *const names[] = {"checking", "connecting", "connected", "disconnected", "failed", "closed"};
    return names[state];
}

bool transport_state_allows(enum transport_state from, enum transport_state to)
{
    static const unsigned allowed[] = {
        [TRANSPORT_CHECKING] = 1u << TRANSPORT_CONNECTING | 1u << TRANSPORT_FAILED | 1u << TRANSPORT_CLOSED,
        [TRANSPORT_CONNECTING] = 1u << TRANSPORT_CONNECTED | 1u << TRANSPORT_FAILED | 1u << TRANSPORT_CLOSED,
        [TRANSPORT_CONNECTED] = 1u << TRANSPORT_DISCONNECTED | 1u << TRANSPORT_FAILED | 1u << TRANSPORT_CLOSED,
        [TRANSPORT_DISCONNECTED] = 1u << TRANSPORT_CONNECTED | 1u << TRANSPORT_FAILED | 1u << TRANSPORT_CLOSED,
        [TRANSPORT_FAILED] = 1u << TRANSPORT_CONNECTED | 1u << TRANSPORT_CLOSED,
        [TRANSPORT_CLOSED] = 0,
    };
    return allowed[from] >> to & 1;
}

static void set_state(struct transport *transport, enum transport_state state, const char *reason)
{
    if (!transport_state_allows(transport->state, state))
        return;
    log_info("transport", transport->name, "state from=%s to=%s reason=%s", transport_state_name(transport->state),
             transport_state_name(state), reason);
    transport->state = state;
    transport->state_us = loop_now_us(transport->set->config.loop);
    if (transport->handler.state_fn)
        transport->handler.state_fn(transport->handler.arg, state, reason);
    transport->set->config.state_fn(transport->set->config.arg, transport, reason);
}

/* ---- sending to a path ---- */

static void send_now(struct transport *transport, const struct path *to, const uint8_t *packet, size_t size)
{
    int result;
    if (to->stream) {
        result = tcp_send(to->stream, packet, size);
        tcp_flush(to->stream);
    } else {
        result = udp_send(transport->set->udp, to, packet, size);
    }
    if (result < 0)
        transport->stats.tx_dropped++;
}

static void send_dtls(void *arg, const uint8_t *datagram, size_t size)
{
    struct transport *transport = arg;
    const struct path *selected = ice_selected(transport->ice);
    if (selected)
        send_now(transport, selected, datagram, size);
}

static void moved(struct transport *transport, const char *why)
{
    log_info("transport", transport->name, "path protocol=%s why=%s", transport_is_stream(transport) ? "tcp" : "udp",
             why);
    if (transport->handler.moved_fn)
        transport->handler.moved_fn(transport->handler.arg);
    if (transport->state == TRANSPORT_CONNECTED)
        transport->set->config.state_fn(transport->set->config.arg, transport, "moved");
}

/* ---- timer ---- */

static void rearm(struct transport *transport)
{
    uint64_t wait_us = TICK_US;
    if (transport->state == TRANSPORT_CONNECTING) {
        uint64_t retransmit_us = dtls_timeout_us(transport->dtls);
        wait_us = retransmit_us < wait_us ? retransmit_us : wait_us;
    }
    loop_timer_in(transport->set->config.loop, &transport->timer, wait_us);
}

static void tick_handshake(struct transport *transport, uint64_t now_us)
{
    if (dtls_timeout_us(transport->dtls) == 0 && dtls_tick(transport->dtls) == DTLS_FAILED)
        set_state(transport, TRANSPORT_FAILED, dtls_failure(transport->dtls));
    else if (transport->state_us + HANDSHAKE_TIMEOUT_US < now_us)
        set_state(transport, TRANSPORT_FAILED, "dtls_timeout");
}

static void tick_consent(struct transport *transport, enum ice_health health)
{
    if (health == ICE_DEAD)
        set_state(transport, TRANSPORT_FAILED, "consent");
    else if (health == ICE_SILENT && transport->state == TRANSPORT_CONNECTED)
        set_state(transport, TRANSPORT_DISCONNECTED, "silent");
}

static void drop_old_ufrag(struct transport *transport, const struct ice_credentials *old)
{
    if (old->ufrag[0] && !ice_previous(transport->ice))
        demux_remove_ufrag(transport->set->demux, old->ufrag);
}

static void tick(void *arg, uint64_t now_us)
{
    struct transport *transport = arg;
    struct ice_credentials old = {0};
    if (ice_previous(transport->ice))
        old = *ice_previous(transport->ice);
    enum ice_health health = ice_tick(transport->ice, now_us);
    drop_old_ufrag(transport, &old);
    if (transport->state == TRANSPORT_CHECKING && transport->state_us + CHECK_TIMEOUT_US < now_us)
        set_state(transport, TRANSPORT_FAILED, "no_check");
    else if (transport->state == TRANSPORT_CONNECTING)
        tick_handshake(transport, now_us);
    else if (transport->state == TRANSPORT_CONNECTED || transport->state == TRANSPORT_DISCONNECTED)
        tick_consent(transport, health);
    if (ice_follow_tick(transport->ice, now_us))
        moved(transport, "unproven");
    if (!transport->closed)
        rearm(transport);
}

/* ---- ICE ---- */

/* A sign of life from a peer that was given up for silent; keys and routing are still there. */
static void revive(struct transport *transport)
{
    if (transport->srtp && dtls_state(transport->dtls) == DTLS_CONNECTED &&
        (transport->state == TRANSPORT_DISCONNECTED || transport->state == TRANSPORT_FAILED))
        set_state(transport, TRANSPORT_CONNECTED, "back");
}

static void release_path(struct transport *transport, const struct path *path)
{
    demux_unbind(transport->set->demux, path, transport);
    if (path->stream)
        tcp_close(path->stream);
}

static void release_each(void *arg, const struct path *path)
{
    release_path(arg, path);
}

static bool admit(struct transport *transport, const struct path *path, const struct ice_result *result)
{
    if (result->change.displaced)
        release_path(transport, &result->change.old);
    if (path->stream && tcp_prove(path->stream) < 0)
        return false;
    return demux_bind(transport->set->demux, path, transport) == 0;
}

static void input_stun(struct transport *transport, const struct path *from, const uint8_t *packet, size_t size,
                       uint64_t now_us)
{
    struct ice_result result;
    ice_input(transport->ice, from, packet, size, now_us, &result);
    /* Each check anew: an address that was another's in between, as behind one NAT, is whose check came last. */
    if (result.verdict == ICE_CHECKED && !admit(transport, from, &result)) {
        ice_forget(transport->ice, from);
        return;
    }
    if (result.reply_size > 0)
        send_now(transport, from, result.reply, result.reply_size);
    if (result.verdict != ICE_CHECKED)
        return;
    if (transport->state == TRANSPORT_CHECKING)
        set_state(transport, TRANSPORT_CONNECTING, "checked");
    else if (result.change.moved)
        moved(transport, "checked");
    revive(transport);
}

/* ---- DTLS ---- */

/* Where media of it may come from, when they come by a path that is nobody's. */
static void note_source(void *arg, uint32_t ssrc, bool known)
{
    struct transport *transport = arg;
    if (known)
        demux_add_ssrc(transport->set->demux, ssrc, transport); /* without a place it is not followed, that is all */
    else
        demux_remove_ssrc(transport->set->demux, ssrc, transport);
}

int transport_take_keys(struct transport *transport, const struct srtp_keys *keys)
{
    int result = srtp_link_create(keys, &transport->srtp);
    if (result == 0)
        srtp_link_watch(transport->srtp, note_source, transport);
    return result;
}

static int export_keys(struct transport *transport)
{
    struct srtp_keys keys;
    int result = dtls_export_keys(transport->dtls, &keys);
    if (result == 0)
        result = transport_take_keys(transport, &keys);
    OPENSSL_cleanse(&keys, sizeof keys);
    return result;
}

static void follow_dtls(struct transport *transport, enum dtls_state state)
{
    if (state == DTLS_FAILED)
        set_state(transport, TRANSPORT_FAILED, dtls_failure(transport->dtls));
    else if (state == DTLS_CLOSED)
        set_state(transport, TRANSPORT_FAILED, "closed_by_peer");
    else if (state != DTLS_CONNECTED || transport->srtp)
        return;
    else if (export_keys(transport) < 0)
        set_state(transport, TRANSPORT_FAILED, "keys");
    else
        set_state(transport, TRANSPORT_CONNECTED, "dtls");
}

static void input_dtls(struct transport *transport, const struct path *from, const uint8_t *packet, size_t size)
{
    ice_prefer(transport->ice, from);
    follow_dtls(transport, dtls_input(transport->dtls, packet, size));
    if (!transport->closed)
        rearm(transport);
}

/* ---- SRTP ---- */

static enum srtp_verdict open_srtp(struct transport *transport, enum demux_kind kind, uint8_t *packet, size_t *size,
                                   uint64_t now_us)
{
    if (kind == DEMUX_RTP)
        return srtp_link_open_rtp(transport->srtp, packet, size, now_us);
    return srtp_link_open_rtcp(transport->srtp, packet, size, now_us);
}

/* It has authenticated. */
static void take_media(struct transport *transport, enum demux_kind kind, const struct path *from, uint8_t *packet,
                       size_t size, uint64_t now_us)
{
    bool newest = srtp_link_is_newest(transport->srtp);
    if (ice_heard(transport->ice, from, newest, loop_now_us(transport->set->config.loop)))
        moved(transport, ice_state(transport->ice) == SELECTION_FOLLOWING ? "followed" : "media");
    transport->stats.rx_packets++;
    transport->stats.rx_bytes += size;
    if (transport->state == TRANSPORT_DISCONNECTED)
        revive(transport);
    void (*deliver)(void *, uint8_t *, size_t, uint64_t) = kind == DEMUX_RTP ? transport->handler.rtp_fn
                                                                             : transport->handler.rtcp_fn;
    if (deliver && transport_is_connected(transport))
        deliver(transport->handler.arg, packet, size, now_us);
}

static void drop_media(struct transport *transport, const struct path *from, enum srtp_verdict verdict)
{
    transport->stats.rx_dropped++;
    if (verdict == SRTP_REPLAYED && ice_repeated(transport->ice, from, loop_now_us(transport->set->config.loop)))
        moved(transport, "repeated");
}

static void input_srtp(struct transport *transport, enum demux_kind kind, const struct path *from, uint8_t *packet,
                       size_t size, uint64_t now_us)
{
    enum srtp_verdict verdict = SRTP_FORGED;
    if (transport->srtp)
        verdict = open_srtp(transport, kind, packet, &size, now_us);
    if (verdict == SRTP_OK)
        take_media(transport, kind, from, packet, size, now_us);
    else
        drop_media(transport, from, verdict);
}

enum srtp_verdict transport_input_stray(struct transport *transport, enum demux_kind kind, const struct path *from,
                                        uint8_t *packet, size_t size, uint64_t now_us)
{
    if (transport->closed || !transport_is_connected(transport) ||
        !ice_may_open(transport->ice, from, loop_now_us(transport->set->config.loop)))
        return SRTP_TOO_MANY;
    enum srtp_verdict verdict = open_srtp(transport, kind, packet, &size, now_us);
    if (verdict == SRTP_OK)
        take_media(transport, kind, from, packet, size, now_us);
    return verdict;
}

void transport_input(struct transport *transport, enum demux_kind kind, const struct path *from, uint8_t *packet,
                     size_t size, uint64_t now_us)
{
    if (transport->closed)
        return;
    switch (kind) {
    case DEMUX_STUN:
        input_stun(transport, from, packet, size, loop_now_us(transport->set->config.loop));
        return;
    case DEMUX_DTLS:
        input_dtls(transport, from, packet, size);
        return;
    case DEMUX_RTP:
    case DEMUX_RTCP:
        input_srtp(transport, kind, from, packet, size, now_us);
        return;
    default:
        return;
    }
}

void transport_path_closed(struct transport *transport, const struct path *path)
{
    demux_unbind(transport->set->demux, path, transport);
    if (ice_forget(transport->ice, path) && ice_selected(transport->ice))
        moved(transport, "closed");
}

/* ---- the routing side's calls ---- */

bool transport_is_connected(const struct transport *transport)
{
    return transport->srtp && (transport->state == TRANSPORT_CONNECTED || transport->state == TRANSPORT_DISCONNECTED);
}

enum transport_state transport_state(const struct transport *transport)
{
    return transport->state;
}

bool transport_is_stream(const struct transport *transport)
{
    const struct path *selected = ice_selected(transport->ice);
    return selected && selected->stream;
}

const char *transport_path(const struct transport *transport, int *family)
{
    const struct path *selected = ice_selected(transport->ice);
    if (!selected)
        return NULL;
    *family = path_family(selected);
    return selected->stream ? "tcp" : "udp";
}

void transport_stats(const struct transport *transport, struct transport_stats *stats)
{
    *stats = transport->stats;
}

void transport_set_handler(struct transport *transport, const struct transport_handler *handler)
{
    transport->handler = *handler;
}

void transport_set_user(struct transport *transport, void *user)
{
    transport->user = user;
}

void *transport_user(const struct transport *transport)
{
    return transport->user;
}

const char *transport_name(const struct transport *transport)
{
    return transport->name;
}

const char *transport_room(const struct transport *transport)
{
    return transport->room;
}

json_t *transport_app(const struct transport *transport)
{
    return transport->app;
}

/* ---- the control side's calls ---- */

const struct ice_credentials *transport_credentials(const struct transport *transport)
{
    return ice_local(transport->ice);
}

const char *transport_remote_ufrag(const struct transport *transport)
{
    return transport->remote_ufrag;
}

int transport_set_remote(struct transport *transport, const struct transport_remote *remote)
{
    if (strlen(remote->ufrag) >= sizeof transport->remote_ufrag)
        return -EINVAL;
    int result = dtls_set_fingerprints(transport->dtls, remote->fingerprints, remote->fingerprint_count);
    if (result < 0)
        return result;
    strcpy(transport->remote_ufrag, remote->ufrag);
    follow_dtls(transport, dtls_state(transport->dtls));
    return 0;
}

int transport_restart(struct transport *transport)
{
    struct ice_credentials old = {0};
    if (ice_previous(transport->ice))
        old = *ice_previous(transport->ice);
    int result = ice_restart(transport->ice);
    if (result < 0)
        return result;
    if (old.ufrag[0])
        demux_remove_ufrag(transport->set->demux, old.ufrag);
    return demux_add_ufrag(transport->set->demux, ice_local(transport->ice)->ufrag, transport);
}

/* ---- life ---- */

int transport_create(struct transport_set *set, const char *name, const char *room, json_t *app, struct transport **out)
{
    struct transport *transport = calloc(1, sizeof *transport);
    if (!transport)
        return -ENOMEM;
    transport->set = set;
    transport->app = json_incref(app);
    transport->state_us = loop_now_us(set->config.loop);
    strncpy(transport->name, name, IPC_NAME_MAX);
    strncpy(transport->room, room, IPC_NAME_MAX);
    timer_init(&transport->timer, tick, transport);
    struct dtls_config dtls = {.context = set->dtls, .send_fn = send_dtls, .arg = transport};
    int result = ice_create(set->agent, &transport->ice);
    if (result == 0)
        result = dtls_create(&dtls, &transport->dtls);
    if (result == 0)
        result = demux_add_ufrag(set->demux, ice_local(transport->ice)->ufrag, transport);
    if (result < 0) {
        transport_destroy(transport);
        return result;
    }
    rearm(transport);
    *out = transport;
    return 0;
}

void transport_destroy(void *object)
{
    struct transport *transport = object;
    timer_cancel(&transport->timer);
    srtp_link_destroy(transport->srtp);
    resend_destroy(transport->resend);
    dtls_destroy(transport->dtls);
    ice_destroy(transport->ice);
    json_decref(transport->app);
    free(transport);
}

bool transport_is_quiet(const struct transport *transport, uint64_t now_us)
{
    return ice_heard_us(transport->ice) + QUIET_US < now_us;
}

void transport_close(struct transport *transport, const char *reason)
{
    struct transport_set *set = transport->set;
    if (transport->closed)
        return;
    if (transport->hooked && set->hooks.close_fn)
        set->hooks.close_fn(set->hooks.arg, transport, reason);
    transport_flush(transport);
    dtls_close(transport->dtls);
    set_state(transport, TRANSPORT_CLOSED, reason);
    transport->closed = true;
    log_info("transport", transport->name, "closed rx=%llu rx_dropped=%llu tx=%llu tx_dropped=%llu",
             (unsigned long long)transport->stats.rx_packets, (unsigned long long)transport->stats.rx_dropped,
             (unsigned long long)transport->stats.tx_packets, (unsigned long long)transport->stats.tx_dropped);
    transport_flush(transport); /* gives back what the socket did not take */
    demux_remove_ufrag(set->demux, ice_local(transport->ice)->ufrag);
    if (ice_previous(transport->ice))
        demux_remove_ufrag(set->demux, ice_previous(transport->ice)->ufrag);
    ice_each(transport->ice, release_each, transport);
    timer_cancel(&transport->timer);
    transport_set_forget(transport);
    loop_defer(set->config.loop, &transport->deferred, transport_destroy, transport);
}
