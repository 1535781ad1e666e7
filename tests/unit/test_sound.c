/* Sound: redundancy stripped, passed, made and used for repair; who speaks; when it was captured. */
#include "pair_fixture.h"

#include "media/capture_clock.h"
#include "media/red.h"
#include "media/resend.h"
#include "media/shape.h"
#include "media/speaker.h"

enum { PT_RED = 63 };

static int set_up(void **state)
{
    struct codec_list both = {.count = 2,
                              .items = {{.kind = CODEC_RED, .pt = PT_RED, .hz = 48000},
                                        {.kind = CODEC_OPUS, .pt = FIXTURE_PT_OPUS, .hz = 48000}}};
    struct track_config track = {.name = "a", .mid = "0", .codecs = both, .ssrc_count = 1, .ssrcs = {{.ssrc = 11}}};
    struct slot_config slot = {.name = "s", .mid = "0", .ssrc = PAIR_SLOT_SSRC, .codecs = both};
    slot.codecs.items[0].pt = 96;
    slot.codecs.items[1].pt = 109;
    struct scene *scene = *state = pair_begin(&track, &slot);
    pair_show(scene, &(struct slot_wish){0});
    return 0;
}

static void send(struct scene *scene, uint16_t sequence, uint8_t pt, const uint8_t *payload, size_t size)
{
    uint8_t data[SENT_MAX];
    struct rtp_writer writer;
    struct rtp_fixed fixed = {.timestamp = sequence * 960u, .ssrc = 11, .sequence = sequence, .pt = pt};
    rtp_write_fixed(&writer, data, &fixed);
    memcpy(data + 12, payload, size);
    scene->now_us += 20000;
    member_rtp(scene->from, data, size + 12, scene->now_us);
}

/* An Opus payload that tells its number. */
static void send_plain(struct scene *scene, uint16_t sequence)
{
    uint8_t payload[3] = {(uint8_t)sequence, 1, 2};
    send(scene, sequence, FIXTURE_PT_OPUS, payload, sizeof payload);
}

static void send_red(struct scene *scene, uint16_t sequence)
{
    uint8_t bytes[3] = {(uint8_t)(sequence - 2), (uint8_t)(sequence - 1), (uint8_t)sequence}, out[64];
    struct red_part parts[3] = {{.payload = &bytes[0], .size = 1, .offset = 1920},
                                {.payload = &bytes[1], .size = 1, .offset = 960},
                                {.payload = &bytes[2], .size = 1}};
    size_t size = red_make(parts, 3, FIXTURE_PT_OPUS, out, sizeof out);
    send(scene, sequence, PT_RED, out, size);
}

static void lose(struct scene *scene, uint8_t fraction)
{
    uint8_t data[64];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    rtcp_write_rr(&writer, 1, &(struct rtcp_block){.ssrc = 5000, .fraction = fraction}, 1);
    member_rtcp(scene->to, data, writer.size, scene->now_us);
}

static void test_sound_redundancy_is_stripped_on_a_clean_path(void **state)
{
    struct scene *scene = *state;
    send_red(scene, 10);
    struct rtp_packet packet = fixture_sent(&scene->to_pocket, 0);
    assert_int_equal(packet.pt, 109);
    assert_int_equal(packet.payload_size, 1);
    assert_int_equal(packet.payload[0], 10);
}

/* At 200 kbit/s half the line was kept for sound that came with redundancy and left without, and pictures stood still. */
static void test_sound_takes_no_room_for_redundancy_that_is_stripped(void **state)
{
    struct scene *scene = *state;
    struct layer_stats stats;
    for (uint16_t sequence = 10; sequence < 210; sequence++) {
        send_red(scene, sequence);
        track_tick(slot_track(scene->slot), scene->now_us, 0);
    }
    layer_stats(track_layer(slot_track(scene->slot), 0), &stats);
    assert_in_range(stats.plain_bps, stats.bps / 20, stats.bps / 8); /* one byte of eleven */
    assert_in_range(slot_sound_bps(scene->slot), 50 * 8 * 40, 50 * 8 * 70);
    lose(scene, 30);
    assert_true(slot_sound_bps(scene->slot) > 2 * stats.plain_bps);
}

static void test_sound_redundancy_is_passed_on_a_lossy_path(void **state)
{
    struct scene *scene = *state;
    struct red red;
    lose(scene, 20);
    send_red(scene, 10);
    struct rtp_packet packet = fixture_sent(&scene->to_pocket, 0);
    assert_int_equal(packet.pt, 96);
    assert_int_equal(red_parse(packet.payload, packet.payload_size, &red), 0);
    assert_int_equal(red.count, 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(packet.payload[red.blocks[i].type_at] & 127, 109);
}

static void test_sound_redundancy_is_made_on_a_lossy_path(void **state)
{
    struct scene *scene = *state;
    struct red red;
    for (uint16_t i = 0; i < 3; i++)
        send_plain(scene, i);
    lose(scene, 20);
    send_plain(scene, 3);
    struct rtp_packet packet = fixture_sent(&scene->to_pocket, 3);
    assert_int_equal(packet.pt, 96);
    assert_int_equal(red_parse(packet.payload, packet.payload_size, &red), 0);
    assert_int_equal(red.count, 3);
    assert_int_equal(red.blocks[0].offset, 1920);
    assert_int_equal(packet.payload[red.blocks[0].at], 1);
    assert_int_equal(packet.payload[red.blocks[2].at], 3);
    for (int i = 0; i < 5; i++)
        lose(scene, 0);
    send_plain(scene, 4);
    assert_int_equal(fixture_sent(&scene->to_pocket, 4).pt, 109);
}

static void test_sound_is_repeated_as_far_as_there_is_room(void **state)
{
    struct scene *scene = *state;
    for (uint16_t i = 0; i < 3; i++)
        send_plain(scene, i);
    lose(scene, 20);
    for (int distance = 0; distance <= SHAPE_DISTANCE_MAX; distance++) {
        slot_allow_redundancy(scene->slot, (uint8_t)distance);
        send_plain(scene, (uint16_t)(3 + distance));
        struct rtp_packet packet = fixture_sent(&scene->to_pocket, 3 + distance);
        struct red red = {.count = 1};
        if (distance)
            assert_int_equal(red_parse(packet.payload, packet.payload_size, &red), 0);
        assert_int_equal(packet.pt, distance ? 96 : 109);
        assert_int_equal(red.count, distance + 1);
    }
}

static void test_sound_lost_packets_come_back_out_of_redundancy(void **state)
{
    struct scene *scene = *state;
    send_red(scene, 65535);
    send_red(scene, 2); /* 0 and 1 are lost */
    assert_int_equal(scene->to_pocket.rtp_count, 4);
    for (int i = 1; i < 4; i++) {
        struct rtp_packet packet = fixture_sent(&scene->to_pocket, i);
        struct rtp_packet before = fixture_sent(&scene->to_pocket, i - 1);
        assert_int_equal(packet.payload[0], i - 1);
        assert_int_equal((uint16_t)(packet.sequence - before.sequence), 1);
        assert_int_equal(packet.timestamp - before.timestamp, i == 1 ? (uint32_t)(0 - 65535u * 960u) : 960);
    }
    send_plain(scene, 1); /* late after all: not twice */
    assert_int_equal(scene->to_pocket.rtp_count, 4);
}

static void test_sound_loss_is_told_to_the_publisher(void **state)
{
    struct scene *scene = *state;
    send_plain(scene, 1);
    lose(scene, 26);
    room_tick(scene->room, scene->now_us += 1100000);
    struct rtcp_packet packet;
    struct rtcp_block block;
    bool found = false;
    for (int i = 0; i < scene->from_pocket.rtcp_count; i++) {
        struct rtcp_reader reader = {.at = scene->from_pocket.rtcp[i].data, .left = scene->from_pocket.rtcp[i].size};
        while (rtcp_next(&reader, &packet))
            found |= packet.type == RTCP_RR && rtcp_block(&packet, 0, &block) && block.fraction == 26;
    }
    assert_true(found);
}

static void run_speaker(struct speaker *speaker, uint64_t *now_us, const void *track, uint8_t level, int packets)
{
    for (int i = 0; i < packets; i++) {
        if (track)
            speaker_input(speaker, track, level);
        speaker_tick(speaker, *now_us += 20000);
    }
}

/* A line to the subscriber as a transport is: it keeps what it is told to and can send that again. */
struct keeper {
    struct pocket pocket;
    struct resend *resend;
};

static int keeper_rtp(void *arg, const uint8_t *header, size_t header_size, const uint8_t *payload, size_t size)
{
    return pocket_rtp(&((struct keeper *)arg)->pocket, header, header_size, payload, size);
}

static int keeper_rtcp(void *arg, uint8_t *packet, size_t size)
{
    return pocket_rtcp(&((struct keeper *)arg)->pocket, packet, size);
}

static void keeper_keep(void *arg, uint32_t ssrc, uint16_t sequence)
{
    struct keeper *keeper = arg;
    int last = keeper->pocket.rtp_count - 1;
    resend_put(keeper->resend, ssrc, sequence, keeper->pocket.rtp[last].data, keeper->pocket.rtp[last].size);
}

static size_t keeper_resend(void *arg, uint32_t ssrc, uint16_t sequence)
{
    struct keeper *keeper = arg;
    size_t size;
    const uint8_t *packet = resend_get(keeper->resend, ssrc, sequence, &size);
    return packet ? (pocket_rtp(&keeper->pocket, packet, size, packet, 0), size) : 0;
}

static void ask_again(struct member *member, const uint16_t *sequences, int count, uint64_t now_us)
{
    uint8_t data[100];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    rtcp_write_nack(&writer, 1, 8000, sequences, count);
    member_rtcp(member, data, writer.size, now_us);
}

static bool is_again(const struct pocket *pocket, int index, int earlier)
{
    return pocket->rtp[index].size == pocket->rtp[earlier].size &&
           memcmp(pocket->rtp[index].data, pocket->rtp[earlier].data, pocket->rtp[index].size) == 0;
}

/* Somebody who takes no redundancy. */
static struct member *join_keeper(struct scene *scene, struct keeper *keeper)
{
    struct member_out out = {.rtp_fn = keeper_rtp,
                             .keep_fn = keeper_keep,
                             .resend_fn = keeper_resend,
                             .rtcp_fn = keeper_rtcp,
                             .forget_fn = silent_forget,
                             .arg = keeper};
    struct slot_config config = {
        .name = "ear", .mid = "0", .ssrc = 8000, .extensions = {.twcc = 3, .abs_send_time = 4}};
    struct slot_wish wish = {0};
    struct member *member;
    struct slot *slot;
    keeper->resend = resend_create();
    config.codecs = (struct codec_list){.count = 1, .items = {{.kind = CODEC_OPUS, .pt = 109, .hz = 48000}}};
    assert_int_equal(room_join(scene->room, "far", &out, scene->now_us, &member), 0);
    member_connected(member, true, scene->now_us);
    assert_int_equal(member_open_slot(member, &config, &slot), 0);
    assert_int_equal(member_assign(member, slot, scene->track, &wish, scene->now_us), 0);
    return member;
}

/* Sound has no RTX: a repeat with another byte under the same number would give the key away. */
static void test_sound_that_was_lost_is_sent_again_byte_for_byte(void **state)
{
    struct scene *scene = *state;
    struct keeper *keeper = test_calloc(1, sizeof *keeper);
    struct member *member = join_keeper(scene, keeper);
    send_plain(scene, 10);
    uint16_t first = fixture_sent(&keeper->pocket, 0).sequence;
    ask_again(member, &first, 1, scene->now_us);
    assert_int_equal(keeper->pocket.rtp_count, 1); /* on a line that had lost nothing yet nothing is kept */
    for (uint16_t i = 11; i < 16; i++)
        send_plain(scene, i);
    uint16_t lost[2] = {(uint16_t)(first + 2), (uint16_t)(first + 4)};
    ask_again(member, lost, 2, scene->now_us);
    assert_int_equal(keeper->pocket.rtp_count, 8);
    assert_true(is_again(&keeper->pocket, 6, 2));
    assert_true(is_again(&keeper->pocket, 7, 4));
    ask_again(member, lost, 2, scene->now_us + 10000); /* it cannot have come yet */
    assert_int_equal(keeper->pocket.rtp_count, 8);
    room_leave(scene->room, member);
    resend_destroy(keeper->resend);
    test_free(keeper);
}

/* Firefox knows no redundancy: at 30 % loss it had to make up 27 % of the sound. */
static void test_sound_is_repeated_whole_where_redundancy_is_not_known(void **state)
{
    struct scene *scene = *state;
    struct keeper *keeper = test_calloc(1, sizeof *keeper);
    struct member *member = join_keeper(scene, keeper);
    uint8_t data[64];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    send_plain(scene, 10);
    assert_int_equal(keeper->pocket.rtp_count, 1);
    rtcp_write_rr(&writer, 1, &(struct rtcp_block){.ssrc = 8000, .fraction = 60}, 1);
    member_rtcp(member, data, writer.size, scene->now_us);
    for (uint16_t i = 11; i < 15; i++)
        send_plain(scene, i);
    /* 11, 12 11, 13 12 11, 14 13 12 */
    assert_int_equal(keeper->pocket.rtp_count, 1 + 1 + 2 + 3 + 3);
    assert_true(is_again(&keeper->pocket, 3, 1));
    assert_true(is_again(&keeper->pocket, 5, 2));
    assert_true(is_again(&keeper->pocket, 6, 1));
    room_leave(scene->room, member);
    resend_destroy(keeper->resend);
    test_free(keeper);
}

/* The subscriber's report tells a round trip of this long. */
static void tell_rtt(struct scene *scene, struct member *member, uint32_t ssrc, uint64_t rtt_us)
{
    uint8_t data[100];
    struct rtcp_writer writer = {.data = data, .room = sizeof data};
    uint64_t sent_us = scene->now_us - rtt_us + 3900000000000000ull;
    struct rtcp_block block = {.ssrc = ssrc, .last_sr = (uint32_t)(rtcp_ntp_from_us(sent_us) >> 16)};
    rtcp_write_rr(&writer, 1, &block, 1);
    member_rtcp(member, data, writer.size, scene->now_us);
}

/* Loses every other packet for a second; the result is how many requests the publisher was sent. */
static int lose_sound(struct scene *scene, uint16_t *sequence)
{
    scene->from_pocket.rtcp_count = 0;
    for (int i = 0; i < 50; i++) {
        send_plain(scene, *sequence += 2);
        for (int tick = 0; tick < 2; tick++)
            room_tick(scene->room, scene->now_us += 10000);
    }
    return fixture_count_rtcp(&scene->from_pocket, RTCP_RTPFB, RTCP_RTPFB_NACK);
}

/* Seen on a line of 64 kbit/s: 28 requests a second to one who published, and 35 repeats of sound that came too late. */
static void test_sound_is_not_asked_for_again_where_it_would_come_too_late(void **state)
{
    struct scene *scene = *state;
    struct slot_config config = {.name = "theirs", .mid = "9", .ssrc = 7000};
    struct slot *slot;
    config.codecs = slot_config(scene->slot)->codecs;
    assert_int_equal(member_open_slot(scene->from, &config, &slot), 0);
    uint16_t sequence = 0;
    assert_true(lose_sound(scene, &sequence) > 20);
    tell_rtt(scene, scene->from, 7000, 400000);
    assert_int_equal(lose_sound(scene, &sequence), 0);
}

static void test_speaker_takes_over_after_a_while_and_not_for_a_cough(void **state)
{
    (void)state;
    struct speaker speaker = {0};
    uint64_t now_us = 1000000;
    int one = 0, other = 0;
    run_speaker(&speaker, &now_us, &one, 90, 100);
    assert_null(speaker_current(&speaker)); /* a quiet room */
    run_speaker(&speaker, &now_us, &one, 20, 30);
    assert_ptr_equal(speaker_current(&speaker), &one);
    for (int i = 0; i < 30; i++) { /* the other coughs into it */
        run_speaker(&speaker, &now_us, &one, 20, 1);
        if (i > 10 && i < 18)
            speaker_input(&speaker, &other, 5);
    }
    assert_ptr_equal(speaker_current(&speaker), &one);
    run_speaker(&speaker, &now_us, NULL, 0, 200); /* silence, nothing sent at all */
    assert_ptr_equal(speaker_current(&speaker), &one);
    run_speaker(&speaker, &now_us, &other, 30, 40);
    assert_ptr_equal(speaker_current(&speaker), &other);
    assert_true(speaker_remove(&speaker, &other));
    assert_null(speaker_current(&speaker));
}

enum { TALKERS = 10 };

/* Everybody's microphone is open, `levels` says how loud; answers who is heard at the end, as bits. */
static unsigned talk(struct speaker *speaker, uint64_t *now_us, const uint8_t *levels, int packets)
{
    static const char talkers[TALKERS];
    unsigned heard = 0;
    for (int i = 0; i < packets; i++, speaker_tick(speaker, *now_us += 20000))
        for (int who = 0; who < TALKERS; who++) {
            unsigned bit = 1u << who;
            heard = speaker_input(speaker, &talkers[who], levels[who]) ? heard | bit : heard & ~bit;
        }
    return heard;
}

static void test_speaker_lets_the_loudest_be_heard_and_no_more(void **state)
{
    (void)state;
    struct speaker speaker = {0};
    uint64_t now_us = 1000000;
    uint8_t levels[TALKERS] = {20, 22, 24, 26, 28, 30, 60, 62, 64, 66};
    talk(&speaker, &now_us, levels, 100);
    assert_int_equal(talk(&speaker, &now_us, levels, 100), 0x3F);
    levels[9] = 15; /* begins to speak: heard within half a second */
    assert_int_equal(talk(&speaker, &now_us, levels, 25) & 0x200, 0x200);
    assert_int_equal(talk(&speaker, &now_us, levels, 10) & 0x20, 0x20); /* whom it outdid is not cut off in the word */
    assert_int_equal(talk(&speaker, &now_us, levels, 100), 0x21F);
    levels[0] = 90; /* stops, and makes room for the next */
    assert_int_equal(talk(&speaker, &now_us, levels, 200), 0x23E);
}

static void test_speaker_lets_everybody_be_heard_where_few_make_a_sound(void **state)
{
    (void)state;
    struct speaker speaker = {0};
    uint64_t now_us = 1000000;
    uint8_t levels[TALKERS] = {20, 127, 127, 127, 127, 127, 127, 127, 127, 127};
    talk(&speaker, &now_us, levels, 300);
    assert_int_equal(talk(&speaker, &now_us, levels, 1), 0x3FF);
}

/* Who is not among the loudest is left out without a gap that a receiver would take for loss. */
static void test_sound_of_the_unheard_is_left_out_without_a_gap(void **state)
{
    struct scene *scene = *state;
    uint8_t sound[60] = {1};
    for (uint16_t i = 0; i < 5; i++)
        send(scene, i, FIXTURE_PT_OPUS, sound, sizeof sound);
    track_set_heard(scene->track, false);
    for (uint16_t i = 5; i < 30; i++)
        send(scene, i, FIXTURE_PT_OPUS, sound, sizeof sound);
    assert_int_equal(scene->to_pocket.rtp_count, 5);
    track_set_heard(scene->track, true);
    send(scene, 30, FIXTURE_PT_OPUS, sound, sizeof sound);
    assert_int_equal(scene->to_pocket.rtp_count, 6);
    struct rtp_packet before = fixture_sent(&scene->to_pocket, 4), after = fixture_sent(&scene->to_pocket, 5);
    assert_int_equal((uint16_t)(after.sequence - before.sequence), 1);
    assert_int_equal(after.timestamp - before.timestamp, 26 * 960); /* silence lasted as long as it did */
}

static void test_speaker_is_bounded(void **state)
{
    (void)state;
    struct speaker speaker = {0};
    char tracks[200] = {0};
    for (int i = 0; i < 200; i++)
        speaker_input(&speaker, &tracks[i], 50);
    assert_int_equal(speaker.count, SPEAKER_TRACKS_MAX);
}

static void test_capture_ties_sound_and_picture_whatever_the_network_did(void **state)
{
    (void)state;
    struct wall_clock wall = {0};
    struct capture_clock sound, picture;
    capture_clock_init(&sound, 48000);
    capture_clock_init(&picture, 90000);
    wall_clock_report(&wall, 5000000, 105080000); /* 80 ms on the way */
    wall_clock_report(&wall, 6000000, 106020000); /* 20 ms */
    wall_clock_report(&wall, 7000000, 107300000); /* 300 ms */
    capture_clock_report(&sound, 7000000, 1000);
    capture_clock_report(&picture, 6500000, 0xFFFFFF00);
    assert_int_equal(capture_clock_time(&sound, &wall, 1000 + 48000), 108020000);
    assert_int_equal(capture_clock_time(&picture, &wall, 0xFFFFFF00 + 90000 * 3 / 2), 108020000);
}

static void test_capture_does_without_reports_by_the_quickest_packet(void **state)
{
    (void)state;
    struct wall_clock wall = {0};
    struct capture_clock clock;
    capture_clock_init(&clock, 90000);
    capture_clock_arrival(&clock, 0, 1000000);
    capture_clock_arrival(&clock, 9000, 1090000); /* 10 ms quicker */
    capture_clock_arrival(&clock, 18000, 1300000);
    assert_int_equal(capture_clock_time(&clock, &wall, 18000), 1190000);
}

int main(void)
{
#define SOUND(name) cmocka_unit_test_setup_teardown(name, set_up, pair_done)
    const struct CMUnitTest tests[] = {
        SOUND(test_sound_redundancy_is_stripped_on_a_clean_path),
        SOUND(test_sound_takes_no_room_for_redundancy_that_is_stripped),
        SOUND(test_sound_redundancy_is_passed_on_a_lossy_path),
        SOUND(test_sound_redundancy_is_made_on_a_lossy_path),
        SOUND(test_sound_is_repeated_as_far_as_there_is_room),
        SOUND(test_sound_lost_packets_come_back_out_of_redundancy),
        SOUND(test_sound_loss_is_told_to_the_publisher),
        SOUND(test_sound_that_was_lost_is_sent_again_byte_for_byte),
        SOUND(test_sound_is_repeated_whole_where_redundancy_is_not_known),
        SOUND(test_sound_is_not_asked_for_again_where_it_would_come_too_late),
        cmocka_unit_test(test_speaker_takes_over_after_a_while_and_not_for_a_cough),
        cmocka_unit_test(test_speaker_lets_the_loudest_be_heard_and_no_more),
        cmocka_unit_test(test_speaker_lets_everybody_be_heard_where_few_make_a_sound),
        SOUND(test_sound_of_the_unheard_is_left_out_without_a_gap),
        cmocka_unit_test(test_speaker_is_bounded),
        cmocka_unit_test(test_capture_ties_sound_and_picture_whatever_the_network_did),
        cmocka_unit_test(test_capture_does_without_reports_by_the_quickest_packet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
