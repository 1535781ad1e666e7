/* The journal: what is written comes back; what is altered, lost or cut shows; no disk stops the worker. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "media/journal.h"
#include "media/journal_chunk.h"
#include "media/journal_reader.h"

static const unsigned char KEY[JOURNAL_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const unsigned char ZEROS[JOURNAL_HASH_SIZE];
static const struct journal_track CAMERA = {"t1", "p1", "video", "camera", "VP8", 90000, 0, NULL};

enum { CLOCK = 1000000, EPOCH = 1800000000 };
#define EPOCH_US ((uint64_t)EPOCH * 1000000)

struct place {
    char directory[64];
};

static void make_place(struct place *place)
{
    strcpy(place->directory, "/tmp/hoichan-journal-XXXXXX");
    assert_non_null(mkdtemp(place->directory));
}

static void clear_place(struct place *place)
{
    for (int i = 0; i < 8; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%d.hcj", place->directory, i);
        unlink(path);
    }
    assert_int_equal(rmdir(place->directory), 0);
}

static int segment_fd(const struct place *place, int number, int flags)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%d.hcj", place->directory, number);
    int fd = open(path, flags | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    return fd;
}

static struct journal *open_at(int fd, int number, const unsigned char *chain)
{
    struct journal_config config = {.fd = fd,
                                    .recording = "r1",
                                    .segment = (uint32_t)number,
                                    .key = KEY,
                                    .chain = chain,
                                    .now_us = CLOCK,
                                    .epoch_us = EPOCH_US};
    struct journal *journal;
    assert_int_equal(journal_open(&config, &journal), 0);
    return journal;
}

/* `seconds` of ten packets a second, each with its number at its front; a tick every 100 ms as the worker does. */
static void write_packets(struct journal *journal, int track, int seconds)
{
    uint8_t packet[1200] = {0};
    for (uint32_t i = 0; i < (uint32_t)seconds * 10; i++) {
        uint64_t now_us = CLOCK + i * 100000;
        memcpy(packet, &i, sizeof i);
        assert_int_equal(journal_rtp(journal, track, packet, sizeof packet, now_us), 0);
        journal_tick(journal, now_us);
    }
}

static void write_segment(const struct place *place, int number, unsigned char *chain, int seconds)
{
    struct journal *journal = open_at(segment_fd(place, number, O_CREAT | O_EXCL | O_RDWR), number, chain);
    assert_int_equal(journal_track(journal, &CAMERA, CLOCK), 0);
    write_packets(journal, 0, seconds);
    uint64_t bytes;
    assert_int_equal(journal_close(journal, CLOCK, chain, &bytes), 0);
}

struct seen {
    uint32_t packets, tracks, segments, closed;
    uint32_t last; /* number of the last packet */
    bool ordered;
    uint64_t faults[16]; /* counts by kind */
    uint64_t fault_counts[16];
    uint64_t lost;
    uint64_t last_us;
    unsigned char chain[JOURNAL_HASH_SIZE];
};

static void look(struct journal_reader *reader, struct seen *seen)
{
    struct journal_record record;
    memset(seen, 0, sizeof *seen);
    seen->ordered = true;
    while (journal_reader_next(reader, &record) == 1) {
        if (record.kind == JOURNAL_RTP) {
            uint32_t number;
            memcpy(&number, record.data, sizeof number);
            seen->ordered = seen->ordered && (seen->packets == 0 || number > seen->last || number == 0);
            seen->last = number;
            seen->packets++;
            seen->last_us = record.time_us;
        } else if (record.kind == JOURNAL_FAULT) {
            seen->faults[record.fault]++;
            seen->fault_counts[record.fault] += record.count;
        } else if (record.kind == JOURNAL_LOST) {
            seen->lost += record.count;
        } else if (record.kind == JOURNAL_SEGMENT_END) {
            seen->closed += record.closed;
            memcpy(seen->chain, record.chain, sizeof seen->chain);
        }
        seen->tracks += record.kind == JOURNAL_TRACK;
        seen->segments += record.kind == JOURNAL_SEGMENT;
    }
}

static void look_at(const struct place *place, const unsigned char *key, struct seen *seen)
{
    struct journal_reader *reader;
    assert_int_equal(journal_reader_open(place->directory, key, &reader), 0);
    look(reader, seen);
    journal_reader_close(reader);
}

static uint64_t all_faults(const struct seen *seen)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < 16; i++)
        sum += seen->faults[i];
    return sum;
}

/* ---- what is written comes back ---- */

static struct journal_record expect(struct journal_reader *reader, enum journal_kind kind)
{
    struct journal_record record;
    assert_int_equal(journal_reader_next(reader, &record), 1);
    assert_int_equal(record.kind, kind);
    return record;
}

static void test_journal_gives_back_what_was_written(void **state)
{
    (void)state;
    int fd = memfd_create("journal", 0), kept = dup(fd);
    struct journal *journal = open_at(fd, 0, ZEROS);
    struct journal_track audio = {"t2", "p1", "audio", "microphone", "opus", 48000, 63, "stereo=1"};
    assert_int_equal(journal_track(journal, &CAMERA, CLOCK), 0);
    assert_int_equal(journal_track(journal, &audio, CLOCK), 1);
    assert_int_equal(journal_rtp(journal, 1, (const uint8_t *)"packet", 6, CLOCK + 20000), 0);
    assert_int_equal(journal_sr(journal, 1, 4000000000u, CLOCK + 15000, CLOCK + 30000), 0);
    assert_int_equal(journal_event(journal, "{\"event\":\"joined\"}", CLOCK + 40000), 0);
    assert_int_equal(journal_rtp(journal, 2, (const uint8_t *)"x", 1, CLOCK), -EINVAL);
    static uint8_t large[JOURNAL_RECORD_MAX + 1];
    assert_int_equal(journal_rtp(journal, 0, large, sizeof large, CLOCK), -EMSGSIZE);
    unsigned char chain[JOURNAL_HASH_SIZE], end[JOURNAL_HASH_SIZE];
    uint64_t bytes, whole;
    assert_int_equal(journal_close(journal, CLOCK + 50000, chain, &bytes), 0);
    assert_int_equal(journal_chain_end(kept, end, &whole), 0);
    assert_memory_equal(chain, end, sizeof end);
    assert_int_equal(whole, bytes);

    struct journal_reader *reader;
    assert_int_equal(journal_reader_open_fd(kept, KEY, &reader), 0);
    assert_string_equal(expect(reader, JOURNAL_SEGMENT).header->recording, "r1");
    struct journal_record record = expect(reader, JOURNAL_TRACK);
    assert_non_null(memmem(record.data, record.size, "\"codec\":\"VP8\"", 13));
    record = expect(reader, JOURNAL_TRACK);
    assert_int_equal(record.track, 1);
    assert_non_null(memmem(record.data, record.size, "\"red_pt\":63", 11));
    record = expect(reader, JOURNAL_RTP);
    assert_int_equal(record.track, 1);
    assert_int_equal(record.time_us, EPOCH_US + 20000);
    assert_memory_equal(record.data, "packet", 6);
    record = expect(reader, JOURNAL_SR);
    assert_int_equal(record.rtp, 4000000000u);
    assert_int_equal(record.until_us, EPOCH_US + 15000);
    assert_memory_equal(expect(reader, JOURNAL_EVENT).data, "{\"event\":\"joined\"}", 18);
    record = expect(reader, JOURNAL_SEGMENT_END);
    assert_true(record.closed);
    assert_memory_equal(record.chain, chain, sizeof chain);
    assert_int_equal(journal_reader_next(reader, &record), 0);
    journal_reader_close(reader);
}

static void test_journal_segments_follow_one_another(void **state)
{
    (void)state;
    struct place place;
    struct seen seen;
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    make_place(&place);
    write_segment(&place, 0, chain, 3);
    write_segment(&place, 1, chain, 2);
    look_at(&place, KEY, &seen);
    assert_int_equal(seen.packets, 50);
    assert_int_equal(seen.closed, 2);
    assert_int_equal(all_faults(&seen), 0);
    assert_memory_equal(seen.chain, chain, sizeof chain);
    clear_place(&place);
}

static void test_journal_holds_nothing_readable(void **state)
{
    (void)state;
    int fd = memfd_create("journal", 0), kept = dup(fd);
    struct journal *journal = open_at(fd, 0, ZEROS);
    assert_int_equal(journal_event(journal, "{\"event\":\"WHAT WAS SAID\"}", CLOCK), 0);
    uint64_t bytes;
    assert_int_equal(journal_close(journal, CLOCK, NULL, &bytes), 0);
    uint8_t *text = mmap(NULL, bytes, PROT_READ, MAP_SHARED, kept, 0);
    assert_true(text != MAP_FAILED);
    assert_null(memmem(text, bytes, "WHAT WAS SAID", 13));
    munmap(text, bytes);
    close(kept);
}

static void test_journal_wrong_key_opens_nothing(void **state)
{
    (void)state;
    struct place place;
    struct seen seen;
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    make_place(&place);
    write_segment(&place, 0, chain, 3);
    look_at(&place, (const unsigned char *)"another key, also of 32 bytes...", &seen);
    assert_int_equal(seen.packets + seen.tracks, 0);
    assert_true(seen.faults[JOURNAL_FAULT_ALTERED] > 0);
    clear_place(&place);
}

/* ---- what is altered, dropped, reordered or cut shows ---- */

struct bytes {
    uint8_t *data;
    size_t size;
    size_t chunk[64]; /* offsets, with the end behind the last */
    size_t chunks;
};

static void load_segment(const struct place *place, int number, struct bytes *bytes)
{
    int fd = segment_fd(place, number, O_RDONLY);
    struct stat status;
    assert_int_equal(fstat(fd, &status), 0);
    bytes->size = (size_t)status.st_size;
    bytes->data = malloc(bytes->size);
    assert_int_equal(read(fd, bytes->data, bytes->size), bytes->size);
    close(fd);
    bytes->chunks = 0;
    struct journal_frame frame;
    for (size_t at = JOURNAL_HEADER_SIZE; at < bytes->size; at += JOURNAL_FRAME_SIZE + frame.sealed_size) {
        assert_int_equal(journal_frame_read(bytes->data + at, &frame), 0);
        bytes->chunk[bytes->chunks++] = at;
    }
    bytes->chunk[bytes->chunks] = bytes->size;
}

static void store_segment(const struct place *place, int number, const struct bytes *bytes)
{
    int fd = segment_fd(place, number, O_WRONLY | O_TRUNC);
    assert_int_equal(write(fd, bytes->data, bytes->size), bytes->size);
    close(fd);
}

static size_t chunk_size(const struct bytes *bytes, size_t i)
{
    return bytes->chunk[i + 1] - bytes->chunk[i];
}

/* Makes a recording of one 4-second segment, lets `spoil` at its bytes and reads it. */
static void spoiled(void (*spoil)(struct bytes *bytes), struct seen *seen)
{
    struct place place;
    struct bytes bytes;
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    make_place(&place);
    write_segment(&place, 0, chain, 4);
    load_segment(&place, 0, &bytes);
    assert_true(bytes.chunks > 6);
    spoil(&bytes);
    store_segment(&place, 0, &bytes);
    free(bytes.data);
    look_at(&place, KEY, seen);
    clear_place(&place);
}

static void alter_one(struct bytes *bytes)
{
    bytes->data[bytes->chunk[3] + JOURNAL_FRAME_SIZE + 40] ^= 1;
}

static void test_journal_altered_chunk_shows_and_costs_only_itself(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(alter_one, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_ALTERED], 1);
    assert_int_equal(all_faults(&seen), 1);
    assert_in_range(seen.packets, 34, 37);
    assert_int_equal(seen.last, 39);
    assert_int_equal(seen.closed, 1);
}

static void alter_length(struct bytes *bytes)
{
    bytes->data[bytes->chunk[3] + 6] ^= 0xff;
}

static void test_journal_altered_length_is_passed_over(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(alter_length, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_ALTERED], 1);
    assert_in_range(seen.packets, 34, 37);
    assert_int_equal(seen.closed, 1);
}

static void drop_one(struct bytes *bytes)
{
    memmove(bytes->data + bytes->chunk[3], bytes->data + bytes->chunk[4], bytes->size - bytes->chunk[4]);
    bytes->size -= chunk_size(bytes, 3);
}

static void test_journal_dropped_chunk_shows(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(drop_one, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_MISSING], 1);
    assert_int_equal(seen.fault_counts[JOURNAL_FAULT_MISSING], 1);
    assert_in_range(seen.packets, 34, 37);
}

static void drop_last(struct bytes *bytes)
{
    bytes->size = bytes->chunk[bytes->chunks - 1];
}

static void test_journal_dropped_end_shows(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(drop_last, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_UNCLOSED], 1);
    assert_int_equal(seen.closed, 0);
}

static void swap_two(struct bytes *bytes)
{
    size_t first = chunk_size(bytes, 3), second = chunk_size(bytes, 4);
    uint8_t *held = malloc(first);
    memcpy(held, bytes->data + bytes->chunk[3], first);
    memmove(bytes->data + bytes->chunk[3], bytes->data + bytes->chunk[4], second);
    memcpy(bytes->data + bytes->chunk[3] + second, held, first);
    free(held);
}

static void test_journal_reordered_chunks_show(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(swap_two, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_MISSING], 1);
    assert_int_equal(seen.faults[JOURNAL_FAULT_ORDER], 1);
    assert_true(seen.ordered);
}

static void repeat_one(struct bytes *bytes)
{
    size_t size = chunk_size(bytes, 3);
    bytes->data = realloc(bytes->data, bytes->size + size);
    memmove(bytes->data + bytes->chunk[4] + size, bytes->data + bytes->chunk[4], bytes->size - bytes->chunk[4]);
    memcpy(bytes->data + bytes->chunk[4], bytes->data + bytes->chunk[3], size);
    bytes->size += size;
}

static void test_journal_repeated_chunk_is_not_read_twice(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(repeat_one, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_ORDER], 1);
    assert_int_equal(seen.packets, 40);
}

static void cut_last(struct bytes *bytes)
{
    bytes->size = bytes->chunk[bytes->chunks - 2] + 500;
}

static void test_journal_cut_in_mid_chunk_is_good_up_to_there(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(cut_last, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_CUT], 1);
    assert_int_equal(seen.fault_counts[JOURNAL_FAULT_CUT], 500);
    assert_int_equal(seen.faults[JOURNAL_FAULT_UNCLOSED], 1);
    assert_true(seen.packets >= 30);
    assert_true(seen.ordered);
}

static void spoil_header(struct bytes *bytes)
{
    bytes->data[40] ^= 1;
}

static void test_journal_altered_header_shows(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(spoil_header, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_CHAIN], 1);
}

static void add_behind(struct bytes *bytes)
{
    bytes->data = realloc(bytes->data, bytes->size + 10);
    memset(bytes->data + bytes->size, 7, 10);
    bytes->size += 10;
}

static void test_journal_trailing_bytes_show(void **state)
{
    (void)state;
    struct seen seen;
    spoiled(add_behind, &seen);
    assert_int_equal(seen.fault_counts[JOURNAL_FAULT_TRAILING], 10);
    assert_int_equal(seen.packets, 40);
}

static void test_journal_missing_and_foreign_segments_show(void **state)
{
    (void)state;
    struct place place;
    struct seen seen;
    unsigned char chain[JOURNAL_HASH_SIZE] = {0}, foreign[JOURNAL_HASH_SIZE] = {9};
    make_place(&place);
    write_segment(&place, 0, chain, 1);
    write_segment(&place, 1, foreign, 1);
    write_segment(&place, 4, chain, 1);
    look_at(&place, KEY, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_CHAIN], 1);
    assert_int_equal(seen.fault_counts[JOURNAL_FAULT_SEGMENT], 2);
    assert_int_equal(seen.packets, 30);
    clear_place(&place);
}

static void test_journal_nothing_to_read(void **state)
{
    (void)state;
    struct place place;
    struct journal_reader *reader;
    make_place(&place);
    assert_int_equal(journal_reader_open(place.directory, KEY, &reader), -ENOENT);
    assert_int_equal(journal_reader_open("/nonexistent", KEY, &reader), -ENOENT);
    close(segment_fd(&place, 0, O_CREAT | O_WRONLY));
    struct seen seen;
    look_at(&place, KEY, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_HEADER], 1);
    assert_int_equal(seen.segments, 0);
    clear_place(&place);
}

/* ---- no disk stops the worker ---- */

static uint64_t clock_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void test_journal_full_disk_is_reported(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
    struct journal *journal = open_at(fd, 0, ZEROS);
    uint64_t bytes = 1;
    while (journal_status(journal, &bytes) == 0)
        usleep(1000);
    assert_int_equal(journal_status(journal, &bytes), -ENOSPC);
    assert_int_equal(bytes, 0);
    assert_int_equal(journal_track(journal, &CAMERA, CLOCK), -ENOSPC);
    assert_int_equal(journal_close(journal, CLOCK, NULL, &bytes), -ENOSPC);
}

/* A pipe that nobody reads is the slowest of disks. */
static void test_journal_stalled_disk_costs_records_not_time(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    struct journal *journal = open_at(ends[1], 0, ZEROS);
    assert_int_equal(journal_track(journal, &CAMERA, CLOCK), 0);
    uint8_t packet[1200] = {0};
    uint64_t start_us = clock_us();
    uint32_t refused = 0, count = 20000; /* 24 MB into a queue of 16 */
    for (uint32_t i = 0; i < count; i++) {
        memcpy(packet, &i, sizeof i);
        int result = journal_rtp(journal, 0, packet, sizeof packet, CLOCK + i * 100);
        assert_true(result == 0 || result == -ENOBUFS);
        refused += result < 0;
    }
    assert_true(clock_us() - start_us < 5000000);
    assert_true(refused > 0 && refused < count / 2);
    assert_int_equal(journal_event(journal, "{\"event\":\"left\"}", CLOCK), 0); /* has room in reserve */

    int drained = memfd_create("drained", 0);
    pid_t child = fork();
    if (child == 0) { /* the disk comes back: drain the pipe, and look at that */
        close(ends[1]);
        static uint8_t buffer[65536];
        for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
            if (write(drained, buffer, (size_t)got) != got)
                _exit(1);
        _exit(0);
    }
    close(ends[0]);
    assert_int_equal(journal_close(journal, CLOCK, NULL, NULL), 0);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    struct journal_reader *reader;
    struct seen seen;
    assert_int_equal(journal_reader_open_fd(drained, KEY, &reader), 0);
    look(reader, &seen);
    journal_reader_close(reader);
    assert_int_equal(seen.lost, refused);
    assert_int_equal(seen.packets, count - refused);
    assert_int_equal(seen.closed, 1);
}

static void test_journal_end_does_not_wait_for_the_disk(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    struct journal *journal = open_at(ends[1], 0, ZEROS);
    assert_int_equal(journal_track(journal, &CAMERA, CLOCK), 0);
    uint8_t packet[8000] = {0};
    assert_int_equal(journal_rtp(journal, 0, packet, sizeof packet, CLOCK), 0);
    journal_end(journal, CLOCK); /* nobody reads: had it waited, it would not come back */
    assert_false(journal_has_ended(journal));
    assert_int_equal(journal_status(journal, NULL), 0);

    static uint8_t buffer[65536];
    while (read(ends[0], buffer, sizeof buffer) > 0)
        ; /* until its own end has been closed */
    while (!journal_has_ended(journal))
        usleep(1000);
    uint64_t bytes = 0;
    assert_int_equal(journal_close(journal, CLOCK, NULL, &bytes), 0);
    assert_true(bytes > sizeof packet);
    close(ends[0]);
}

static void close_and_count(const struct place *place, struct journal *journal, uint32_t packets)
{
    struct seen seen;
    unsigned char chain[JOURNAL_HASH_SIZE];
    uint64_t bytes;
    struct stat status;
    char path[128];
    snprintf(path, sizeof path, "%s/0.hcj", place->directory);
    assert_int_equal(journal_close(journal, CLOCK, chain, &bytes), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(bytes, status.st_size); /* all of it flushed */
    look_at(place, KEY, &seen);
    assert_int_equal(seen.packets, packets);
    assert_true(seen.ordered);
    assert_int_equal(seen.closed, 1);
    assert_memory_equal(seen.chain, chain, sizeof chain);
}

static void test_journal_recordings_side_by_side_keep_apart(void **state)
{
    (void)state;
    enum { MANY = 12 };
    struct place places[MANY];
    struct journal *journals[MANY], *full = open_at(open("/dev/full", O_WRONLY | O_CLOEXEC), 0, ZEROS);
    for (int i = 0; i < MANY; i++) {
        make_place(&places[i]);
        journals[i] = open_at(segment_fd(&places[i], 0, O_CREAT | O_EXCL | O_RDWR), 0, ZEROS);
        assert_int_equal(journal_track(journals[i], &CAMERA, CLOCK), 0);
    }
    for (uint32_t k = 0; k < 400; k++) {
        uint8_t packet[1200] = {0};
        memcpy(packet, &k, sizeof k);
        for (int i = 0; i < MANY; i++) {
            if (k > 100 && i == 0)
                continue; /* has ended, in the midst of the others */
            assert_int_equal(journal_rtp(journals[i], 0, packet, sizeof packet, CLOCK + k * 10000), 0);
            journal_tick(journals[i], CLOCK + k * 10000);
        }
        journal_event(full, "{\"event\":\"left\"}", CLOCK + k * 10000);
        if (k == 100)
            close_and_count(&places[0], journals[0], 101);
    }
    assert_int_equal(journal_close(full, CLOCK, NULL, NULL), -ENOSPC);
    for (int i = 1; i < MANY; i++)
        close_and_count(&places[i], journals[i], 400);
    for (int i = 0; i < MANY; i++)
        clear_place(&places[i]);
}

static void sleep_ms(long ms)
{
    struct timespec time = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&time, NULL);
}

/* Writes a packet every 10 ms with the real clock for ever, and tells through `last` what it wrote. */
static void write_for_ever(int fd, _Atomic uint64_t *last_us)
{
    struct journal_config config = {
        .fd = fd, .recording = "r1", .key = KEY, .chain = ZEROS, .now_us = clock_us(), .epoch_us = clock_us()};
    struct journal *journal;
    if (journal_open(&config, &journal) < 0 || journal_track(journal, &CAMERA, config.now_us) < 0)
        _exit(1);
    for (uint32_t i = 0;; i++) {
        uint8_t packet[1200] = {0};
        memcpy(packet, &i, sizeof i);
        uint64_t now_us = clock_us();
        journal_rtp(journal, 0, packet, sizeof packet, now_us);
        *last_us = now_us;
        if (i % 20 == 0)
            journal_tick(journal, now_us);
        sleep_ms(10);
    }
}

static void test_journal_kill_9_costs_at_most_a_second(void **state)
{
    (void)state;
    struct place place;
    make_place(&place);
    _Atomic uint64_t *last_us = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true((void *)last_us != MAP_FAILED);
    int fd = segment_fd(&place, 0, O_CREAT | O_EXCL | O_RDWR);
    pid_t child = fork();
    if (child == 0)
        write_for_ever(fd, last_us);
    close(fd);
    sleep_ms(2730);
    kill(child, SIGKILL);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    struct seen seen;
    look_at(&place, KEY, &seen);
    assert_true(seen.packets > 100);
    assert_true(seen.ordered);
    assert_int_equal(seen.faults[JOURNAL_FAULT_UNCLOSED], 1);
    assert_int_equal(seen.faults[JOURNAL_FAULT_ALTERED], 0);
    uint64_t cost_us = *last_us - seen.last_us;
    print_message("kill -9 cost %llu ms\n", (unsigned long long)cost_us / 1000);
    assert_true(cost_us <= 1000000);

    /* The one who goes on learns from the file alone what to continue from. */
    unsigned char chain[JOURNAL_HASH_SIZE];
    uint64_t bytes;
    fd = segment_fd(&place, 0, O_RDONLY);
    assert_int_equal(journal_chain_end(fd, chain, &bytes), 0);
    close(fd);
    write_segment(&place, 1, chain, 1);
    look_at(&place, KEY, &seen);
    assert_int_equal(seen.faults[JOURNAL_FAULT_CHAIN], 0);
    munmap((void *)last_us, 4096);
    clear_place(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_journal_gives_back_what_was_written),
        cmocka_unit_test(test_journal_segments_follow_one_another),
        cmocka_unit_test(test_journal_holds_nothing_readable),
        cmocka_unit_test(test_journal_wrong_key_opens_nothing),
        cmocka_unit_test(test_journal_altered_chunk_shows_and_costs_only_itself),
        cmocka_unit_test(test_journal_altered_length_is_passed_over),
        cmocka_unit_test(test_journal_dropped_chunk_shows),
        cmocka_unit_test(test_journal_dropped_end_shows),
        cmocka_unit_test(test_journal_reordered_chunks_show),
        cmocka_unit_test(test_journal_repeated_chunk_is_not_read_twice),
        cmocka_unit_test(test_journal_cut_in_mid_chunk_is_good_up_to_there),
        cmocka_unit_test(test_journal_altered_header_shows),
        cmocka_unit_test(test_journal_trailing_bytes_show),
        cmocka_unit_test(test_journal_missing_and_foreign_segments_show),
        cmocka_unit_test(test_journal_nothing_to_read),
        cmocka_unit_test(test_journal_full_disk_is_reported),
        cmocka_unit_test(test_journal_stalled_disk_costs_records_not_time),
        cmocka_unit_test(test_journal_end_does_not_wait_for_the_disk),
        cmocka_unit_test(test_journal_recordings_side_by_side_keep_apart),
        cmocka_unit_test(test_journal_kill_9_costs_at_most_a_second),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
