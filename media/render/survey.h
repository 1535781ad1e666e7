/**
 * The first reading of a journal: which tracks there are, who sent them, when everything was captured, what happened
 * and what is missing. Later readings (feed.h) go by it.
 *
 * Owns: all of it, until survey_destroy. Memory grows with the number of tracks, reports and events, not with the
 * media.
 */
#ifndef MEDIA_RENDER_SURVEY_H
#define MEDIA_RENDER_SURVEY_H

#include <glib.h>

#include "media/journal_reader.h"
#include "media/render/capture.h"
#include "media/render/depay.h"

enum { SURVEY_TRACKS_MAX = 512, SURVEY_STREAMS_MAX = 4096, SURVEY_EVENTS_MAX = 100000 };

/** A published source. The same track in several segments is one. */
struct survey_track {
    unsigned index;
    char *id, *participant, *kind, *source, *codec_name;
    enum depay_codec codec;
    uint32_t clock_hz;
    uint8_t red_pt;
    bool video;
    uint64_t packets;
    bool heard;                /* the two below hold */
    int64_t first_us, last_us; /* capture, Unix time */
    int width, height;         /* the largest there was */
    GByteArray *parameters;    /* H.264: the first avcC record */
    GArray *spans;             /* struct survey_span: when packets came, silences under ten seconds ignored */
};

/** Unix time. */
struct survey_span {
    int64_t from_us, to_us;
};

/** The packets of one SSRC of a track within one segment: one sequence, one clock. */
struct survey_stream {
    struct survey_track *track;
    struct capture *capture;
};

enum survey_cause {
    SURVEY_CONSENT,
    SURVEY_SIDE_TALK,
    SURVEY_LEFT,
    SURVEY_MUTE,
    SURVEY_TOLD,    /* by the worker, in `told` */
    SURVEY_JOURNAL, /* chunks missing or altered */
    SURVEY_DISK,    /* the disk stalled */
};

/** A time in which some cause held. Unix time; `to_us` INT64_MAX when it never ended. */
struct survey_interval {
    enum survey_cause cause;
    char *participant, *track; /* whom it concerns; both NULL: everyone */
    char *source;              /* of that participant, NULL: all */
    char *told;
    int64_t from_us, to_us;
};

struct survey_presence {
    char *participant;
    int64_t from_us, to_us;
};

enum survey_happened { SURVEY_CAME, SURVEY_WENT, SURVEY_AGREED, SURVEY_WITHDREW };

/** Unix time. Each segment tells anew who is there and has agreed. */
struct survey_moment {
    enum survey_happened kind;
    char *participant;
    int64_t at_us;
};

/** What somebody said to being recorded. Unix time. */
struct survey_word {
    int64_t at_us;
    bool granted;
};

struct survey_fault {
    enum journal_fault fault;
    uint64_t count;
    int64_t at_us;
};

struct survey_segment {
    uint32_t number;
    bool readable, closed;
    uint64_t chunks;
    int64_t first_us, last_us; /* records */
    unsigned char chain[JOURNAL_CHAIN_SIZE];
    GArray *faults; /* struct survey_fault */
};

struct survey {
    char recording[JOURNAL_RECORDING_SIZE + 1];
    GPtrArray *tracks;        /* struct survey_track */
    GArray *intervals;        /* struct survey_interval */
    GArray *presences;        /* struct survey_presence, as told by events */
    GArray *channels;         /* struct survey_presence: who spoke on the interpreter's channel, and when */
    GArray *moments;          /* struct survey_moment */
    GHashTable *words;        /* participant → GArray of struct survey_word, in the order of time */
    GArray *segments;         /* struct survey_segment */
    GHashTable *streams;      /* key_of() in survey.c → struct survey_stream */
    GHashTable *numbers;      /* segment << 16 | track number → struct survey_track */
    uint64_t opened, altered; /* chunks */
    int64_t start_us, end_us; /* first and last capture */
};

typedef void (*survey_progress_fn)(void *arg, uint64_t done, uint64_t total);

/** Errors: as journal_reader_open. A journal without media is no error: `start_us` is 0 then. */
int survey_create(const char *directory, const unsigned char *key, survey_progress_fn progress, void *arg,
                  struct survey **survey);
void survey_destroy(struct survey *survey);

struct survey_track *survey_track_of(const struct survey *survey, uint32_t segment, int number);
struct survey_stream *survey_stream_of(const struct survey *survey, uint32_t segment, int number, uint32_t ssrc);

/** Was this said on the interpreter's channel, and not to all? Capture, Unix time. */
bool survey_is_apart(const struct survey *survey, const struct survey_track *track, int64_t at_us);

/**
 * Does their consent to be recorded stand then? Otherwise the film has neither their picture nor their name. Who has not been asked
 * yet is taken by the answer that follows; whose answer is not in the journal, by whether anything of theirs is.
 */
bool survey_agrees(const struct survey *survey, const char *participant, int64_t at_us);

/** A value that differs when the journal does: the hash of all segments' chain ends. 32 bytes. */
void survey_fingerprint(const struct survey *survey, unsigned char *fingerprint);

#endif
