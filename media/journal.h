/**
 * The recording journal: an append-only, sealed, hash-chained log of one consultation's decrypted RTP, sender reports
 * and room events, written while the call runs and read only afterwards.
 *
 * A recording is one or more segments (a new one after a worker died). A segment is a header and chunks; a chunk is
 * sealed with libsodium's secretstream (XChaCha20-Poly1305) and its SHA-256 continues the chain, so that a missing or
 * altered chunk shows. A segment cut off in mid-chunk by a crash is valid up to its last whole chunk.
 *
 * Thread: the worker's one thread calls; writing and flushing to disk happen on a thread of the journal's own, so that a
 * slow disk never delays a packet. Owns: the journal owns `fd` from journal_open on.
 */
#ifndef MEDIA_JOURNAL_H
#define MEDIA_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

enum { JOURNAL_KEY_SIZE = 32, JOURNAL_HASH_SIZE = 32 };

struct journal;

struct journal_config {
    int fd;
    const char *recording;                       /* id */
    uint32_t segment;                            /* counts from 0 */
    const unsigned char *key;                    /* JOURNAL_KEY_SIZE; copied, wiped at close */
    const unsigned char *chain;                  /* JOURNAL_HASH_SIZE: continues from; zeros for the first segment */
    uint64_t now_us;                             /* worker's monotonic clock at opening … */
    uint64_t epoch_us;                           /* … and the Unix time it stands for */
};

/** What a track is, written once before its first packet. Strings are copied into the journal. */
struct journal_track {
    const char *track;       /* id */
    const char *participant; /* transport or participant id as known to the worker */
    const char *kind;        /* "audio", "video" */
    const char *source;      /* "camera", "microphone", … */
    const char *codec;       /* "opus", "VP8", "H264", … */
    uint32_t clock_hz;
};

int journal_open(const struct journal_config *config, struct journal **journal);
/** The result is the track's number in this segment, or a negative errno. */
int journal_track(struct journal *journal, const struct journal_track *track, uint64_t now_us);
/** One decrypted RTP packet of the chosen layer, as received (RTX already undone). */
int journal_rtp(struct journal *journal, int track, const uint8_t *packet, size_t size, uint64_t now_us);
/** A sender report's pair, already mapped to the worker's clock: RTP time `rtp` was captured at `capture_us`. */
int journal_sr(struct journal *journal, int track, uint32_t rtp, uint64_t capture_us, uint64_t now_us);
/** A room event as JSON text: joined, left, muted, consent, layer, gap with its cause. */
int journal_event(struct journal *journal, const char *json, uint64_t now_us);
/** Seals what is pending when it is older than a second (or the chunk is full); the writer thread then flushes it. */
void journal_tick(struct journal *journal, uint64_t now_us);
/** Bytes on disk, and -errno of the first write that failed, else 0. */
int journal_status(const struct journal *journal, uint64_t *bytes);
/** Seals, writes, flushes, closes; fills the chain's end. Takes NULL. May block for as long as one flush takes. */
int journal_close(struct journal *journal, uint64_t now_us, unsigned char chain[JOURNAL_HASH_SIZE], uint64_t *bytes);

#endif
