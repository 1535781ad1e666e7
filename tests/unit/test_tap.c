/* What gets into a recording: only what may, from key frames on, continuous over layers, with the camera's time. */
#include "routing_fixture.h"

#include <sodium.h>
#include <stdlib.h>
#include <unistd.h>

#include "media/journal_reader.h"
#include "media/tap.h"
#include "media/vp8.h"

enum { RECORDS_MAX = 1000, PT_H264 = 107 };

struct scene {
    uint64_t now_us;
    struct room *room;
    struct pocket pocket;
    struct member *member;
    struct track *track;
    struct camera large, little;
    struct tap *tap;
    int fd;
    int count;
    struct {
        enum journal_kind kind;
        uint8_t data[SENT_MAX];
        size_t size;
        uint32_t rtp;
        uint64_t until_us;
    } records[RECORDS_MAX];
};

static const unsigned char key[JOURNAL_KEY_SIZE] = {1, 2, 3}, chain[JOURNAL_HASH_SIZE];

static int set_up(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);
    char path[] = "/tmp/test_tap.XXXXXX";
    struct track_config config = fixture_video_track("cam");
    struct journal *journal;
    assert_true(sodium_init() >= 0);
    scene->now_us = 1000000000;
    scene->room = fixture_room();
    scene->member = fixture_join(scene->room, "who", &scene->pocket, scene->now_us);
    config.rid_count = 2;
    strcpy(config.rids[0], "f");
    strcpy(config.rids[1], "q");
    config.codecs.items[config.codecs.count++] = (struct codec){.kind = CODEC_H264, .pt = PT_H264, .hz = 90000};
    config.ssrc_count = 2;
    config.ssrcs[0].ssrc = 1;
    config.ssrcs[1].ssrc = 2;
    assert_int_equal(member_open_track(scene->member, &config, &scene->track), 0);
    scene->large = (struct camera){.member = scene->member, .ssrc = 1, .width = 640, .height = 360, .timestamp = 77};
    scene->little = (struct camera){.member = scene->member, .ssrc = 2, .width = 160, .height = 90, .timestamp = 9};
    scene->fd = mkstemp(path);
    unlink(path);
    struct journal_config journal_config = {.fd = dup(scene->fd),
                                            .recording = "r",
                                            .key = key,
                                            .chain = chain,
                                            .now_us = scene->now_us,
                                            .epoch_us = 1800000000000000};
    assert_int_equal(journal_open(&journal_config, &journal), 0);
    assert_int_equal(tap_create(journal, &scene->tap), 0);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    room_destroy(scene->room);
    close(scene->fd);
    test_free(scene);
    return 0;
}

static void run(struct scene *scene, uint64_t us)
{
    for (uint64_t end = scene->now_us + us; scene->now_us < end;) {
        scene->now_us += 10000;
        room_tick(scene->room, scene->now_us);
        tap_tick(scene->tap, scene->now_us);
    }
}

static void record(struct scene *scene)
{
    struct tap_source source = {.track = scene->track, .participant = "who"};
    assert_int_equal(tap_set_tracks(scene->tap, &source, 1, scene->now_us), 0);
}

/* Closes the tap and reads back all it wrote. */
static void read_back(struct scene *scene)
{
    unsigned char end[JOURNAL_HASH_SIZE];
    uint64_t bytes;
    struct journal_reader *reader;
    struct journal_record record;
    assert_int_equal(tap_destroy(scene->tap, scene->now_us, end, &bytes), 0);
    lseek(scene->fd, 0, SEEK_SET);
    assert_int_equal(journal_reader_open_fd(dup(scene->fd), key, &reader), 0);
    while (journal_reader_next(reader, &record) == 1) {
        assert_true(record.kind != JOURNAL_FAULT && record.kind != JOURNAL_LOST);
        if (record.kind == JOURNAL_SEGMENT || record.kind == JOURNAL_SEGMENT_END)
            continue;
        int at = scene->count++;
        assert_true(at < RECORDS_MAX && record.size < SENT_MAX);
        scene->records[at].kind = record.kind;
        scene->records[at].size = record.size;
        scene->records[at].rtp = record.rtp;
        scene->records[at].until_us = record.until_us;
        if (record.data)
            memcpy(scene->records[at].data, record.data, record.size);
    }
    journal_reader_close(reader);
}

static int count_of(const struct scene *scene, enum journal_kind kind)
{
    int count = 0;
    for (int i = 0; i < scene->count; i++)
        count += scene->records[i].kind == kind;
    return count;
}

static void play(struct scene *scene, int frames)
{
    for (int i = 0; i < frames; i++) {
        camera_frame(&scene->large, false, 2, scene->now_us);
        camera_frame(&scene->little, false, 1, scene->now_us);
        run(scene, 30000);
    }
}

static void key_frames(struct scene *scene)
{
    camera_frame(&scene->large, true, 2, scene->now_us);
    camera_frame(&scene->little, true, 1, scene->now_us);
    run(scene, 30000);
}

static void test_tap_journals_nothing_unless_told(void **state)
{
    struct scene *scene = *state;
    key_frames(scene);
    play(scene, 10);
    read_back(scene);
    assert_int_equal(count_of(scene, JOURNAL_RTP), 0);
}

static void test_tap_takes_not_a_packet_from_before_or_after(void **state)
{
    struct scene *scene = *state;
    key_frames(scene);
    play(scene, 5);
    int asked = fixture_count_rtcp(&scene->pocket, RTCP_PSFB, RTCP_PSFB_PLI);
    record(scene);
    assert_int_equal(fixture_count_rtcp(&scene->pocket, RTCP_PSFB, RTCP_PSFB_PLI), asked + 1);
    play(scene, 5); /* no key frame yet: nothing to begin with */
    key_frames(scene);
    play(scene, 4);
    assert_int_equal(tap_set_tracks(scene->tap, NULL, 0, scene->now_us), 0);
    play(scene, 5);
    read_back(scene);
    assert_int_equal(count_of(scene, JOURNAL_RTP), 10);
    for (int i = 0, first = 1; i < scene->count; i++) {
        struct rtp_packet packet;
        struct vp8_descriptor descriptor;
        if (scene->records[i].kind != JOURNAL_RTP)
            continue;
        assert_int_equal(rtp_parse(scene->records[i].data, scene->records[i].size, &packet), 0);
        assert_int_equal(vp8_parse(packet.payload, packet.payload_size, &descriptor), 0);
        assert_int_equal(descriptor.key, first);
        if (first)
            assert_int_equal(descriptor.width, 640); /* the largest layer */
        first = 0;
    }
}

static void test_tap_is_continuous_when_a_layer_ends(void **state)
{
    struct scene *scene = *state;
    record(scene);
    key_frames(scene);
    play(scene, 10);
    for (int i = 0; i < 100; i++) { /* the publisher stops its large layer */
        camera_frame(&scene->little, i == 90, 1, scene->now_us);
        run(scene, 30000);
    }
    read_back(scene);
    uint16_t sequence = 0, picture = 0;
    uint32_t timestamp = 0;
    int count = 0;
    for (int i = 0; i < scene->count; i++) {
        struct rtp_packet packet;
        struct vp8_descriptor descriptor;
        if (scene->records[i].kind != JOURNAL_RTP)
            continue;
        assert_int_equal(rtp_parse(scene->records[i].data, scene->records[i].size, &packet), 0);
        assert_int_equal(vp8_parse(packet.payload, packet.payload_size, &descriptor), 0);
        if (count) {
            assert_int_equal((uint16_t)(packet.sequence - sequence), 1);
            assert_true(((descriptor.picture.picture_id - picture) & 0x7FFF) <= 1);
            assert_true(packet.timestamp - timestamp < 90000 * 4);
        }
        sequence = packet.sequence;
        picture = descriptor.picture.picture_id;
        timestamp = packet.timestamp;
        count++;
    }
    assert_int_equal(count, 22 + 10);
}

static void test_tap_maps_sender_reports_to_the_worker_s_clock(void **state)
{
    struct scene *scene = *state;
    record(scene);
    camera_report(&scene->large, 50000000, scene->now_us + 25000);
    key_frames(scene);
    play(scene, 80);
    read_back(scene);
    assert_in_range(count_of(scene, JOURNAL_SR), 2, 4);
    uint32_t rtp = 0;
    uint64_t us = 0;
    for (int i = 0; i < scene->count; i++) {
        if (scene->records[i].kind != JOURNAL_SR)
            continue;
        if (us)
            assert_in_range((scene->records[i].rtp - rtp) / 90 + 3, (scene->records[i].until_us - us) / 1000,
                            (scene->records[i].until_us - us) / 1000 + 6);
        rtp = scene->records[i].rtp;
        us = scene->records[i].until_us;
    }
}

static void test_tap_says_what_was_muted_and_closed(void **state)
{
    struct scene *scene = *state;
    record(scene);
    key_frames(scene);
    track_set_paused(scene->track, true);
    tap_note_paused(scene->tap, scene->track, true, scene->now_us);
    play(scene, 5);
    track_set_paused(scene->track, false);
    tap_note_paused(scene->tap, scene->track, false, scene->now_us);
    play(scene, 3);
    key_frames(scene);
    assert_int_equal(tap_event(scene->tap, "{\"event\":\"left\"}", scene->now_us), 0);
    member_close_track(scene->member, scene->track);
    read_back(scene);
    assert_int_equal(count_of(scene, JOURNAL_RTP), 4); /* the pause ends with a key frame */
    assert_int_equal(count_of(scene, JOURNAL_EVENT), 4);
    assert_non_null(strstr((char *)scene->records[scene->count - 1].data, "\"closed\""));
}

/* The next packet of the camera, but a slice of H.264. */
static void slice_frame(struct scene *scene, struct camera *camera)
{
    uint8_t data[SENT_MAX];
    struct rtp_packet packet;
    size_t size = camera_packet(camera, false, true, true, data);
    assert_int_equal(rtp_parse(data, size, &packet), 0);
    data[1] = (uint8_t)((data[1] & 0x80) | PT_H264);
    data[size - packet.payload_size] = 0x61;
    data[size - packet.payload_size + 1] = 0x9a;
    member_rtp(camera->member, data, size, scene->now_us);
    member_flush(camera->member);
    camera->timestamp += 3000;
}

/* The journal's tracks are numbered for all: one who changes the codec for ever may not use them up. */
static void test_tap_opens_few_tracks_for_one_that_changes_its_codec_for_ever(void **state)
{
    struct scene *scene = *state;
    record(scene);
    key_frames(scene);
    for (int i = 0; i < 100; i++) {
        slice_frame(scene, &scene->large);
        run(scene, 10000);
        camera_frame(&scene->large, false, 1, scene->now_us);
        run(scene, 10000);
    }
    read_back(scene);
    assert_in_range(count_of(scene, JOURNAL_TRACK), 2, 20);
}

int main(void)
{
#define TAP(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TAP(test_tap_journals_nothing_unless_told),
        TAP(test_tap_takes_not_a_packet_from_before_or_after),
        TAP(test_tap_is_continuous_when_a_layer_ends),
        TAP(test_tap_maps_sender_reports_to_the_worker_s_clock),
        TAP(test_tap_says_what_was_muted_and_closed),
        TAP(test_tap_opens_few_tracks_for_one_that_changes_its_codec_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
