/**
 * All transports of a worker and the sockets they share: what the control side makes, finds and ends, and where packets
 * that come in are given to the transport they belong to. `udp | tcp → demux → ice | dtls | srtp` meet here.
 */
#ifndef MEDIA_TRANSPORT_SET_H
#define MEDIA_TRANSPORT_SET_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/dtls.h"
#include "media/ice.h"
#include "media/path.h"
#include "media/transport.h"

struct loop;
struct udp_stats;

struct transport_set_config {
    struct loop *loop;
    struct in6_addr bind; /* :: for all addresses */
    uint16_t port;        /* of UDP and TCP alike; 0: any that is free for both */
    /** A transport's state changed (also to closed). */
    void (*state_fn)(void *arg, struct transport *transport, const char *reason);
    void *arg;
};

/** Errors: -EADDRINUSE and other -errno of the sockets, -EIO of the cryptographic libraries. */
int transport_set_create(const struct transport_set_config *config, struct transport_set **out);
/** Takes NULL; closes what is left. */
void transport_set_destroy(struct transport_set *set);

uint16_t transport_set_port(const struct transport_set *set);
const char *transport_set_fingerprint(const struct transport_set *set);
size_t transport_set_count(const struct transport_set *set);
const struct udp_stats *transport_set_udp_stats(const struct transport_set *set);

/** Errors: -EEXIST, -ENOSPC (TRANSPORT_MAX), and what the routing side's open_fn says. Owns: takes a reference of
 * `app`. */
int transport_open(struct transport_set *set, const char *name, const char *room, json_t *app, struct transport **out);

/** The peer's side of the description. */
struct transport_remote {
    const char *ufrag;
    struct dtls_fingerprint fingerprints[DTLS_FINGERPRINTS_MAX];
    size_t fingerprint_count;
};
/** Errors: -EINVAL when the peer's certificate, already verified, is none of these. */
int transport_set_remote(struct transport *transport, const struct transport_remote *remote);
/** New ICE credentials. Errors: -EIO. */
int transport_restart(struct transport *transport);

const struct ice_credentials *transport_credentials(const struct transport *transport);
/** As given to transport_open; borrowed; NULL when none was. */
json_t *transport_app(const struct transport *transport);
/** The peer's ufrag, "" before it is known. */
const char *transport_remote_ufrag(const struct transport *transport);
/** "checking", "connecting" … as ipc.h names it. */
const char *transport_state_name(enum transport_state state);
/** Whether a transport may go from one state to another. */
bool transport_state_allows(enum transport_state from, enum transport_state to);

#endif
