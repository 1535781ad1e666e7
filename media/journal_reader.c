#include "media/journal_reader.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/wire.h"

enum { RECORD_HEAD = 16, FAULTS_MAX = 8, SCAN_SIZE = JOURNAL_CHUNK_MAX };
enum { RECORD_TRACK = 1, RECORD_RTP, RECORD_SR, RECORD_EVENT, RECORD_LOST };

enum stage { BETWEEN, BEGINNING, READING, ENDING };

struct fault {
    enum journal_fault fault;
    uint64_t count;
};

struct journal_reader {
    unsigned char key[32];
    int directory; /* -1 when one segment's descriptor was given */
    uint32_t *numbers;
    size_t segments, next;
    uint64_t total, before; /* bytes of all segments, of those already read */
    struct fault faults[FAULTS_MAX];
    size_t fault_first, fault_count;
    enum stage stage;
    /* the segment being read */
    int fd;
    uint32_t segment;
    uint32_t wanted; /* the number that the next segment ought to have */
    struct journal_header header;
    unsigned char chain[JOURNAL_CHAIN_SIZE];
    bool chain_known; /* of the segment before, too */
    uint64_t offset, size;
    uint64_t expected; /* number of the next chunk */
    uint64_t opened;
    bool closed;
    uint64_t last_us;
    size_t used, plain_size;
    uint8_t chunk[JOURNAL_CHUNK_MAX];
    uint8_t plain[JOURNAL_PLAIN_MAX];
};

/* ---- faults wait here until they are asked for ---- */

static void add_fault(struct journal_reader *reader, enum journal_fault fault, uint64_t count)
{
    if (reader->fault_count < FAULTS_MAX)
        reader->faults[(reader->fault_first + reader->fault_count++) % FAULTS_MAX] = (struct fault){fault, count};
}

static bool take_fault(struct journal_reader *reader, struct journal_record *record)
{
    if (reader->fault_count == 0)
        return false;
    struct fault fault = reader->faults[reader->fault_first];
    reader->fault_first = (reader->fault_first + 1) % FAULTS_MAX;
    reader->fault_count--;
    record->kind = JOURNAL_FAULT;
    record->fault = fault.fault;
    record->count = fault.count;
    record->time_us = reader->last_us;
    return true;
}

const char *journal_fault_name(enum journal_fault fault)
{
    static const char *const names[] = {
        [JOURNAL_FAULT_HEADER] = "header",   [JOURNAL_FAULT_SEGMENT] = "segment-missing",
        [JOURNAL_FAULT_CHAIN] = "chain",     [JOURNAL_FAULT_ALTERED] = "altered",
        [JOURNAL_FAULT_MISSING] = "missing", [JOURNAL_FAULT_ORDER] = "order",
        [JOURNAL_FAULT_CUT] = "cut",         [JOURNAL_FAULT_UNCLOSED] = "unclosed",
        [JOURNAL_FAULT_RECORD] = "record",   [JOURNAL_FAULT_TRAILING] = "trailing",
        [JOURNAL_FAULT_READ] = "read",
    };
    return names[fault];
}

/* ---- the file ---- */

/* The offset of the next thing that begins like a chunk, or the segment's size. */
static uint64_t find_chunk(struct journal_reader *reader, uint64_t from)
{
    while (from + 4 <= reader->size) {
        ssize_t got = journal_read_at(reader->fd, reader->chunk, SCAN_SIZE, from);
        if (got < 4)
            break;
        uint8_t *hit = memmem(reader->chunk, (size_t)got, "HCJC", 4);
        if (hit)
            return from + (uint64_t)(hit - reader->chunk);
        from += (uint64_t)got - 3;
    }
    return reader->size;
}

static void skip_damage(struct journal_reader *reader, uint64_t likely)
{
    uint64_t from = reader->offset;
    uint8_t magic[4];
    bool at_likely = likely == reader->size ||
                     (likely > from && likely < reader->size && journal_read_at(reader->fd, magic, 4, likely) == 4 &&
                      memcmp(magic, "HCJC", 4) == 0);
    reader->offset = at_likely ? likely : find_chunk(reader, from + 1);
    bool rest = reader->offset >= reader->size;
    add_fault(reader, rest && !at_likely ? JOURNAL_FAULT_CUT : JOURNAL_FAULT_ALTERED, reader->offset - from);
    reader->chain_known = false;
}

/* Reads the chunk at the offset into memory. False when it is not whole; what to do about it has then been done. */
static bool load_chunk(struct journal_reader *reader, struct journal_frame *frame, size_t *size)
{
    ssize_t got = journal_read_at(reader->fd, reader->chunk, JOURNAL_FRAME_SIZE, reader->offset);
    if (got == JOURNAL_FRAME_SIZE && journal_frame_read(reader->chunk, frame) == 0) {
        *size = JOURNAL_FRAME_SIZE + frame->sealed_size;
        got = journal_read_at(reader->fd, reader->chunk + JOURNAL_FRAME_SIZE, frame->sealed_size,
                              reader->offset + JOURNAL_FRAME_SIZE);
        if (got == (ssize_t)frame->sealed_size)
            return true;
    }
    if (got < 0) {
        add_fault(reader, JOURNAL_FAULT_READ, (uint64_t)-got);
        reader->offset = reader->size;
    } else {
        skip_damage(reader, 0);
    }
    return false;
}

/* What the chunk's place says: true when its records follow those before it. */
static bool check_place(struct journal_reader *reader, const struct journal_frame *frame)
{
    if (frame->number < reader->expected) {
        add_fault(reader, JOURNAL_FAULT_ORDER, frame->number);
        return false;
    }
    if (frame->number > reader->expected)
        add_fault(reader, JOURNAL_FAULT_MISSING, frame->number - reader->expected);
    else if (reader->chain_known && memcmp(frame->chain, reader->chain, JOURNAL_CHAIN_SIZE) != 0)
        add_fault(reader, JOURNAL_FAULT_CHAIN, frame->number);
    reader->expected = (uint64_t)frame->number + 1;
    return true;
}

static void read_chunk(struct journal_reader *reader)
{
    struct journal_frame frame;
    size_t size;
    bool final;
    reader->used = reader->plain_size = 0;
    if (!load_chunk(reader, &frame, &size))
        return;
    size_t plain_size;
    if (journal_chunk_open(reader->key, reader->chunk, size, reader->plain, &plain_size, &final) < 0) {
        if (frame.number == reader->expected)
            reader->expected++;
        skip_damage(reader, reader->offset + size);
        return;
    }
    reader->offset += size;
    reader->opened++;
    if (check_place(reader, &frame)) {
        reader->plain_size = plain_size;
        reader->closed = final;
        journal_chunk_chain(reader->chunk, size, reader->chain);
        reader->chain_known = true;
    }
}

/* ---- segments ---- */

static bool open_segment(struct journal_reader *reader)
{
    if (reader->directory >= 0) {
        char name[32];
        snprintf(name, sizeof name, "%u.hcj", reader->segment);
        reader->fd = openat(reader->directory, name, O_RDONLY | O_CLOEXEC);
    }
    struct stat status;
    if (reader->fd < 0 || fstat(reader->fd, &status) < 0)
        return false;
    reader->size = (uint64_t)status.st_size;
    uint8_t header[JOURNAL_HEADER_SIZE];
    return journal_read_at(reader->fd, header, sizeof header, 0) == JOURNAL_HEADER_SIZE &&
           journal_header_read(header, &reader->header, reader->chain) == 0;
}

static void begin_segment(struct journal_reader *reader)
{
    unsigned char before[JOURNAL_CHAIN_SIZE];
    memcpy(before, reader->chain, sizeof before);
    reader->segment = reader->numbers[reader->next++];
    reader->size = 0;
    bool whole = open_segment(reader);
    reader->stage = whole ? BEGINNING : ENDING;
    reader->offset = JOURNAL_HEADER_SIZE;
    reader->closed = false;
    reader->opened = reader->expected = 0;
    reader->used = reader->plain_size = 0;
    if (reader->segment != reader->wanted)
        add_fault(reader, JOURNAL_FAULT_SEGMENT, reader->segment - reader->wanted);
    else if (whole && reader->chain_known && memcmp(before, reader->header.chain, sizeof before) != 0)
        add_fault(reader, JOURNAL_FAULT_CHAIN, 0);
    if (!whole)
        add_fault(reader, JOURNAL_FAULT_HEADER, 0);
    reader->chain_known = whole;
    reader->wanted = reader->segment + 1;
}

static void end_segment(struct journal_reader *reader)
{
    if (!reader->closed)
        add_fault(reader, JOURNAL_FAULT_UNCLOSED, 0);
    else if (reader->offset < reader->size)
        add_fault(reader, JOURNAL_FAULT_TRAILING, reader->size - reader->offset);
    reader->stage = ENDING;
}

static void finish_segment(struct journal_reader *reader, struct journal_record *record)
{
    record->kind = JOURNAL_SEGMENT_END;
    record->closed = reader->closed;
    record->count = reader->opened;
    record->time_us = reader->last_us;
    memcpy(record->chain, reader->chain, JOURNAL_CHAIN_SIZE);
    if (reader->fd >= 0)
        close(reader->fd);
    reader->fd = -1;
    reader->before += reader->size;
    reader->size = reader->offset = 0;
    reader->stage = BETWEEN;
}

/* ---- records ---- */

static uint64_t unix_time(const struct journal_reader *reader, uint64_t clock_us)
{
    return clock_us - reader->header.clock_us + reader->header.epoch_us;
}

/* Fills in what depends on the type; false when it is none that fits. */
static bool read_body(struct journal_reader *reader, uint8_t type, struct journal_record *record)
{
    static const enum journal_kind kinds[] = {[RECORD_TRACK] = JOURNAL_TRACK,
                                              [RECORD_RTP] = JOURNAL_RTP,
                                              [RECORD_SR] = JOURNAL_SR,
                                              [RECORD_EVENT] = JOURNAL_EVENT,
                                              [RECORD_LOST] = JOURNAL_LOST};
    if (type < RECORD_TRACK || type > RECORD_LOST)
        return false;
    record->kind = kinds[type];
    if (type != RECORD_SR && type != RECORD_LOST)
        return true;
    if (record->size != 12)
        return false;
    record->rtp = wire_get32(record->data);
    record->count = record->rtp;
    record->until_us = unix_time(reader, wire_get64(record->data + 4));
    return true;
}

static bool read_record(struct journal_reader *reader, struct journal_record *record)
{
    const uint8_t *at = reader->plain + reader->used;
    size_t left = reader->plain_size - reader->used;
    size_t size = left >= RECORD_HEAD ? wire_get32(at + 4) : 0;
    if (left < RECORD_HEAD || size > left - RECORD_HEAD)
        return false;
    uint16_t track = (uint16_t)(at[2] << 8 | at[3]);
    record->track = track == 0xffff ? -1 : track;
    record->time_us = unix_time(reader, wire_get64(at + 8));
    record->data = at + RECORD_HEAD;
    record->size = size;
    reader->used += RECORD_HEAD + size;
    if (!read_body(reader, at[0], record))
        return false;
    reader->last_us = record->time_us;
    return true;
}

/* One step of reading a segment; true when `record` came of it. */
static bool read_on(struct journal_reader *reader, struct journal_record *record)
{
    if (reader->used < reader->plain_size) {
        if (read_record(reader, record))
            return true;
        add_fault(reader, JOURNAL_FAULT_RECORD, reader->plain_size - reader->used);
        reader->used = reader->plain_size;
    } else if (reader->closed || reader->offset >= reader->size) {
        end_segment(reader);
    } else {
        read_chunk(reader);
    }
    return false;
}

int journal_reader_next(struct journal_reader *reader, struct journal_record *record)
{
    for (;;) {
        memset(record, 0, sizeof *record);
        record->segment = reader->segment;
        record->track = -1;
        if (take_fault(reader, record))
            return 1;
        switch (reader->stage) {
        case BETWEEN:
            if (reader->next == reader->segments)
                return 0;
            begin_segment(reader);
            break;
        case BEGINNING:
            reader->stage = READING;
            record->kind = JOURNAL_SEGMENT;
            record->header = &reader->header;
            record->time_us = reader->header.epoch_us;
            return 1;
        case READING:
            if (read_on(reader, record))
                return 1;
            break;
        case ENDING:
            finish_segment(reader, record);
            return 1;
        }
    }
}

void journal_reader_progress(const struct journal_reader *reader, uint64_t *done, uint64_t *total)
{
    *done = reader->before + reader->offset;
    *total = reader->total;
}

/* ---- opening ---- */

static struct journal_reader *create(const unsigned char *key)
{
    struct journal_reader *reader = sodium_init() < 0 ? NULL : calloc(1, sizeof *reader);
    if (!reader)
        return NULL;
    journal_chunk_key(key, reader->key);
    reader->fd = reader->directory = -1;
    return reader;
}

/* The number of a segment's file name, or -1. */
static int64_t number_of(const char *name)
{
    char *end;
    size_t digits = strspn(name, "0123456789");
    if (digits == 0 || digits > 9 || (name[0] == '0' && digits > 1))
        return -1;
    int64_t number = strtol(name, &end, 10);
    return strcmp(end, ".hcj") == 0 ? number : -1;
}

static int add_segment(struct journal_reader *reader, uint32_t number)
{
    uint32_t *grown = realloc(reader->numbers, (reader->segments + 1) * sizeof *grown);
    if (!grown)
        return -ENOMEM;
    reader->numbers = grown;
    grown[reader->segments++] = number;
    return 0;
}

static int by_number(const void *a, const void *b)
{
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return left < right ? -1 : left > right;
}

static int list_segments(struct journal_reader *reader, const char *directory)
{
    DIR *listing = opendir(directory);
    if (!listing)
        return -errno;
    int result = 0;
    for (struct dirent *entry; result == 0 && (entry = readdir(listing));) {
        int64_t number = number_of(entry->d_name);
        struct stat status;
        if (number < 0 || fstatat(dirfd(listing), entry->d_name, &status, 0) < 0)
            continue;
        reader->total += (uint64_t)status.st_size;
        result = add_segment(reader, (uint32_t)number);
    }
    closedir(listing);
    if (result == 0 && reader->segments == 0)
        result = -ENOENT;
    if (result == 0)
        qsort(reader->numbers, reader->segments, sizeof *reader->numbers, by_number);
    return result;
}

int journal_reader_open(const char *directory, const unsigned char *key, struct journal_reader **reader)
{
    struct journal_reader *r = create(key);
    if (!r)
        return -ENOMEM;
    int result = list_segments(r, directory);
    if (result == 0) {
        r->directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        result = r->directory < 0 ? -errno : 0;
    }
    if (result < 0) {
        journal_reader_close(r);
        return result;
    }
    *reader = r;
    return 0;
}

int journal_reader_open_fd(int fd, const unsigned char *key, struct journal_reader **reader)
{
    struct journal_reader *r = create(key);
    struct stat status;
    if (!r || add_segment(r, 0) < 0) {
        close(fd);
        journal_reader_close(r);
        return -ENOMEM;
    }
    r->fd = fd;
    r->total = fstat(fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    *reader = r;
    return 0;
}

void journal_reader_close(struct journal_reader *reader)
{
    if (!reader)
        return;
    if (reader->fd >= 0)
        close(reader->fd);
    if (reader->directory >= 0)
        close(reader->directory);
    free(reader->numbers);
    sodium_memzero(reader, sizeof *reader);
    free(reader);
}
