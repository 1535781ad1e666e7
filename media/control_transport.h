/**
 * The network side of media/ipc.h: transport.open, .remote, .restart and .close, their states as events, and their part
 * of hello and of snapshots.
 *
 * Owns: the set of transports.
 */
#ifndef MEDIA_CONTROL_TRANSPORT_H
#define MEDIA_CONTROL_TRANSPORT_H

#include <netinet/in.h>
#include <stdint.h>

#include "media/candidates.h"

struct control;
struct control_transport;
struct loop;
struct transport_set;

struct control_transport_config {
    struct loop *loop;
    struct control *control;
    struct in6_addr bind;
    uint16_t port; /* 0: any */
    struct candidate_addresses announce;
    int worker; /* number, for hello */
};

/** Errors: as transport_set_create. */
int control_transport_create(const struct control_transport_config *config, struct control_transport **out);
/** Takes NULL. */
void control_transport_destroy(struct control_transport *self);

struct transport_set *control_transport_set(struct control_transport *self);

#endif
