/* One stream with layers inside it, from a publisher through a room: who shows it small, or has little room, is sent a part
 * of it, and to a browser that part looks like a whole stream. The streams are Chromium's own. */
#include "pair_fixture.h"
#include "svc_samples.h"

#include "media/vp9.h"
#include "media/wire.h"

enum { PT_VP9 = 98, PT_AV1 = 45, DESCRIPTOR_ID = 13, TO_DESCRIPTOR_ID = 9, TO_PT = 100, TO_RTX = 101 };

/* What the publisher sends: samples, over and over. */
static struct samples samples;
static uint8_t samples_pt;
static int samples_at; /* how many were played */

static void set_codec(struct codec_list *list, enum codec_kind kind, uint8_t pt)
{
    *list = (struct codec_list){.count = 1,
                                .items = {{.kind = kind, .pt = pt, .rtx_pt = (uint8_t)(pt + 1), .hz = 90000}}};
}

static struct scene *begin(const char *name, enum codec_kind kind)
{
    struct track_config track = fixture_video_track("t1");
    struct slot_config slot = fixture_video_slot("s1", PAIR_SLOT_SSRC);
    samples_load(&samples, name);
    samples_pt = kind == CODEC_VP9 ? PT_VP9 : PT_AV1;
    samples_at = 0;
    set_codec(&track.codecs, kind, samples_pt);
    set_codec(&slot.codecs, kind, TO_PT);
    track.extensions.dependency_descriptor = DESCRIPTOR_ID;
    slot.extensions.dependency_descriptor = TO_DESCRIPTOR_ID;
    track.ssrc_count = 1;
    track.ssrcs[0].ssrc = 1111;
    return pair_begin(&track, &slot);
}

/* The descriptor is longer than the one-byte form of extensions allows: RFC 8285 §4.3. */
static size_t write_packet(const struct sample *sample, uint16_t sequence, uint32_t timestamp, uint8_t *out)
{
    struct rtp_writer writer;
    size_t words = (2u + sample->descriptor_size + 3u) / 4, size = RTP_HEADER_MIN;
    rtp_write_fixed(
        &writer, out,
        &(struct rtp_fixed){
            .timestamp = timestamp, .ssrc = 1111, .sequence = sequence, .pt = samples_pt, .marker = sample->marker});
    if (sample->descriptor_size) {
        out[0] |= 1 << 4;
        wire_put16(out + size, 0x1000);
        wire_put16(out + size + 2, (uint16_t)words);
        memset(out + size + 4, 0, 4 * words);
        out[size + 4] = DESCRIPTOR_ID;
        out[size + 5] = sample->descriptor_size;
        memcpy(out + size + 6, sample->descriptor, sample->descriptor_size);
        size += 4 + 4 * words;
    }
    memcpy(out + size, sample->payload, sample->payload_size);
    return size + sample->payload_size;
}

static void play_packet(struct scene *scene)
{
    uint8_t data[SENT_MAX + 256];
    int round = samples_at / samples.count, index = samples_at % samples.count;
    uint32_t length = samples.of[samples.count - 1].timestamp + 3600;
    samples_at++;
    size_t size = write_packet(&samples.of[index], (uint16_t)(samples.of[index].sequence + round * samples.count),
                               samples.of[index].timestamp + (uint32_t)round * length, data);
    member_rtp(scene->from, data, size, scene->now_us);
}

static bool picture_ends(void)
{
    int next = (samples_at + 1) % samples.count;
    return next == 0 || samples.of[next].timestamp != samples.of[samples_at % samples.count].timestamp;
}

static void play_picture(struct scene *scene)
{
    bool ends;
    do {
        ends = picture_ends();
        play_packet(scene);
    } while (!ends);
    member_flush(scene->from);
    for (int i = 0; i < 4; i++)
        room_tick(scene->room, scene->now_us += 10000);
}

/* To the end of the samples, where all layers are there, so many times. */
static void play(struct scene *scene, int rounds)
{
    for (scene->to_pocket.rtp_count = 0; rounds > 0; rounds -= samples_at % samples.count == 0)
        play_picture(scene);
}

static void show(struct scene *scene, uint16_t width, uint16_t height)
{
    pair_show(scene, &(struct slot_wish){.priority = 1, .max_width = width, .max_height = height});
}

static void assert_size(const struct scene *scene, uint16_t width, uint16_t height)
{
    struct slot_status status;
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_LIVE);
    assert_int_equal(status.width, width);
    assert_int_equal(status.height, height);
}

/* The next packet from `at` that is no repair or probe; −1: none. */
static int next_media(struct scene *scene, int at)
{
    while (at < scene->to_pocket.rtp_count && fixture_sent(&scene->to_pocket, at).pt != TO_PT)
        at++;
    return at < scene->to_pocket.rtp_count ? at : -1;
}

/* What was sent is one stream: no number left out, a marker at the end of each picture. The result is how many packets. */
static int assert_whole(struct scene *scene)
{
    int count = 0;
    for (int at = next_media(scene, 0), next; at >= 0; at = next, count++) {
        next = next_media(scene, at + 1);
        if (next < 0)
            continue;
        struct rtp_packet before = fixture_sent(&scene->to_pocket, at), packet = fixture_sent(&scene->to_pocket, next);
        assert_int_equal((uint16_t)(packet.sequence - before.sequence), 1);
        assert_int_equal(before.marker, packet.timestamp != before.timestamp);
    }
    return count;
}

static struct vp9_descriptor vp9_of(struct scene *scene, int at)
{
    struct vp9_descriptor d;
    struct rtp_packet packet = fixture_sent(&scene->to_pocket, at);
    assert_int_equal(vp9_parse(packet.payload, packet.payload_size, &d), 0);
    return d;
}

static void test_layered_vp9_is_sent_as_large_as_it_is_shown(void **state)
{
    (void)state;
    struct scene *scene = begin("vp9-l3t3_key", CODEC_VP9);
    play(scene, 1);
    show(scene, 1280, 720);
    play(scene, 3);
    assert_size(scene, 1280, 720);
    show(scene, 320, 180);
    play(scene, 3);
    assert_size(scene, 320, 180);
    play(scene, 1);
    assert_true(assert_whole(scene) > 50);
    for (int at = next_media(scene, 0); at >= 0; at = next_media(scene, at + 1))
        assert_int_equal(vp9_of(scene, at).sid, 0);
    show(scene, 640, 360);
    play(scene, 3);
    assert_size(scene, 640, 360);
    pair_end(scene);
}

static void test_layered_av1_is_sent_as_large_as_it_is_shown(void **state)
{
    (void)state;
    struct scene *scene = begin("av1-l3t3", CODEC_AV1);
    play(scene, 1);
    show(scene, 320, 180);
    play(scene, 3);
    assert_size(scene, 320, 180);
    play(scene, 1);
    int count = assert_whole(scene);
    assert_true(count > 50 && count < 100); /* most packets are of larger layers */
    show(scene, 1280, 720);
    play(scene, 3);
    assert_size(scene, 1280, 720);
    pair_end(scene);
}

static uint16_t frame_number(struct scene *scene, int at)
{
    size_t size = 0;
    struct rtp_packet packet = fixture_sent(&scene->to_pocket, at);
    const uint8_t *descriptor = rtp_extension(&packet, TO_DESCRIPTOR_ID, &size);
    assert_true(descriptor && size >= 3);
    return wire_get16(descriptor + 1);
}

/* The source begins anew at 1; for who is sent it again, frames are counted on. */
static void test_layered_av1_frames_are_counted_on_over_a_switch(void **state)
{
    (void)state;
    struct scene *scene = begin("av1-l3t3", CODEC_AV1);
    play(scene, 1);
    show(scene, 1280, 720);
    play(scene, 2);
    uint16_t last = 0;
    for (int at = next_media(scene, 0); at >= 0; at = next_media(scene, at + 1))
        last = frame_number(scene, at);
    assert_true(last > 100);
    member_assign(scene->to, scene->slot, NULL, &(struct slot_wish){0}, scene->now_us);
    show(scene, 1280, 720);
    play(scene, 1);
    int first = next_media(scene, 0);
    assert_int_equal(frame_number(scene, first), (uint16_t)(last + 1));
    assert_true(fixture_sent(&scene->to_pocket, first).extension_size[TO_DESCRIPTOR_ID] >
                16); /* its structure is there */
    pair_end(scene);
}

/* The same lines of a picture that fit the path are sent, and more when there is more room. */
static void test_layered_streams_follow_the_room_there_is(void **state)
{
    static const struct {
        const char *name;
        enum codec_kind kind;
    } streams[] = {{"vp9-l3t3", CODEC_VP9}, {"av1-l3t3_key", CODEC_AV1}};
    (void)state;
    for (int i = 0; i < 2; i++) {
        struct scene *scene = begin(streams[i].name, streams[i].kind);
        struct layer_stats stats;
        play(scene, 1);
        show(scene, 1280, 720);
        play(scene, 3);
        assert_size(scene, 1280, 720);
        layer_stats(track_layer(scene->track, 0), &stats);
        assert_int_equal(stats.spatial, 3);
        assert_int_equal(stats.temporal, 3);
        uint32_t small = stats.points[thin_point(0, 3)].bps, middle = stats.points[thin_point(1, 3)].bps;
        assert_true(small < middle && middle < stats.points[thin_point(2, 3)].bps);
        member_set_ceiling(scene->to, middle + middle / 2, scene->now_us);
        play(scene, 2);
        assert_size(scene, 640, 360);
        member_set_ceiling(scene->to, 0, scene->now_us);
        play(scene, 6);
        assert_size(scene, 1280, 720);
        pair_end(scene);
    }
}

/* What is lost on the way to the viewer is found again, written as it was the first time: the marker of a part too. */
static void test_layered_packets_are_sent_again_as_they_were(void **state)
{
    (void)state;
    struct scene *scene = begin("vp9-l3t3", CODEC_VP9);
    play(scene, 1);
    show(scene, 320, 180);
    play(scene, 3);
    scene->to_pocket.rtp_count = 0;
    for (int i = 0; i < 5; i++)
        play_picture(scene);
    int sent = scene->to_pocket.rtp_count;
    uint16_t sequences[64];
    for (int i = 0; i < sent; i++)
        sequences[i] = fixture_sent(&scene->to_pocket, i).sequence;
    assert_int_equal(slot_retransmit(scene->slot, sequences, sent, 20000, scene->now_us), sent);
    for (int i = 0; i < sent; i++) {
        struct rtp_packet first = fixture_sent(&scene->to_pocket, i), again = fixture_sent(&scene->to_pocket, sent + i);
        assert_int_equal(again.pt, TO_RTX);
        assert_int_equal(wire_get16(again.payload), first.sequence);
        assert_int_equal(again.marker, first.marker);
        assert_int_equal(again.payload_size, first.payload_size + 2);
        assert_memory_equal(again.payload + 2, first.payload, first.payload_size);
    }
    pair_end(scene);
}

/* A still is of one size: what lies above it is not sent. */
static void test_layered_stills_take_what_is_shown_alone(void **state)
{
    (void)state;
    struct scene *scene = begin("vp9-l3t3_key", CODEC_VP9);
    play(scene, 1);
    show(scene, 1280, 720);
    play(scene, 1);
    member_set_ceiling(scene->to, 24000, scene->now_us);
    play(scene, 2);
    struct slot_status status;
    slot_status(scene->slot, &status);
    assert_int_equal(status.state, SLOT_STILLS);
    play(scene, 6);
    assert_true(assert_whole(scene) >= 3);
    int sid = status.width >= 1280 ? 2 : status.width >= 640;
    for (int at = next_media(scene, 0); at >= 0; at = next_media(scene, at + 1))
        assert_true(!vp9_of(scene, at).predicted && vp9_of(scene, at).sid <= sid);
    pair_end(scene);
}

/* At a further worker the stream is thinned as at the first: a relay carries the descriptor on. */
static void test_layered_av1_is_thinned_behind_a_relay(void **state)
{
    (void)state;
    struct scene *scene = begin("av1-l3t3", CODEC_AV1);
    struct pocket *ignored = test_calloc(2, sizeof *ignored);
    struct slot_config relay = fixture_video_slot("relay", 7000), shown = fixture_video_slot("s2", 8000);
    struct track_config track = fixture_video_track("t2");
    struct slot *carries, *shows;
    struct track *carried;
    set_codec(&relay.codecs, CODEC_AV1, TO_PT);
    set_codec(&shown.codecs, CODEC_AV1, TO_PT);
    set_codec(&track.codecs, CODEC_AV1, TO_PT);
    relay.one_layer = true;
    relay.extensions.dependency_descriptor = track.extensions.dependency_descriptor = 9;
    track.ssrc_count = 1;
    track.ssrcs[0].ssrc = 7000;
    struct member *far = fixture_join(scene->room, "far", &ignored[0], scene->now_us);
    struct member *viewer = fixture_join(scene->room, "viewer", &ignored[1], scene->now_us);
    assert_int_equal(member_open_slot(scene->to, &relay, &carries), 0);
    assert_int_equal(member_open_track(far, &track, &carried), 0);
    assert_int_equal(member_open_slot(viewer, &shown, &shows), 0);
    member_assign(scene->to, carries, scene->track, &(struct slot_wish){.priority = 3}, scene->now_us);
    member_assign(viewer, shows, carried, &(struct slot_wish){.priority = 1, .max_width = 320, .max_height = 180},
                  scene->now_us);
    for (int pictures = 0; pictures < 400; pictures++) {
        scene->to_pocket.rtp_count = 0;
        play_picture(scene);
        for (int i = 0; i < scene->to_pocket.rtp_count; i++)
            member_rtp(far, scene->to_pocket.rtp[i].data, scene->to_pocket.rtp[i].size, scene->now_us);
        member_flush(far);
    }
    struct layer_stats stats;
    struct slot_status status;
    layer_stats(track_layer(carried, 0), &stats);
    slot_status(shows, &status);
    assert_int_equal(stats.spatial, 3);
    assert_int_equal(status.state, SLOT_LIVE);
    assert_int_equal(status.width, 320);
    test_free(ignored);
    pair_end(scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layered_vp9_is_sent_as_large_as_it_is_shown),
        cmocka_unit_test(test_layered_av1_is_sent_as_large_as_it_is_shown),
        cmocka_unit_test(test_layered_av1_frames_are_counted_on_over_a_switch),
        cmocka_unit_test(test_layered_streams_follow_the_room_there_is),
        cmocka_unit_test(test_layered_packets_are_sent_again_as_they_were),
        cmocka_unit_test(test_layered_stills_take_what_is_shown_alone),
        cmocka_unit_test(test_layered_av1_is_thinned_behind_a_relay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
