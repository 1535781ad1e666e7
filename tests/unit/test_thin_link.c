/*
 * A subscriber behind a bottleneck, in virtual time: estimate, allocation, probes and switching together. What is
 * asserted is what the viewer gets: which layer, how often it changes, how long the queue is, and that sound goes on.
 */
#include "routing_fixture.h"

#include <stdlib.h>

#include "media/nack.h"
#include "media/twcc.h"
#include "media/vp8.h"

enum {
    LAYERS = 3,
    FLIGHT_MAX = 8192,
    STEP_US = 10000,
    FRAME_US = 30000,
    SOUND_US = 20000,
    PACKET = 1000,
    AUDIO_SSRC = 6000,
    PICTURE_SSRC = 5000,
    RTX_SSRC = 5001,
};

static const uint32_t layer_bps[LAYERS] = {1600000, 500000, 150000};
static const uint16_t widths[LAYERS] = {1280, 640, 320};

/* One packet on its way through the bottleneck. */
struct flight {
    uint64_t arrival_us;
    uint16_t seq; /* transport-wide */
    bool lost, picture, start, marker;
    uint16_t sequence; /* of the picture, RTX undone */
};

/* A receiver of the picture that asks for what it lacks and shows a frame when all of it is there. */
struct viewer {
    struct nack nack;
    int64_t highest;
    bool has[65536];
    uint16_t first, last;
    bool first_known, last_known;
    int frames;
    uint64_t shown_us, longest_us; /* without a new picture */
};

/* The bottleneck: a rate, a delay, a queue that drops what does not fit, and loss by chance. */
struct link {
    uint64_t now_us, free_us, delay_us;
    uint32_t bps;
    uint64_t queue_max_us, queued_us, queued_worst_us;
    int dropped, sounds, sounds_lost;
    int head, tail;
    struct flight flight[FLIGHT_MAX];
    struct twcc_receiver receiver;
    unsigned loss_percent;
    uint32_t dice;
    struct viewer viewer;
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

static bool is_lost(struct link *link)
{
    link->dice = link->dice * 1664525 + 1013904223;
    return (link->dice >> 16) % 100 < link->loss_percent;
}

static void describe(struct flight *flight, const struct rtp_packet *packet, const uint8_t *payload, size_t size)
{
    struct vp8_descriptor vp8;
    bool rtx = packet->ssrc == RTX_SSRC;
    if (packet->ssrc != PICTURE_SSRC && !rtx)
        return;
    flight->sequence = rtx ? rtp_get16(payload) : packet->sequence;
    flight->marker = packet->marker;
    assert_int_equal(vp8_parse(payload + (rtx ? 2 : 0), size - (rtx ? 2 : 0), &vp8), 0);
    flight->picture = true;
    flight->start = vp8.start;
}

static int link_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t payload_size)
{
    struct link *link = arg;
    struct rtp_packet packet;
    uint8_t copy[RTP_HEADER_MAX];
    size_t size;
    bool empty = header[0] & 0x20;
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
    struct flight *flight = &link->flight[link->tail % FLIGHT_MAX];
    *flight = (struct flight){.arrival_us = link->free_us + link->delay_us, .seq = rtp_get16(twcc)};
    flight->lost = is_lost(link);
    link->sounds_lost += flight->lost && packet.ssrc == AUDIO_SSRC;
    if (!empty)
        describe(flight, &packet, payload, payload_size);
    assert_true(++link->tail - link->head < FLIGHT_MAX);
    return 0;
}

static int link_rtcp(void *arg, uint8_t *packet, size_t size)
{
    (void)arg, (void)packet, (void)size;
    return 0;
}

static bool is_whole(const struct viewer *viewer)
{
    if (!viewer->first_known || !viewer->last_known)
        return false;
    for (uint16_t at = viewer->first; at != (uint16_t)(viewer->last + 1); at++)
        if (!viewer->has[at])
            return false;
    return true;
}

static void view(struct viewer *viewer, const struct flight *flight, uint64_t now_us)
{
    viewer->highest = viewer->nack.started ? rtp_unwrap16(viewer->highest, flight->sequence) : flight->sequence + 65536;
    if (nack_input(&viewer->nack, viewer->highest, now_us) == NACK_DUPLICATE)
        return;
    viewer->has[flight->sequence] = true;
    viewer->has[(uint16_t)(flight->sequence + 30000)] = false;
    if (flight->start) {
        viewer->first = flight->sequence;
        viewer->first_known = true;
        viewer->last_known &= (int16_t)(viewer->last - viewer->first) >= 0;
    }
    if (flight->marker) {
        viewer->last = flight->sequence;
        viewer->last_known = true;
    }
    if (!is_whole(viewer))
        return;
    viewer->first_known = viewer->last_known = false;
    viewer->frames++;
    if (viewer->shown_us && now_us - viewer->shown_us > viewer->longest_us)
        viewer->longest_us = now_us - viewer->shown_us;
    viewer->shown_us = now_us;
}

static void ask(struct scene *scene)
{
    uint16_t missing[100];
    uint8_t data[600];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    struct link *link = &scene->link;
    int count = nack_due(&link->viewer.nack, link->now_us, (uint32_t)(2 * link->delay_us), missing, 100);
    if (count == 0 || is_lost(link))
        return;
    rtcp_write_nack(&writer, 1, PICTURE_SSRC, missing, count);
    member_rtcp(scene->to, data, writer.size, link->now_us);
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
        const struct flight *flight = &link->flight[link->head % FLIGHT_MAX];
        if (flight->lost)
            continue;
        twcc_received(&link->receiver, flight->seq, arrival_us);
        if (flight->picture)
            view(&link->viewer, flight, link->now_us);
    }
    ask(scene);
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
        member_flush(scene->from);
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
    scene->link.viewer.longest_us = 0;
    scene->link.viewer.frames = 0;
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
    nack_init(&scene->link.viewer.nack, NACK_TRIES_VIDEO);
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

/* Near the edges of what the layers take (0.2, 0.7 and 2.3 Mbit/s in all) and between them: a steady link shows a steady
 * picture. */
static void test_thin_link_of_any_steady_rate_shows_a_steady_picture(void **state)
{
    static const uint32_t rates[] = {220000, 260000, 350000, 550000, 640000, 700000, 800000, 1200000, 2000000, 2400000};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        scene->link.bps = rates[i];
        settle(scene, 20);
        run(scene, 60);
        printf("%u bit/s: layer %d, %d changes in 60 s\n", rates[i], scene->layer, scene->changes);
        assert_true(scene->changes <= 6);
        assert_true(scene->link.sounds_lost * 50 <= scene->link.sounds);
    }
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

/* 64 kbit/s, 10 % loss, 400 ms there and back: sound goes first, and a sharp picture comes at least every ten seconds. */
static void test_thin_link_of_64_kbit_with_loss_shows_stills(void **state)
{
    struct scene *scene = *state;
    struct slot_status status;
    scene->link.bps = 64000;
    scene->link.delay_us = 200000;
    scene->link.loss_percent = 10;
    settle(scene, 20);
    run(scene, 120);
    slot_status(scene->picture, &status);
    assert_int_equal(status.state, SLOT_STILLS);
    assert_int_equal(status.reason, ALLOCATOR_BANDWIDTH);
    assert_true(status.width >= 320);
    printf("%d stills in 120 s, longest wait %.1f s, sound: %d of %d lost, queue at most %llu ms\n",
           scene->link.viewer.frames, (double)scene->link.viewer.longest_us / 1e6, scene->link.sounds_lost,
           scene->link.sounds, (unsigned long long)scene->link.queued_worst_us / 1000);
    assert_true(scene->link.viewer.frames >= 12);
    assert_true(scene->link.viewer.longest_us <= 10000000);
    assert_true(scene->link.sounds_lost * 100 <= scene->link.sounds * 13); /* what chance takes */
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
        THIN(test_thin_link_of_any_steady_rate_shows_a_steady_picture),
        THIN(test_thin_link_of_80_kbit_keeps_the_sound),
        THIN(test_thin_link_of_64_kbit_with_loss_shows_stills),
        THIN(test_thin_link_cut_and_opened_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
