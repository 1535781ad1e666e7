/* Tracks, slots and members together: what a subscriber is sent while sources come, go and are switched. */
#include "pair_fixture.h"

#include "media/vp8.h"
#include "media/wire.h"

static const struct slot_wish shown = {.priority = 1};

static void run(struct scene *scene, uint64_t us)
{
    for (uint64_t end = scene->now_us + us; scene->now_us < end;) {
        scene->now_us += 10000;
        room_tick(scene->room, scene->now_us);
    }
}

static int set_up(void **state)
{
    struct track_config track = fixture_video_track("t1");
    struct slot_config slot = fixture_video_slot("s1", PAIR_SLOT_SSRC);
    track.ssrc_count = 1;
    track.ssrcs[0].ssrc = 1111;
    track.ssrcs[0].rtx = 1112;
    struct scene *scene = *state = pair_begin(&track, &slot);
    scene->camera = (struct camera){.member = scene->from,
                                    .ssrc = 1111,
                                    .sequence = 65500,
                                    .timestamp = 0xFFFFF000,
                                    .picture_id = 32000,
                                    .width = 320,
                                    .height = 180};
    return 0;
}

static struct vp8_descriptor descriptor_of(const struct rtp_packet *packet)
{
    struct vp8_descriptor descriptor;
    assert_int_equal(vp8_parse(packet->payload, packet->payload_size, &descriptor), 0);
    return descriptor;
}

/* Everything sent on the slot's SSRC from `first` on is one unbroken stream. */
static void assert_continuous(struct pocket *pocket, int first)
{
    struct rtp_packet before = fixture_sent(pocket, first);
    for (int i = first + 1; i < pocket->rtp_count; i++) {
        struct rtp_packet packet = fixture_sent(pocket, i);
        struct vp8_descriptor d0 = descriptor_of(&before), d1 = descriptor_of(&packet);
        uint32_t step = packet.timestamp - before.timestamp;
        if (packet.ssrc != 5000)
            continue;
        assert_int_equal((uint16_t)(packet.sequence - before.sequence), 1);
        assert_int_equal((d1.picture.picture_id - d0.picture.picture_id) & 0x7FFF, step ? 1 : 0);
        assert_int_equal((uint8_t)(d1.picture.tl0picidx - d0.picture.tl0picidx), step ? 1 : 0);
        assert_true(step < 90000 * 10);
        before = packet;
    }
}

static void play(struct scene *scene, int frames)
{
    for (int i = 0; i < frames; i++) {
        camera_frame(&scene->camera, false, 2, scene->now_us);
        run(scene, 30000);
    }
}

static void test_routing_starts_on_key_frame(void **state)
{
    struct scene *scene = *state;
    pair_show(scene, &shown);
    play(scene, 3);
    assert_int_equal(scene->to_pocket.rtp_count, 0);
    assert_true(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI) >= 1);
    camera_frame(&scene->camera, true, 3, scene->now_us);
    play(scene, 40);
    assert_int_equal(scene->to_pocket.rtp_count, 83);
    struct rtp_packet first = fixture_sent(&scene->to_pocket, 0);
    assert_int_equal(first.pt, 120);
    assert_int_equal(first.ssrc, 5000);
    assert_true(descriptor_of(&first).key);
    size_t size;
    const uint8_t *mid = rtp_extension(&first, 1, &size);
    assert_non_null(mid);
    assert_memory_equal(mid, "7", 1);
    assert_continuous(&scene->to_pocket, 0);
}

static void test_routing_serves_cached_key_frame_to_fresh_slot(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 3, scene->now_us);
    play(scene, 5);
    pair_show(scene, &shown);
    assert_int_equal(scene->to_pocket.rtp_count, 13);
    play(scene, 5);
    assert_int_equal(scene->to_pocket.rtp_count, 23);
    assert_continuous(&scene->to_pocket, 0);
}

/* What is sent while a browser still shakes hands reaches nobody; the key frame that was asked for in time is not lost by it. */
static void test_routing_begins_at_the_cached_key_frame_when_connected(void **state)
{
    struct scene *scene = *state;
    member_connected(scene->to, false, scene->now_us);
    play(scene, 3);
    pair_show(scene, &shown);
    camera_frame(&scene->camera, true, 3, scene->now_us);
    play(scene, 5);
    int unheard = scene->to_pocket.rtp_count;
    assert_int_equal(unheard, 13);
    int asked = fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI);
    member_connected(scene->to, true, scene->now_us);
    assert_true(scene->to_pocket.rtp_count >= unheard + 13); /* all of it again */
    struct rtp_packet first = fixture_sent(&scene->to_pocket, unheard);
    assert_true(descriptor_of(&first).key);
    play(scene, 5);
    assert_int_equal(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI), asked);
    assert_continuous(&scene->to_pocket, unheard);
}

static void test_routing_asks_when_connected_long_after_the_key_frame(void **state)
{
    struct scene *scene = *state;
    member_connected(scene->to, false, scene->now_us);
    camera_frame(&scene->camera, true, 3, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 40);
    int unheard = scene->to_pocket.rtp_count;
    int asked = fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI);
    member_connected(scene->to, true, scene->now_us);
    play(scene, 2);
    assert_int_equal(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI), asked + 1);
    assert_true(scene->to_pocket.rtp_count <= unheard + 5); /* nothing old */
}

static void test_routing_spaces_key_frame_requests(void **state)
{
    struct scene *scene = *state;
    play(scene, 1);
    pair_show(scene, &shown);
    for (int i = 0; i < 10; i++) {
        play(scene, 1);
    }
    int asked = fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI);
    assert_int_equal(asked, 1); /* 300 ms have not passed */
    play(scene, 10);
    assert_int_equal(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI), 2);
}

/* Another camera of the same publisher. */
static struct camera open_second(struct scene *scene, struct track **track)
{
    struct track_config config = fixture_video_track("t2");
    config.ssrc_count = 1;
    config.ssrcs[0].ssrc = 2222;
    snprintf(config.mid, sizeof config.mid, "2");
    assert_int_equal(member_open_track(scene->from, &config, track), 0);
    return (struct camera){
        .member = scene->from, .ssrc = 2222, .sequence = 7, .timestamp = 12345, .width = 640, .height = 360};
}

static void test_routing_continues_over_sources(void **state)
{
    struct scene *scene = *state;
    struct track *other;
    struct camera second = open_second(scene, &other);
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 20);
    int before = scene->to_pocket.rtp_count;
    camera_frame(&second, true, 2, scene->now_us);
    run(scene, 30000);
    assert_int_equal(member_assign(scene->to, scene->slot, other, &shown, scene->now_us), 0);
    for (int i = 0; i < 20; i++) {
        camera_frame(&second, false, 1, scene->now_us);
        run(scene, 30000);
    }
    assert_int_equal(scene->to_pocket.rtp_count, before + 22);
    assert_continuous(&scene->to_pocket, 0);
}

static void test_routing_timestamp_goes_on_by_capture_time(void **state)
{
    struct scene *scene = *state;
    struct track *other;
    struct camera second = open_second(scene, &other);
    camera_frame(&scene->camera, true, 1, scene->now_us);
    camera_report(&scene->camera, 50000000, scene->now_us); /* NTP 50 s is the next frame's time */
    pair_show(scene, &shown);
    camera_frame(&scene->camera, false, 1, scene->now_us); /* captured at 50.000 */
    run(scene, 200000);
    camera_report(&second, 50200000, scene->now_us);
    uint32_t last = fixture_sent(&scene->to_pocket, scene->to_pocket.rtp_count - 1).timestamp;
    run(scene, 500000); /* the network is slow: it must not show */
    assert_int_equal(member_assign(scene->to, scene->slot, other, &shown, scene->now_us), 0);
    camera_frame(&second, true, 1, scene->now_us);
    run(scene, 10000);
    camera_report(&second, 50300000, scene->now_us);
    camera_frame(&second, false, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 4);
    struct rtp_packet end = fixture_sent(&scene->to_pocket, 3);
    struct rtp_packet start = fixture_sent(&scene->to_pocket, 2);
    assert_in_range(start.timestamp - last, 17998, 18002); /* 200 ms, not 500 */
    assert_int_equal(end.timestamp - start.timestamp, 3000);
}

static void test_routing_retransmits_by_rtx(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 10);
    struct rtp_packet lost = fixture_sent(&scene->to_pocket, 5);
    uint8_t data[64];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    uint16_t sequence = lost.sequence;
    rtcp_write_nack(&writer, 1, 5000, &sequence, 1);
    int before = scene->to_pocket.rtp_count;
    member_rtcp(scene->to, data, writer.size, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, before + 1);
    struct rtp_packet again = fixture_sent(&scene->to_pocket, before);
    assert_int_equal(again.ssrc, 5001);
    assert_int_equal(again.pt, 121);
    assert_int_equal(again.timestamp, lost.timestamp);
    assert_int_equal(wire_get16(again.payload), lost.sequence);
    assert_int_equal(again.payload_size, lost.payload_size + 2);
    assert_memory_equal(again.payload + 2, lost.payload, lost.payload_size);
}

static void test_routing_asks_publisher_and_takes_rtx(void **state)
{
    struct scene *scene = *state;
    uint8_t lost[SENT_MAX], data[SENT_MAX];
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 2);
    scene->camera.picture_id++;
    scene->camera.tl0picidx++;
    uint16_t missing = scene->camera.sequence;
    size_t size = camera_packet(&scene->camera, false, true, true, lost);
    scene->camera.timestamp += 3000;
    int before = scene->to_pocket.rtp_count;
    play(scene, 2);
    assert_int_equal(scene->to_pocket.rtp_count, before + 4);
    assert_int_equal(fixture_count_rtcp(&scene->from_pocket, RTCP_RTPFB, RTCP_RTPFB_NACK), 1);
    memcpy(data, lost, 12);
    data[1] = (uint8_t)(FIXTURE_PT_RTX | 0x80);
    wire_put16(data + 2, 77);
    wire_put32(data + 8, 1112);
    wire_put16(data + 12, missing);
    memcpy(data + 14, lost + 12, size - 12);
    member_rtp(scene->from, data, size + 2, scene->now_us);
    member_flush(scene->from);
    assert_int_equal(scene->to_pocket.rtp_count, before + 5);
    struct rtp_packet late = fixture_sent(&scene->to_pocket, before + 4);
    struct rtp_packet next = fixture_sent(&scene->to_pocket, before);
    assert_int_equal((uint16_t)(next.sequence - late.sequence), 1);
    member_rtp(scene->from, data, size + 2, scene->now_us); /* repeated: not forwarded twice */
    member_flush(scene->from);
    assert_int_equal(scene->to_pocket.rtp_count, before + 5);
}

/* Who loses nothing is looked at less often; that must not show when something is lost. */
static void test_routing_asks_at_once_however_calm_it_was(void **state)
{
    struct scene *scene = *state;
    uint8_t lost[SENT_MAX];
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    for (int i = 0; i < 8; i++) {
        play(scene, 10);
        run(scene, 10000u * (unsigned)(i % 4)); /* wherever between two looks it is */
        int asked = fixture_count_rtcp(&scene->from_pocket, RTCP_RTPFB, RTCP_RTPFB_NACK);
        camera_packet(&scene->camera, false, true, true, lost);
        camera_frame(&scene->camera, false, 2, scene->now_us);
        run(scene, 20000);
        assert_int_equal(fixture_count_rtcp(&scene->from_pocket, RTCP_RTPFB, RTCP_RTPFB_NACK), asked + 1);
        run(scene, 3000000); /* given up */
    }
}

/* Seen in the bench's joins: a viewer who came just after the encoder had switched its largest layer off waited for it a second. */
static void test_routing_shows_a_smaller_layer_while_the_larger_is_silent(void **state)
{
    struct scene *scene = *state;
    struct track_config config = fixture_video_track("t3");
    struct track *track;
    config.ssrc_count = 2;
    config.ssrcs[0].ssrc = 31;
    config.ssrcs[1].ssrc = 32;
    snprintf(config.mid, sizeof config.mid, "3");
    assert_int_equal(member_open_track(scene->from, &config, &track), 0);
    struct camera large = {.member = scene->from, .ssrc = 31, .timestamp = 500, .width = 640, .height = 360};
    struct camera little = {.member = scene->from, .ssrc = 32, .timestamp = 9999, .width = 160, .height = 90};
    camera_frame(&large, true, 2, scene->now_us);
    camera_frame(&little, true, 1, scene->now_us);
    for (int i = 0; i < 25; i++) { /* the key frames grow old, and the large one stops */
        camera_frame(&little, false, 1, scene->now_us);
        run(scene, 33000);
    }
    assert_int_equal(member_assign(scene->to, scene->slot, track, &shown, scene->now_us), 0);
    camera_frame(&little, true, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 1);
    camera_frame(&little, false, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 2);
    run(scene, 33000);
    camera_frame(&large, true, 2, scene->now_us); /* it is back */
    assert_int_equal(scene->to_pocket.rtp_count, 4);
    camera_frame(&little, false, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 4);
    assert_continuous(&scene->to_pocket, 0);
}

static void test_routing_reports_to_both_sides(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    run(scene, 20000);
    assert_int_equal(fixture_count_rtcp(&scene->to_pocket, RTCP_SR, -1), 1); /* with the first packets */
    play(scene, 80);
    int reports = fixture_count_rtcp(&scene->to_pocket, RTCP_SR, -1);
    assert_in_range(reports, 3, 4);
    run(scene, 5000000);
    assert_in_range(fixture_count_rtcp(&scene->to_pocket, RTCP_SR, -1), reports, reports + 3); /* idle: none */
    assert_true(fixture_count_rtcp(&scene->from_pocket, RTCP_RR, 1) >= 2);
}

static void test_routing_survives_track_closed_under_slot(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    member_close_track(scene->from, scene->track);
    assert_null(slot_track(scene->slot));
    struct slot_status status;
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_EMPTY);
    play(scene, 2);
}

static void test_routing_binds_layers_by_rid_and_switches(void **state)
{
    struct scene *scene = *state;
    struct track_config config = fixture_video_track("t3");
    struct track *track;
    config.rid_count = 2;
    strcpy(config.rids[0], "f");
    strcpy(config.rids[1], "q");
    strcpy(config.mid, "3");
    assert_int_equal(member_open_track(scene->from, &config, &track), 0);
    struct camera large = {.member = scene->from,
                           .ssrc = 31,
                           .timestamp = 500,
                           .width = 640,
                           .height = 360,
                           .mid = "3",
                           .rid = "f",
                           .mid_id = 4,
                           .rid_id = 10};
    struct camera little = large;
    little.ssrc = 32;
    little.rid = "q";
    little.width = 160;
    little.height = 90;
    little.timestamp = 9999;
    struct slot_wish small = {.priority = 1, .max_width = 160, .max_height = 90};
    camera_frame(&large, true, 2, scene->now_us);
    camera_frame(&little, true, 1, scene->now_us);
    large.mid = large.rid = little.mid = little.rid = NULL; /* only the first packets tell */
    assert_int_equal(member_assign(scene->to, scene->slot, track, &small, scene->now_us), 0);
    assert_int_equal(scene->to_pocket.rtp_count, 1);
    for (int i = 0; i < 20; i++) {
        camera_frame(&large, false, 2, scene->now_us);
        camera_frame(&little, false, 1, scene->now_us);
        run(scene, 33000);
    }
    assert_int_equal(scene->to_pocket.rtp_count, 21);
    assert_int_equal(member_assign(scene->to, scene->slot, track, &shown, scene->now_us), 0);
    camera_frame(&large, false, 2, scene->now_us);
    camera_frame(&little, false, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 22); /* the old layer until the key frame */
    run(scene, 33000);
    camera_frame(&large, true, 2, scene->now_us);
    camera_frame(&little, true, 1, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 24);
    run(scene, 33000);
    camera_frame(&large, false, 2, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, 26);
    assert_continuous(&scene->to_pocket, 0);
    struct slot_status status;
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_LIVE);
    assert_string_equal(status.rid, "f");
}

static void play_both(struct scene *scene, struct camera *cameras, int frames)
{
    for (int i = 0; i < frames; i++) {
        for (int k = 0; k < 2; k++)
            camera_frame(&cameras[k], i == 0, 1, scene->now_us);
        run(scene, 33000);
    }
}

/* A relay has a slot for each layer. What nobody behind it shows so large does not cross it. */
static void test_routing_carries_no_larger_layer_than_is_shown(void **state)
{
    struct scene *scene = *state;
    struct track_config config = fixture_video_track("t3");
    struct slot_config own = fixture_video_slot("s2", 6000);
    const struct slot_wish small = {.priority = 3, .max_width = 160, .max_height = 90}, large = {.priority = 3};
    struct track *track;
    struct slot *carries;
    config.ssrc_count = 2;
    config.ssrcs[0].ssrc = 31;
    config.ssrcs[1].ssrc = 32;
    own.one_layer = true; /* of layer 0, the large one */
    assert_int_equal(member_open_track(scene->from, &config, &track), 0);
    assert_int_equal(member_open_slot(scene->to, &own, &carries), 0);
    struct camera cameras[] = {{.member = scene->from, .ssrc = 31, .timestamp = 500, .width = 640, .height = 360},
                               {.member = scene->from, .ssrc = 32, .timestamp = 9999, .width = 160, .height = 90}};
    assert_int_equal(member_assign(scene->to, carries, track, &large, scene->now_us), 0);
    play_both(scene, cameras, 10);
    assert_int_equal(scene->to_pocket.rtp_count, 10);
    assert_int_equal(member_assign(scene->to, carries, track, &small, scene->now_us), 0);
    play_both(scene, cameras, 90);
    assert_int_equal(scene->to_pocket.rtp_count, 10);
    int asked = fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI);
    assert_int_equal(member_assign(scene->to, carries, track, &large, scene->now_us), 0);
    run(scene, 400000);
    assert_true(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI) > asked);
    play_both(scene, cameras, 10);
    assert_int_equal(scene->to_pocket.rtp_count, 20);
    struct rtp_packet last = fixture_sent(&scene->to_pocket, 9), first = fixture_sent(&scene->to_pocket, 10);
    assert_int_equal((uint16_t)(first.sequence - last.sequence), 1); /* nothing that the far end would ask for again */
    assert_true(descriptor_of(&first).key);
}

/* Plays frames of three temporal layers. */
static void play_temporal(struct scene *scene, int frames)
{
    static const uint8_t pattern[] = {0, 2, 1, 2};
    for (int i = 0; i < frames; i++) {
        scene->camera.tid = pattern[i % 4];
        camera_frame(&scene->camera, false, 2, scene->now_us);
        run(scene, 30000);
    }
    scene->camera.tid = 0;
}

static void test_routing_thins_out_temporal_layers(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play_temporal(scene, 100);
    struct layer_stats stats;
    layer_stats(track_layer(scene->track, 0), &stats);
    assert_int_equal(stats.temporal, 3);
    int all = scene->to_pocket.rtp_count;
    member_set_ceiling(scene->to, stats.points[0].bps + stats.points[0].bps / 2, scene->now_us);
    play_temporal(scene, 40);
    assert_int_equal(scene->to_pocket.rtp_count, all + 20); /* a frame in four */
    member_set_ceiling(scene->to, 0, scene->now_us);
    play_temporal(scene, 40);
    assert_true(scene->to_pocket.rtp_count < all + 20 + 80); /* not at once */
    play_temporal(scene, 80);
    int before = scene->to_pocket.rtp_count;
    play_temporal(scene, 8);
    assert_int_equal(scene->to_pocket.rtp_count, before + 16);
    for (int i = 1; i < scene->to_pocket.rtp_count; i++) {
        struct rtp_packet one = fixture_sent(&scene->to_pocket, i - 1), other = fixture_sent(&scene->to_pocket, i);
        struct vp8_descriptor d0 = descriptor_of(&one), d1 = descriptor_of(&other);
        assert_int_equal((uint16_t)(other.sequence - one.sequence), 1);
        assert_int_equal((d1.picture.picture_id - d0.picture.picture_id) & 0x7FFF, other.timestamp != one.timestamp);
    }
}

/* Below what moves there are stills: nothing but key frames, slowly, and the stream stays one. */
static void test_routing_shows_stills_on_a_thin_path_and_moves_again(void **state)
{
    struct scene *scene = *state;
    struct slot_status status;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 50);
    member_set_ceiling(scene->to, 1000, scene->now_us);
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_STILLS);
    assert_int_equal(status.reason, ALLOCATOR_BANDWIDTH);
    int before = scene->to_pocket.rtp_count;
    play(scene, 20);
    assert_int_equal(scene->to_pocket.rtp_count, before);
    assert_true(fixture_count_rtcp(&scene->from_pocket, RTCP_PSFB, RTCP_PSFB_PLI) >= 1);
    camera_frame(&scene->camera, true, 12, scene->now_us);
    play(scene, 20);
    int sent = scene->to_pocket.rtp_count - before;
    assert_true(sent > 1 && sent < 12); /* paced: twelve packets of 200 bytes take two seconds */
    play(scene, 80);
    assert_int_equal(scene->to_pocket.rtp_count, before + 12 + 2);
    for (int i = 0; i < 12; i++)
        assert_true(fixture_sent(&scene->to_pocket, before + i).timestamp ==
                    fixture_sent(&scene->to_pocket, before).timestamp);
    assert_int_equal(fixture_sent(&scene->to_pocket, before + 12).ssrc, 5001); /* the last once more: none follows it */
    member_set_ceiling(scene->to, 0, scene->now_us);
    play(scene, 80);
    camera_frame(&scene->camera, true, 2, scene->now_us);
    play(scene, 5);
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_LIVE);
    assert_continuous(&scene->to_pocket, 0);
}

/* Seconds after it was sent, when the source's own cache has long forgotten it. */
static void test_routing_repairs_a_still_from_its_own_copy(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 50);
    member_set_ceiling(scene->to, 1000, scene->now_us);
    run(scene, 1000000);
    int before = scene->to_pocket.rtp_count;
    camera_frame(&scene->camera, true, 12, scene->now_us);
    for (int i = 0; i < 10; i++)
        camera_frame(&scene->camera, false, 60, scene->now_us);
    play(scene, 100);
    struct rtp_packet first = fixture_sent(&scene->to_pocket, before);
    uint8_t data[32];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    rtcp_write_nack(&writer, 1, 5000, &first.sequence, 1);
    int sent = scene->to_pocket.rtp_count;
    member_rtcp(scene->to, data, writer.size, scene->now_us);
    assert_int_equal(scene->to_pocket.rtp_count, sent + 1);
    struct rtp_packet again = fixture_sent(&scene->to_pocket, sent);
    assert_int_equal(again.ssrc, 5001);
    assert_int_equal(wire_get16(again.payload), first.sequence);
    assert_memory_equal(again.payload + 2, first.payload, first.payload_size);
}

static void test_routing_begins_anew_when_the_publisher_does(void **state)
{
    struct scene *scene = *state;
    camera_frame(&scene->camera, true, 2, scene->now_us);
    pair_show(scene, &shown);
    play(scene, 10);
    scene->camera.sequence = (uint16_t)(scene->camera.sequence + 20000); /* a page that was reloaded in place */
    scene->camera.timestamp += 0x40000000;
    scene->camera.picture_id = 3;
    int before = scene->to_pocket.rtp_count;
    play(scene, 3);
    assert_int_equal(scene->to_pocket.rtp_count, before);
    camera_frame(&scene->camera, true, 2, scene->now_us);
    play(scene, 3);
    assert_int_equal(scene->to_pocket.rtp_count, before + 8);
    assert_continuous(&scene->to_pocket, 0);
}

int main(void)
{
#define ROUTING(name) cmocka_unit_test_setup_teardown(name, set_up, pair_done)
    const struct CMUnitTest tests[] = {
        ROUTING(test_routing_starts_on_key_frame),
        ROUTING(test_routing_serves_cached_key_frame_to_fresh_slot),
        ROUTING(test_routing_begins_at_the_cached_key_frame_when_connected),
        ROUTING(test_routing_asks_when_connected_long_after_the_key_frame),
        ROUTING(test_routing_spaces_key_frame_requests),
        ROUTING(test_routing_continues_over_sources),
        ROUTING(test_routing_timestamp_goes_on_by_capture_time),
        ROUTING(test_routing_retransmits_by_rtx),
        ROUTING(test_routing_asks_publisher_and_takes_rtx),
        ROUTING(test_routing_asks_at_once_however_calm_it_was),
        ROUTING(test_routing_shows_a_smaller_layer_while_the_larger_is_silent),
        ROUTING(test_routing_reports_to_both_sides),
        ROUTING(test_routing_survives_track_closed_under_slot),
        ROUTING(test_routing_binds_layers_by_rid_and_switches),
        ROUTING(test_routing_carries_no_larger_layer_than_is_shown),
        ROUTING(test_routing_thins_out_temporal_layers),
        ROUTING(test_routing_shows_stills_on_a_thin_path_and_moves_again),
        ROUTING(test_routing_repairs_a_still_from_its_own_copy),
        ROUTING(test_routing_begins_anew_when_the_publisher_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
