/**
 * A segment's file: header, chunks and flushes. journal_disk.h says which thread calls; nothing here waits for another.
 */
#ifndef MEDIA_JOURNAL_FILE_H
#define MEDIA_JOURNAL_FILE_H

#include <stdatomic.h>

#include "media/journal_chunk.h"

struct journal_file {
    int fd;
    uint64_t written;
    struct journal_sealer sealer;
    struct journal_header header;
    /* any thread may look */
    _Atomic uint64_t flushed; /* bytes */
    _Atomic int failed;       /* -errno of what went wrong first; nothing is written after it */
};

/** Writes the header. */
void journal_file_begin(struct journal_file *file);
/** Seals `chunk` where it stands (its `size` plain bytes behind the frame) and writes it; wipes what could not be sealed. */
void journal_file_write(struct journal_file *file, uint8_t *chunk, size_t size, bool final);
/** Lets the disk begin with what is to be flushed, so that several files are written at once and not one after the other. */
void journal_file_start_flush(struct journal_file *file);
/** All that was written stands on the platter afterwards. */
void journal_file_flush(struct journal_file *file);
void journal_file_close(struct journal_file *file);

#endif
