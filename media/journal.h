/**
 * The recording journal: an append-only, sealed, hash-chained log of one consultation's decrypted RTP, sender reports
 * and room events, written while the call runs and read only afterwards.
 *
 * A recording is one or more segments (a new one after a worker died). A segment is a header and chunks; a chunk is
 * sealed with XChaCha20-Poly1305 and its SHA-256 continues the chain, so that a missing or altered chunk shows. A segment cut off in mid-chunk by a crash is valid up to its last whole chunk.
 *
 * Thread: the worker's one thread calls; sealing, writing and flushing to disk happen on a thread that all journals share,
 * so that a slow disk never delays a packet. What a stalled disk leaves no room for is dropped, counted and said in the
 * journal. That thread lives under the worker's seccomp filter and needs of it: clone3 (or clone), set_robust_list,
 * rseq, futex, mmap, munmap, mprotect, madvise, rt_sigprocmask, getrandom, write, sync_file_range, fdatasync, close, exit. Owns: the
 * journal owns `fd` from journal_open on, also when that fails. It is written from where it stands to its end.
 *
 * ## The file
 * Integers are big-endian. A segment is `<number>.hcj` in the recording's directory:
 *
 *     header, 128 bytes: "HCJ1" | u16 version 1 | u16 128 | u32 segment | u32 0 | u64 clock_us | u64 epoch_us
 *                        | recording[64], zero-padded | chain[32] of the segment before (zeros for the first)
 *     chunk, repeated:   "HCJC" | u32 sealed size | u32 number from 0 | u32 flags | chain[32] | nonce[24] | sealed
 *
 * `clock_us` is the worker's monotonic clock at opening and `epoch_us` the Unix time it stood for. The chain before the
 * first chunk is SHA-256(header), after a chunk SHA-256(the whole chunk). As each chunk carries the chain before it,
 * both an altered and a missing chunk show, and what follows them can still be read. `sealed` is what
 * libsodium's crypto_aead_xchacha20poly1305_ietf makes, with the first 48 bytes of its chunk as additional data, 16 bytes
 * longer than its plain text; flag 1 stands in the last chunk of an orderly closed segment. The key is crypto_kdf's
 * subkey 1 ("hcjournl") of the recording's.
 *
 * The plain text is whole records: u8 type | u8 0 | u16 track | u32 size | u64 time_us (worker's clock) | size bytes:
 *     1 track  JSON {track, participant, kind, source, codec, clock_hz, red_pt?, fmtp?}
 *     2 rtp    the packet
 *     3 sr     u32 rtp | u64 capture_us
 *     4 event  JSON; `track` in the record is 0xffff
 *     5 lost   u32 count of records that found no room, from `time_us` on | u64 until_us
 *
 * ## Events
 * The renderer understands the following, and keeps and skips others; ids as in the track records:
 *     {"event":"joined","participant"}  {"event":"left","participant","reason"?}
 *     {"event":"muted","track"}  {"event":"unmuted","track"}         paused by its owner; instead of a track also
 *                                                                    "participant" and "what", a source
 *     {"event":"consent","participant","granted":bool}               withdrawn, and perhaps given again
 *     {"event":"side-talk","participant"}  {"event":"side-talk-end","participant"}   talks apart, and is not journaled
 *     {"event":"channel","participant","channel":"interpreter"|"floor"}   an interpreter speaks for those who chose it
 *     {"event":"closed","track","reason"?}                            unpublished
 *     {"event":"gap","track","cause"}                                 the worker knows why the next gap of the track is
 */
#ifndef MEDIA_JOURNAL_H
#define MEDIA_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    JOURNAL_KEY_SIZE = 32,
    JOURNAL_HASH_SIZE = 32,
    JOURNAL_RECORD_MAX = 16 * 1024,       /* one packet or event */
    JOURNAL_SEAL_US = 600 * 1000,         /* how long a record may wait before it goes to the disk, as ticks come */
    JOURNAL_QUEUE_MAX = 16 * 1024 * 1024, /* bytes that may wait for a stalled disk */
    JOURNAL_TRACKS_MAX = 4096,
};

struct journal;

struct journal_config {
    int fd;
    const char *recording;      /* id */
    uint32_t segment;           /* counts from 0 */
    const unsigned char *key;   /* JOURNAL_KEY_SIZE; copied, wiped at close */
    const unsigned char *chain; /* JOURNAL_HASH_SIZE: continues from; zeros for the first segment */
    uint64_t now_us;            /* worker's monotonic clock at opening … */
    uint64_t epoch_us;          /* … and the Unix time it stands for */
};

/** What a track is, written once before its first packet. Strings are copied into the journal. */
struct journal_track {
    const char *track;       /* id */
    const char *participant; /* transport or participant id as known to the worker */
    const char *kind;        /* "audio", "video" */
    const char *source;      /* "camera", "microphone", … */
    const char *codec;       /* "opus", "VP8", "H264", … */
    uint32_t clock_hz;
    uint8_t red_pt;   /* packets of this payload type hold RFC 2198 redundancy around the codec; 0: none do */
    const char *fmtp; /* as negotiated, may be NULL */
};

/** Errors: -ENOMEM, -EINVAL, or what pthread_create says. */
int journal_open(const struct journal_config *config, struct journal **journal);
/** The result is the track's number in this segment, or a negative errno. */
int journal_track(struct journal *journal, const struct journal_track *track, uint64_t now_us);
/*
 * The four below answer the disk's error once it has failed, -ENOBUFS when a stalled disk has filled the queue (the
 * record is dropped and counted), -EINVAL for an unknown track, -EMSGSIZE beyond JOURNAL_RECORD_MAX.
 */

/** One decrypted RTP packet of the chosen layer, as received (RTX already undone). */
int journal_rtp(struct journal *journal, int track, const uint8_t *packet, size_t size, uint64_t now_us);
/**
 * A sender report's pair, already mapped to the worker's clock: RTP time `rtp` was captured at `capture_us`. It is for
 * the SSRC that the track's packets have at present. One mapping for all tracks of a sender keeps its sound and picture
 * together.
 */
int journal_sr(struct journal *journal, int track, uint32_t rtp, uint64_t capture_us, uint64_t now_us);
/** A room event as JSON text: joined, left, muted, consent, layer, gap with its cause. */
int journal_event(struct journal *journal, const char *json, uint64_t now_us);
/**
 * Hands over what is pending when it is older than JOURNAL_SEAL_US; the writer thread then seals, writes and flushes
 * it. To be called every 100 to 500 ms: what a crash can cost is JOURNAL_SEAL_US, one such interval and one flush
 * together.
 */
void journal_tick(struct journal *journal, uint64_t now_us);
/** Bytes flushed to disk, and -errno of the first write that failed, else 0. */
int journal_status(const struct journal *journal, uint64_t *bytes);
/** Nothing more is to be written: what is pending goes to the disk, and the file is closed. Never blocks. */
void journal_end(struct journal *journal, uint64_t now_us);
/** All of it is on the disk, or never will be: journal_close does not block. */
bool journal_has_ended(const struct journal *journal);
/** Ends it if that was not done, waits until it has ended, fills the chain's end, frees. Takes NULL. */
int journal_close(struct journal *journal, uint64_t now_us, unsigned char chain[JOURNAL_HASH_SIZE], uint64_t *bytes);

#endif
