/** What the load generator's client is made of, for its own files: endpoint.c (life, ICE, DTLS, the socket), endpoint_sdp.c,
 * endpoint_receive.c, endpoint_send.c. */
#ifndef TESTS_BENCH_ENDPOINT_INSIDE_H
#define TESTS_BENCH_ENDPOINT_INSIDE_H

#include <openssl/ssl.h>
#include <stun/stunagent.h>

#include "media/twcc.h"
#include "tests/bench/endpoint.h"
#include "tests/bench/gcm.h"

enum {
    AUDIO_PT = 111,
    VIDEO_PT = 96,
    RTX_PT = 97,
    STREAMS = 8,
    SDP_MAX = 8192,
    VP8_DESCRIPTOR = 4,
    VIDEO_HEAD = VP8_DESCRIPTOR + 10, /* and VP8's frame header, in front of the stamp */
};

struct incoming {
    uint32_t ssrc;
    bool video;
    bool started;
    int64_t highest, base;
    uint64_t received;
    uint64_t seen[64]; /* bit per sequence modulo 4096 */
};

struct outgoing {
    uint32_t ssrc;
    uint8_t pt;
    const char *rid; /* NULL: it is the only one of its track */
    uint16_t width, height;
    bool key_frame_due;
    uint16_t sequence, picture_id;
    uint32_t timestamp, packets, bytes, roc;
    uint64_t next_us, number;
    uint32_t frame; /* of the film */
};

struct endpoint {
    struct endpoint_config config;
    int fd;
    char ufrag[9], pwd[25], remote_ufrag[64], remote_pwd[128];
    char sdp[SDP_MAX];
    StunAgent agent;
    uint64_t tie, next_check_us, accepted_us, first_packet_us, connected_us, next_feedback_us, next_report_us;
    bool nominated;
    SSL *ssl;
    BIO *in, *out;
    struct gcm send, receive;
    bool keyed;
    struct outgoing audio, video[ENDPOINT_LAYERS_MAX]; /* the smallest first */
    int layers;
    uint16_t twcc_sequence;
    uint8_t twcc_id, mid_id, rid_id;
    char mids[2][17];
    struct incoming streams[STREAMS];
    int stream_count;
    struct twcc_receiver twcc;
};

/** The SHA-256 of the certificate that all of us show. */
const char *endpoint_fingerprint(void);

/** What came, still encrypted; `now_us`: when the kernel took it. */
void endpoint_receive_rtp(struct endpoint *endpoint, uint8_t *data, size_t size, uint64_t now_us);
void endpoint_receive_rtcp(struct endpoint *endpoint, uint8_t *data, size_t size);

/** All that is due. */
void endpoint_send_audio(struct endpoint *endpoint, uint64_t now_us);
void endpoint_send_video(struct endpoint *endpoint, uint64_t now_us);
void endpoint_send_feedback(struct endpoint *endpoint);
void endpoint_send_report(struct endpoint *endpoint, uint64_t now_us);

#endif
