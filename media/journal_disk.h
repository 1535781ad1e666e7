/**
 * The journals' way to the disk: one thread for all recordings of the process takes blocks of plain records, seals them into
 * chunks, writes and flushes them. The one place where threads meet; what crosses is a block, owned by whoever holds it, and
 * three counters of each recording.
 *
 * The thread runs while there is a recording. It is woken for what is to be flushed and when much waits, not for each block:
 * so it finds several at a time, and the disk several files. A recording whose disk stalls holds up the others', which stand
 * on the same disk.
 *
 * Thread: start, take, give, stop and the questions on the worker's; everything after `give` on the disk's own.
 * Owns: `fd` from journal_disk_start on, also when that fails.
 */
#ifndef MEDIA_JOURNAL_DISK_H
#define MEDIA_JOURNAL_DISK_H

#include <stdbool.h>

#include "media/journal_chunk.h"

struct journal_disk;

struct journal_block {
    struct journal_block *next; /* the queue's */
    struct journal_disk *disk;  /* that it was given to */
    size_t used;
    bool flush;                       /* to the platter, with everything before it */
    bool final;                       /* the last of the segment */
    uint8_t chunk[JOURNAL_CHUNK_MAX]; /* the records stand behind the frame, and are sealed where they stand */
};

struct journal_disk_config {
    int fd;
    const unsigned char *key; /* of the recording; copied and wiped */
    struct journal_header header;
};

int journal_disk_start(const struct journal_disk_config *config, struct journal_disk **disk);

/** An empty block to fill, NULL without memory. */
struct journal_block *journal_disk_take(void);
/** Hands a filled block over, never blocks. */
void journal_disk_give(struct journal_disk *disk, struct journal_block *block);

/** Bytes given and not yet written. */
size_t journal_disk_waiting(const struct journal_disk *disk);
/** Bytes flushed, and -errno of the first write that failed, else 0. */
int journal_disk_status(const struct journal_disk *disk, uint64_t *bytes);

/** Nothing more will be given: what was is written and flushed, and `fd` closed. Never blocks. */
void journal_disk_end(struct journal_disk *disk);
/** That has been done, or has failed. */
bool journal_disk_has_ended(const struct journal_disk *disk);
/** Waits until it has ended, frees; `chain` gets the segment's end. The result is as of the status. */
int journal_disk_stop(struct journal_disk *disk, unsigned char *chain, uint64_t *bytes);

#endif
