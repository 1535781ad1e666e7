#include "media/journal.h"

#include <endian.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "media/journal_chunk.h"
#include "media/journal_disk.h"

enum {
    TRACK_NONE = 0xffff,
    FLUSH_GRID_US = 100 *
                    1000, /* recordings are flushed at the same moments, so that the disk finds several at a time */
    RESERVE_BYTES = 1024 * 1024, /* of room beyond the queue's bound, for what must not be dropped: tracks and events */
};

enum record { RECORD_TRACK = 1, RECORD_RTP, RECORD_SR, RECORD_EVENT, RECORD_LOST };

struct journal {
    struct journal_disk *disk;
    struct journal_block *open; /* being filled; NULL when nothing is pending */
    bool ended;
    bool unflushed;      /* some block went to the disk since a flush was last asked for … */
    uint64_t flushed_us; /* … which was then, or up to FLUSH_GRID_US later */
    int tracks;
    uint32_t lost; /* records dropped since the last that found room */
    uint64_t lost_from_us;
    uint64_t lost_until_us;
};

struct record_head {
    uint8_t type;
    uint8_t zero;
    uint16_t track;
    uint32_t size;
    uint64_t time_us;
} __attribute__((packed));
_Static_assert(sizeof(struct record_head) == 16, "as in journal.h");
_Static_assert(sizeof(struct record_head) + JOURNAL_RECORD_MAX <= JOURNAL_PLAIN_MAX, "a record fits into a chunk");

int journal_open(const struct journal_config *config, struct journal **journal)
{
    struct journal *j = calloc(1, sizeof *j);
    if (!j) {
        close(config->fd);
        return -ENOMEM;
    }
    struct journal_disk_config disk = {.fd = config->fd, .key = config->key};
    disk.header.segment = config->segment;
    disk.header.clock_us = config->now_us;
    disk.header.epoch_us = config->epoch_us;
    memcpy(disk.header.recording, config->recording, strnlen(config->recording, JOURNAL_RECORDING_SIZE));
    memcpy(disk.header.chain, config->chain, JOURNAL_CHAIN_SIZE);
    int result = journal_disk_start(&disk, &j->disk);
    if (result < 0) {
        free(j);
        return result;
    }
    j->flushed_us = config->now_us;
    *journal = j;
    return 0;
}

static void hand_over(struct journal *journal, uint64_t now_us)
{
    struct journal_block *block = journal->open;
    block->flush = now_us - journal->flushed_us >= JOURNAL_SEAL_US;
    if (block->flush)
        journal->flushed_us = now_us - now_us % FLUSH_GRID_US;
    journal->unflushed = !block->flush;
    journal->open = NULL;
    journal_disk_give(journal->disk, block);
}

/* Room for `size` bytes in the open block; NULL when the queue is full or there is no memory. */
static uint8_t *make_room(struct journal *journal, size_t size, size_t queue_max, uint64_t now_us)
{
    if (journal->open && journal->open->used + size > JOURNAL_PLAIN_MAX)
        hand_over(journal, now_us);
    if (!journal->open) {
        if (journal_disk_waiting(journal->disk) + JOURNAL_PLAIN_MAX > queue_max)
            return NULL;
        journal->open = journal_disk_take();
        if (!journal->open)
            return NULL;
    }
    uint8_t *at = journal->open->chunk + JOURNAL_FRAME_SIZE + journal->open->used;
    journal->open->used += size;
    return at;
}

static void put_record(uint8_t *at, const struct record_head *head, const void *data)
{
    struct record_head wire = *head;
    wire.track = htobe16(head->track);
    wire.size = htobe32(head->size);
    wire.time_us = htobe64(head->time_us);
    memcpy(at, &wire, sizeof wire);
    memcpy(at + sizeof wire, data, head->size);
}

static void count_lost(struct journal *journal, uint64_t now_us)
{
    if (journal->lost++ == 0)
        journal->lost_from_us = now_us;
    journal->lost_until_us = now_us;
}

/* Says first what found no room before, so that the reader learns it in its place. */
static bool write_lost(struct journal *journal, size_t queue_max, uint64_t now_us)
{
    struct {
        uint32_t count;
        uint64_t until_us;
    } __attribute__((packed)) body = {htobe32(journal->lost), htobe64(journal->lost_until_us)};
    struct record_head head = {RECORD_LOST, 0, TRACK_NONE, sizeof body, journal->lost_from_us};
    uint8_t *at = make_room(journal, sizeof head + sizeof body, queue_max, now_us);
    if (at) {
        put_record(at, &head, &body);
        journal->lost = 0;
    }
    return at != NULL;
}

static int append(struct journal *journal, enum record type, int track, const void *data, size_t size, uint64_t now_us)
{
    int failed = journal_disk_status(journal->disk, NULL);
    if (failed < 0)
        return failed;
    if (size > JOURNAL_RECORD_MAX)
        return -EMSGSIZE;
    bool must = type == RECORD_TRACK || type == RECORD_EVENT;
    size_t queue_max = JOURNAL_QUEUE_MAX + (must ? RESERVE_BYTES : 0);
    struct record_head head = {(uint8_t)type, 0, (uint16_t)track, (uint32_t)size, now_us};
    bool room = journal->lost == 0 || write_lost(journal, queue_max, now_us);
    uint8_t *at = room ? make_room(journal, sizeof head + size, queue_max, now_us) : NULL;
    if (!at) {
        count_lost(journal, now_us);
        return -ENOBUFS;
    }
    put_record(at, &head, data);
    return 0;
}

int journal_track(struct journal *journal, const struct journal_track *track, uint64_t now_us)
{
    if (journal->tracks >= JOURNAL_TRACKS_MAX)
        return -ENOSPC;
    json_t *body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "track", track->track, "participant", track->participant,
                             "kind", track->kind, "source", track->source, "codec", track->codec, "clock_hz",
                             (json_int_t)track->clock_hz);
    if (!body)
        return -EINVAL;
    if (track->red_pt)
        json_object_set_new(body, "red_pt", json_integer(track->red_pt));
    if (track->fmtp)
        json_object_set_new(body, "fmtp", json_string(track->fmtp));
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text)
        return -ENOMEM;
    int result = append(journal, RECORD_TRACK, journal->tracks, text, strlen(text), now_us);
    free(text);
    return result < 0 ? result : journal->tracks++;
}

int journal_rtp(struct journal *journal, int track, const uint8_t *packet, size_t size, uint64_t now_us)
{
    if (track < 0 || track >= journal->tracks)
        return -EINVAL;
    return append(journal, RECORD_RTP, track, packet, size, now_us);
}

int journal_sr(struct journal *journal, int track, uint32_t rtp, uint64_t capture_us, uint64_t now_us)
{
    if (track < 0 || track >= journal->tracks)
        return -EINVAL;
    struct {
        uint32_t rtp;
        uint64_t capture_us;
    } __attribute__((packed)) body = {htobe32(rtp), htobe64(capture_us)};
    return append(journal, RECORD_SR, track, &body, sizeof body, now_us);
}

int journal_event(struct journal *journal, const char *json, uint64_t now_us)
{
    return append(journal, RECORD_EVENT, TRACK_NONE, json, strlen(json), now_us);
}

void journal_tick(struct journal *journal, uint64_t now_us)
{
    if (now_us - journal->flushed_us < JOURNAL_SEAL_US)
        return;
    if (journal->open || (journal->unflushed && make_room(journal, 0, SIZE_MAX, now_us)))
        hand_over(journal, now_us);
}

int journal_status(const struct journal *journal, uint64_t *bytes)
{
    return journal_disk_status(journal->disk, bytes);
}

void journal_end(struct journal *journal, uint64_t now_us)
{
    size_t unbounded = SIZE_MAX;
    if (journal->ended)
        return;
    journal->ended = true;
    if (journal->lost)
        write_lost(journal, unbounded, now_us);
    if (make_room(journal, 0, unbounded, now_us)) {
        journal->open->final = true;
        hand_over(journal, now_us);
    }
    journal_disk_end(journal->disk);
}

bool journal_has_ended(const struct journal *journal)
{
    return journal->ended && journal_disk_has_ended(journal->disk);
}

int journal_close(struct journal *journal, uint64_t now_us, unsigned char chain[JOURNAL_HASH_SIZE], uint64_t *bytes)
{
    if (!journal)
        return 0;
    journal_end(journal, now_us);
    int result = journal_disk_stop(journal->disk, chain, bytes);
    free(journal);
    return result;
}
