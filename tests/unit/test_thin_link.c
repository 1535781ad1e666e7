/*
 * A subscriber behind a bottleneck, in virtual time: estimate, allocation, probes and switching together. What is
 * asserted is what the viewer gets: which layer, how often it changes, how long the queue is, and that sound goes on.
 */
#include "routing_fixture.h"

#include <stdlib.h>

#include "media/twcc.h"

enum {
    LAYERS = 3,
    FLIGHT_MAX = 8192,
    STEP_US = 10000,
    FRAME_US = 30000,
    SOUND_US = 20000,
    PACKET = 1000,
    AUDIO_SSRC = 6000,
};

static const uint32_t layer_bps[LAYERS] = {1600000, 500000, 150000};
static const uint16_t widths[LAYERS] = {1280, 640, 320};

/* The bottleneck: a rate, a delay, a queue that drops what does not fit. */
struct link {
    uint64_t now_us, free_us, delay_us;
    uint32_t bps;
    uint64_t queue_max_us, queued_us, queued_worst_us;
    int dropped, sounds, sounds_lost;
    int head, tail;
    struct {
        uint64_t arrival_us;
        uint16_t seq;
    } flight[FLIGHT_MAX];
    struct twcc_receiver receiver;
};

struct scene {
    struct link link;
    struct pocket from_pocket;
    struct room *room;
    struct member *from, *to;
    struct track *video, *sound;
    struct slot *picture;
    struct camera cameras[LAYERS];
    uint16_t sound_sequence;
    uint64_t frame_us, sound_us, feedback_us;
    bool key_wanted;
    int layer, changes;
};

static int link_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    struct link *link = arg;
    struct rtp_packet packet;
    uint8_t copy[RTP_HEADER_MAX];
    size_t size;
    (void)payload;
    memcpy(copy, header, header_size);
    copy[0] &= (uint8_t)~0x20; /* padding is in the payload, which is not here */
    assert_int_equal(rtp_parse(copy, header_size, &packet), 0);
    const uint8_t *twcc = rtp_extension(&packet, 7, &size);
    assert_non_null(twcc);
    uint64_t start_us = link->free_us > link->now_us ? link->free_us : link->now_us;
    link->queued_us = start_us - link->now_us;
    link->sounds += packet.ssrc == AUDIO_SSRC;
    if (link->queued_us > link->queue_max_us) {
        link->dropped++;
        link->sounds_lost += packet.ssrc == AUDIO_SSRC;
        return 0;
    }
    if (link->queued_us > link->queued_worst_us)
        link->queued_worst_us = link->queued_us;
    link->free_us = start_us + (header_size + payload_size + 40) * 8 * 1000000 / link->bps;
    link->flight[link->tail % FLIGHT_MAX].arrival_us = link->free_us + link->delay_us;
    link->flight[link->tail % FLIGHT_MAX].seq = rtp_get16(twcc);
    assert_true(++link->tail - link->head < FLIGHT_MAX);
    return 0;
}

static int link_rtcp(void *arg, uint8_t *packet, size_t size)
{
    (void)arg, (void)packet, (void)size;
    return 0;
}

static void feed_back(struct scene *scene)
{
    struct link *link = &scene->link;
    uint8_t data[1200];
    size_t size;
    for (; link->head < link->tail; link->head++) {
        uint64_t arrival_us = link->flight[link->head % FLIGHT_MAX].arrival_us;
        if (arrival_us + link->delay_us > link->now_us) /* it takes as long back */
            break;
        twcc_received(&link->receiver, link->flight[link->head % FLIGHT_MAX].seq, arrival_us);
    }
    while ((size = twcc_write(&link->receiver, 1, 5000, data, sizeof data)))
        member_rtcp(scene->to, data, size, link->now_us);
}

static void send_frames(struct scene *scene)
{
    bool key = scene->key_wanted;
    scene->key_wanted = false;
    for (int i = 0; i < LAYERS; i++) {
        struct camera *camera = &scene->cameras[i];
        size_t bytes = layer_bps[i] / 8 * (uint64_t)FRAME_US / 1000000 * (key ? 5 : 1);
        camera->picture_id = (camera->picture_id + 1) & 0x7FFF;
        camera->tl0picidx++;
        for (bool first = true; first || bytes > 0; first = false) {
            uint8_t data[SENT_MAX] = {0};
            size_t payload = bytes < PACKET ? bytes : PACKET;
            size_t size = camera_packet(camera, key, first, bytes <= PACKET, data);
            size_t least = payload + 20 > size ? payload + 20 : size;
            member_rtp(scene->from, data, least, scene->link.now_us);
            bytes -= payload;
        }
        camera->timestamp += 90 * FRAME_US / 1000;
    }
}

static void send_sound(struct scene *scene)
{
    uint8_t data[12 + 80] = {0};
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = scene->sound_sequence * 960u,
                              .ssrc = 11,
                              .sequence = scene->sound_sequence,
                              .pt = FIXTURE_PT_OPUS};
    scene->sound_sequence++;
    rtp_write_fixed(&writer, data, &fixed);
    member_rtp(scene->from, data, sizeof data, scene->link.now_us);
}

/* A browser answers a request 50 ms later, with key frames on all layers; the frame after this one will do. */
static void watch_requests(struct scene *scene)
{
    int plis = scene->from_pocket.rtcp_count ? fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI) : 0;
    scene->key_wanted |= plis > 0;
    scene->from_pocket.rtcp_count = 0;
}

static void run(struct scene *scene, double seconds)
{
    for (uint64_t end = scene->link.now_us + (uint64_t)(seconds * 1e6); scene->link.now_us < end;) {
        uint64_t now_us = scene->link.now_us += STEP_US;
        struct slot_status status;
        if (now_us - scene->frame_us >= FRAME_US) {
            scene->frame_us = now_us;
            send_frames(scene);
        }
        if (now_us - scene->sound_us >= SOUND_US) {
            scene->sound_us = now_us;
            send_sound(scene);
        }
        if (now_us - scene->feedback_us >= 50000) {
            scene->feedback_us = now_us;
            feed_back(scene);
        }
        room_tick(scene->room, now_us);
        watch_requests(scene);
        slot_status(scene->picture, &status);
        int layer = status.state == SLOT_LIVE || status.state == SLOT_WAITING ? status.layer : -1;
        if (layer != scene->layer && getenv("THIN_TRACE")) {
            struct member_stats stats;
            member_stats(scene->to, &stats);
            printf("%.2f layer %d -> %d estimate %u queue %llu ms\n", (double)now_us / 1e6 - 1000, scene->layer, layer,
                   stats.estimate_bps, (unsigned long long)scene->link.queued_us / 1000);
        }
        scene->changes += layer != scene->layer;
        scene->layer = layer;
    }
}

/* Begins to count anew. */
static void settle(struct scene *scene, double seconds)
{
    run(scene, seconds);
    scene->changes = 0;
    scene->link.queued_worst_us = 0;
    scene->link.dropped = scene->link.sounds = scene->link.sounds_lost = 0;
}

static void open_sound(struct scene *scene)
{
    struct track_config track = {.name = "sound", .mid = "0", .ssrc_count = 1, .ssrcs = {{.ssrc = 11}}};
    struct slot_config slot = {.name = "ear", .mid = "0", .ssrc = AUDIO_SSRC, .extensions = {.twcc = 7}};
    struct slot_wish wish = {0};
    struct slot *ear;
    track.codecs = slot.codecs = (struct codec_list){
        .count = 1, .items = {{.kind = CODEC_OPUS, .pt = FIXTURE_PT_OPUS, .hz = 48000}}};
    assert_int_equal(member_open_track(scene->from, &track, &scene->sound), 0);
    assert_int_equal(member_open_slot(scene->to, &slot, &ear), 0);
    assert_int_equal(member_assign(scene->to, ear, scene->sound, &wish, scene->link.now_us), 0);
}

static int set_up(void **state)
{
    struct scene *scene = test_calloc(1, sizeof *scene);
    struct track_config track = fixture_video_track("video");
    struct slot_config slot = fixture_video_slot("eye", 5000);
    struct slot_wish wish = {.priority = 2};
    scene->link = (struct link){.now_us = 1000000000, .delay_us = 40000, .bps = 10000000, .queue_max_us = 400000};
    twcc_receiver_init(&scene->link.receiver);
    scene->room = fixture_room();
    scene->from = fixture_join(scene->room, "from", &scene->from_pocket, scene->link.now_us);
    struct member_out out = {.rtp_fn = link_rtp, .rtcp_fn = link_rtcp, .forget_fn = pocket_forget, .arg = &scene->link};
    assert_int_equal(room_join(scene->room, "to", &out, scene->link.now_us, &scene->to), 0);
    member_connected(scene->to, true, scene->link.now_us);
    track.rid_count = track.ssrc_count = LAYERS;
    slot.extensions.twcc = 7;
    for (int i = 0; i < LAYERS; i++) {
        track.rids[i][0] = (char)('a' + i);
        track.ssrcs[i].ssrc = 100 + (uint32_t)i;
        scene->cameras[i] = (struct camera){.ssrc = 100 + (uint32_t)i,
                                            .member = scene->from,
                                            .width = widths[i],
                                            .height = (uint16_t)(widths[i] * 9 / 16),
                                            .timestamp = (uint32_t)i * 12345};
    }
    assert_int_equal(member_open_track(scene->from, &track, &scene->video), 0);
    assert_int_equal(member_open_slot(scene->to, &slot, &scene->picture), 0);
    open_sound(scene);
    assert_int_equal(member_assign(scene->to, scene->picture, scene->video, &wish, scene->link.now_us), 0);
    scene->key_wanted = true;
    scene->layer = -1;
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    room_destroy(scene->room);
    test_free(scene);
    return 0;
}

static void test_thin_link_wide_enough_shows_the_top_layer_and_stays(void **state)
{
    struct scene *scene = *state;
    settle(scene, 6);
    assert_int_equal(scene->layer, 0);
    run(scene, 40);
    assert_int_equal(scene->layer, 0);
    assert_int_equal(scene->changes, 0);
    assert_int_equal(scene->link.dropped, 0);
}

static void test_thin_link_of_900_kbit_shows_the_middle_layer_steadily(void **state)
{
    struct scene *scene = *state;
    scene->link.bps = 900000;
    settle(scene, 12);
    run(scene, 60);
    assert_int_equal(scene->layer, 1);
    assert_true(scene->changes <= 4);
    assert_true(scene->link.sounds_lost * 50 <= scene->link.sounds);
}

static void test_thin_link_of_300_kbit_shows_the_small_layer_steadily(void **state)
{
    struct scene *scene = *state;
    scene->link.bps = 300000;
    settle(scene, 12);
    run(scene, 60);
    assert_int_equal(scene->layer, 2);
    assert_true(scene->changes <= 4);
    assert_true(scene->link.sounds_lost * 50 <= scene->link.sounds);
}

static void test_thin_link_of_80_kbit_keeps_the_sound(void **state)
{
    struct scene *scene = *state;
    scene->link.bps = 80000;
    settle(scene, 15);
    run(scene, 60);
    assert_true(scene->link.sounds > 2900);
    assert_true(scene->link.sounds_lost * 20 <= scene->link.sounds);
}

static void test_thin_link_cut_and_opened_again(void **state)
{
    struct scene *scene = *state;
    scene->link.bps = 3000000;
    settle(scene, 10);
    assert_int_equal(scene->layer, 0);
    scene->link.bps = 300000;
    run(scene, 3);
    assert_true(scene->layer == 2 || scene->layer == -1);
    settle(scene, 5);
    run(scene, 15);
    assert_int_equal(scene->layer, 2);
    assert_true(scene->link.sounds_lost * 50 <= scene->link.sounds);
    scene->link.bps = 3000000;
    run(scene, 10);
    assert_int_equal(scene->layer, 0);
}

int main(void)
{
#define THIN(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        THIN(test_thin_link_wide_enough_shows_the_top_layer_and_stays),
        THIN(test_thin_link_of_900_kbit_shows_the_middle_layer_steadily),
        THIN(test_thin_link_of_300_kbit_shows_the_small_layer_steadily),
        THIN(test_thin_link_of_80_kbit_keeps_the_sound),
        THIN(test_thin_link_cut_and_opened_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
