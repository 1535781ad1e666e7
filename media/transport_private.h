/** What transport.c, transport_send.c and transport_set.c know together; nobody else includes this. */
#ifndef MEDIA_TRANSPORT_PRIVATE_H
#define MEDIA_TRANSPORT_PRIVATE_H

#include "media/burst.h"
#include "media/demux.h"
#include "media/ipc.h"
#include "media/loop.h"
#include "media/resend.h"
#include "media/tcp.h"
#include "media/transport_set.h"
#include "media/udp.h"

enum { TRANSPORT_BUCKETS = 512 };

struct transport {
    /* what every packet needs stands together */
    struct transport_set *set;
    struct ice *ice;
    struct srtp_link *srtp; /* once connected */
    struct burst *burst;    /* while something waits to be sent */
    enum transport_state state;
    bool dirty, hooked, closed;
    struct transport *next_dirty; /* among those with something to send */
    struct resend *resend;        /* once something is kept */
    struct transport_stats stats;

    struct transport_handler handler;
    void *user;
    uint64_t state_us; /* since when */
    struct dtls *dtls;
    struct timer timer;
    struct loop_deferred deferred;
    struct transport *next; /* in its bucket of names */
    char name[IPC_NAME_MAX + 1], room[IPC_NAME_MAX + 1], remote_ufrag[IPC_NAME_MAX * 4 + 1];
    json_t *app;
};

struct transport_set {
    struct transport_set_config config;
    struct transport_hooks hooks;
    struct dtls_context *dtls;
    struct ice_agent *agent;
    struct demux *demux;
    struct udp *udp;
    struct tcp *tcp;
    struct burst_pool *bursts;
    struct loop_hook send_hook;
    struct transport *dirty;
    struct transport *buckets[TRANSPORT_BUCKETS];
    size_t count;
    uint64_t unclaimed; /* packets that were nobody's */
};

/* transport.c */
int transport_create(struct transport_set *set, const char *name, const char *room, json_t *app,
                     struct transport **out);
void transport_destroy(void *object);
void transport_input(struct transport *transport, enum demux_kind kind, const struct path *from, uint8_t *packet,
                     size_t size, uint64_t now_us);
/** SRTP or SRTCP on a path that is nobody's: SRTP_OK when it was this transport's, else `packet` may be spoilt; SRTP_TOO_MANY
 * also when it was not worth being opened. */
enum srtp_verdict transport_input_stray(struct transport *transport, enum demux_kind kind, const struct path *from,
                                        uint8_t *packet, size_t size, uint64_t now_us);
/** What the handshake has agreed on. Errors: -ENOMEM, -EIO. */
int transport_take_keys(struct transport *transport, const struct srtp_keys *keys);
void transport_path_closed(struct transport *transport, const struct path *path);

/* transport_set.c */
/** Whatever came in from wherever; `arg` is the set. */
void transport_set_input(void *arg, const struct path *from, uint8_t *packet, size_t size, uint64_t arrival_us);
void transport_set_forget(struct transport *transport);
void transport_set_mark(struct transport *transport);
void transport_set_flush(struct transport_set *set);

#endif
