/**
 * Reads a recording's journal back, segment after segment, record after record, and says what is missing or altered.
 *
 * Whatever the files hold, reading goes on: a damaged chunk costs its own records, a damaged header its own segment.
 * Every such loss comes as a JOURNAL_FAULT record in its place. Memory is one chunk, however long the recording.
 *
 * Owns: what `data` points to is the reader's, good until the next call. Errors: 0 or a negative errno.
 */
#ifndef MEDIA_JOURNAL_READER_H
#define MEDIA_JOURNAL_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "media/journal_chunk.h"

struct journal_reader;

enum journal_kind {
    JOURNAL_SEGMENT,     /* a segment begins: `header` */
    JOURNAL_TRACK,       /* `track`, `data` is JSON as in journal.h */
    JOURNAL_RTP,         /* `track`, `data` is the packet */
    JOURNAL_SR,          /* `track`, `rtp`, `until_us` is the capture time */
    JOURNAL_EVENT,       /* `data` is JSON */
    JOURNAL_LOST,        /* `count` records found no room between `time_us` and `until_us` */
    JOURNAL_FAULT,       /* `fault`, `count` */
    JOURNAL_SEGMENT_END, /* `closed`, `chain`, `count` chunks were read */
};

enum journal_fault {
    JOURNAL_FAULT_HEADER,   /* the segment cannot be read at all */
    JOURNAL_FAULT_SEGMENT,  /* `count` whole segments are missing before this one */
    JOURNAL_FAULT_CHAIN,    /* the segment or chunk does not continue the one before */
    JOURNAL_FAULT_ALTERED,  /* a chunk's seal is broken; `count` bytes were passed over */
    JOURNAL_FAULT_MISSING,  /* `count` chunks are missing */
    JOURNAL_FAULT_ORDER,    /* a chunk is out of order or there twice; it was passed over */
    JOURNAL_FAULT_CUT,      /* the file ends inside a chunk; its `count` bytes were passed over */
    JOURNAL_FAULT_UNCLOSED, /* the segment has no last chunk: its writer died */
    JOURNAL_FAULT_RECORD,   /* a chunk holds what is no record */
    JOURNAL_FAULT_TRAILING, /* `count` bytes stand behind the last chunk */
    JOURNAL_FAULT_READ,     /* the disk would not give the rest of the segment; `count` is the errno */
};

struct journal_record {
    enum journal_kind kind;
    uint32_t segment;
    int track;        /* number within the segment, -1 for none */
    uint64_t time_us; /* Unix time; of a fault, that of the last record before it (0 when there was none) */
    const uint8_t *data;
    size_t size;
    uint32_t rtp;
    uint64_t until_us;
    uint64_t count;
    enum journal_fault fault;
    bool closed;
    const struct journal_header *header;
    unsigned char chain[JOURNAL_CHAIN_SIZE];
};

/** Opens all `<number>.hcj` in a directory. Errors: -ENOENT when there is no such directory or none in it. */
int journal_reader_open(const char *directory, const unsigned char *key, struct journal_reader **reader);
/** Opens one segment; the reader owns `fd`. */
int journal_reader_open_fd(int fd, const unsigned char *key, struct journal_reader **reader);
void journal_reader_close(struct journal_reader *reader);

/** Fills `record` and answers 1, or 0 at the end. */
int journal_reader_next(struct journal_reader *reader, struct journal_record *record);

/** How far reading has come, in bytes of all segments. */
void journal_reader_progress(const struct journal_reader *reader, uint64_t *done, uint64_t *total);

/** A word for logs and manifests: "altered", "cut", … */
const char *journal_fault_name(enum journal_fault fault);

#endif
