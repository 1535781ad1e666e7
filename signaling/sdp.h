/**
 * SDP as this server speaks it (RFC 8829, RFC 9143): reads a browser's offer into plain values, writes the answer.
 *
 * The reading side (sdp_offer.c, sdp_codec.c) keeps only what a routing server needs and bounds everything; the writing
 * side (sdp_answer.c) makes each line itself and echoes nothing but ids, names and payload types that were checked.
 * Thread: any; no state.
 */
#ifndef SIGNALING_SDP_H
#define SIGNALING_SDP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SDP_MAX_BYTES = 262144,
    SDP_MAX_LINES = 80,
    SDP_MAX_CODECS = 8,
    SDP_MAX_RIDS = 3,
    SDP_MAX_SSRCS = 8,
    SDP_MAX_FINGERPRINTS = 4,
    SDP_MID_MAX = 16,
};

enum sdp_verdict { SDP_GOOD, SDP_BAD, SDP_UNSUPPORTED };
enum sdp_kind { SDP_AUDIO, SDP_VIDEO, SDP_OTHER };
enum sdp_direction { SDP_SENDRECV, SDP_SENDONLY, SDP_RECVONLY, SDP_INACTIVE };

struct sdp_codec {
    char name[8]; /* "opus", "red", "VP8", "H264", "VP9", "AV1" */
    int pt;
    int rtx_pt; /* -1: none */
    int clock_hz;
    int channels;
    char profile[8]; /* H264 profile-level-id */
    bool twcc, nack, pli;
};

/** One header extension: `id` 0 when it was not offered. */
struct sdp_ext {
    uint8_t id;
    bool client_writes, client_reads;
};

enum sdp_ext_name {
    SDP_EXT_MID,
    SDP_EXT_RID,
    SDP_EXT_RRID,
    SDP_EXT_LEVEL,
    SDP_EXT_TWCC,
    SDP_EXT_ABS_SEND_TIME,
    SDP_EXT_DEPENDENCY_DESCRIPTOR,
    SDP_EXT_PLAYOUT_DELAY,
    SDP_EXT_TOFFSET,
    SDP_EXT_COUNT,
};

struct sdp_line {
    enum sdp_kind kind;
    char media[16]; /* as offered, for a rejected line */
    char proto[32];
    char format[32]; /* the first format, for a rejected line */
    char mid[SDP_MID_MAX + 1];
    bool rejected; /* by the client, or not ours to take */
    enum sdp_direction direction;
    bool rsize;
    size_t n_codecs;
    struct sdp_codec codecs[SDP_MAX_CODECS]; /* in the client's order */
    struct sdp_ext ext[SDP_EXT_COUNT];
    size_t n_rids;
    char rids[SDP_MAX_RIDS][SDP_MID_MAX + 1];
    size_t n_ssrcs;
    struct {
        uint32_t ssrc, rtx; /* rtx 0: none */
    } ssrcs[SDP_MAX_SSRCS];
};

struct sdp_fingerprint {
    char algorithm[16];
    char value[200];
};

struct sdp_offer {
    char ufrag[257];
    char pwd[257];
    char setup[16];
    size_t n_fingerprints;
    struct sdp_fingerprint fingerprints[SDP_MAX_FINGERPRINTS];
    bool bundled;
    bool allow_mixed;
    size_t n_lines;
    struct sdp_line *lines;
};

/**
 * Reads an offer. Owns: the caller owns `*offer`, filled only when the verdict is good. `*why` is a fixed text in
 * English for logs and problem details, never a piece of the offer.
 */
enum sdp_verdict sdp_offer_parse(const char *text, size_t size, struct sdp_offer **offer, const char **why);
void sdp_offer_destroy(struct sdp_offer *offer);
/** NULL when there is no such line. */
const struct sdp_line *sdp_offer_line(const struct sdp_offer *offer, const char *mid);

/** What the server does with a line. */
enum sdp_use { SDP_USE_REJECT, SDP_USE_IDLE, SDP_USE_TRACK, SDP_USE_SLOT };

/** How sound is to be encoded: as speech, if nothing else is said. */
struct sdp_sound {
    bool music; /* a stethoscope: stereo, unprocessed, high rate; the others are not for it */
    bool thin;  /* for who hears it over a thin path: packets of 60 ms, and the least that keeps its FEC */
    bool dtx;   /* in silence a sign of life every 400 ms, and nothing else */
};

struct sdp_answer_line {
    enum sdp_use use;
    unsigned index; /* of a slot among its kind: audio slot i and video slot i are one stream */
    uint32_t ssrc, rtx_ssrc;
    struct sdp_sound sound;
};

struct sdp_local {
    const char *ufrag, *pwd;
    const char *fingerprint_algorithm, *fingerprint;
    const json_t *candidates; /* as media/ipc.h gives them */
    uint64_t session;
    unsigned version;
};

/** Writes the answer to `offer`; `lines` has one entry per line of it. Owns: the caller frees the result. */
char *sdp_answer_make(const struct sdp_offer *offer, const struct sdp_answer_line *lines,
                      const struct sdp_local *local);

/**
 * The codecs that are used on a line, in order: for a track the first (see codecs.h) and RED behind Opus; for a slot
 * everything we can forward.
 * The result is how many.
 */
size_t sdp_line_codecs(const struct sdp_line *line, enum sdp_use use, struct sdp_codec chosen[SDP_MAX_CODECS]);
/** Whether the extension is negotiated on a line of this use. */
bool sdp_line_has_ext(const struct sdp_line *line, enum sdp_use use, enum sdp_ext_name name);
/** The fmtp that we write for a codec; false when it has none. `opus_pt` is what RED carries. */
bool sdp_codec_fmtp(const struct sdp_codec *codec, int opus_pt, struct sdp_sound sound, char *into, size_t room);

/** CODEC array and EXT object of media/ipc.h. Owns: the caller owns the result. */
json_t *sdp_line_codecs_json(const struct sdp_line *line, enum sdp_use use, struct sdp_sound sound);
json_t *sdp_line_ext_json(const struct sdp_line *line, enum sdp_use use);

/** a=ice-ufrag, a=ice-pwd and the like of a trickle-ice-sdpfrag (RFC 8840); either may come out empty. */
struct sdpfrag {
    char ufrag[257];
    char pwd[257];
    char mid[SDP_MID_MAX + 1];
    unsigned n_candidates;
};
enum sdp_verdict sdpfrag_parse(const char *text, size_t size, struct sdpfrag *frag);
/** The fragment that answers a restart. Owns: the caller frees the result. */
char *sdpfrag_make(const char *media, const char *mid, const struct sdp_local *local);

/** Shared by the two writers: "candidate:..." of one of media/ipc.h's candidate objects; false when it is malformed. */
bool sdp_candidate_text(const json_t *candidate, char *into, size_t room);
/** RFC 8839 §5.4: ice-char, within the bounds. */
bool sdp_is_ice_text(const char *text, size_t at_least);

#endif
