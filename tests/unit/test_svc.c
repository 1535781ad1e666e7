/* Layers inside one stream: read from what Chromium sends, and thinned so that a decoder lacks nothing. */
#include "svc_samples.h"

#include <errno.h>

#include "media/dependency.h"
#include "media/inspect.h"
#include "media/vp9.h"

static struct samples samples;

/* ---- reading ---- */

static void test_vp9_reads_a_key_frame_of_three_layers(void **state)
{
    struct vp9_descriptor d;
    (void)state;
    samples_load(&samples, "vp9-l3t3_key");
    int at = 0;
    do
        assert_int_equal(vp9_parse(samples.of[at].payload, samples.of[at].payload_size, &d), 0);
    while (d.structure.layers != 3 && ++at < samples.count);
    assert_true(d.start && d.end && !d.predicted && d.flexible && d.layered && !d.inter_layer && d.switch_up);
    assert_true(d.picture.bits == 15 && d.picture.gaps && d.picture.picture_id == 31564 && d.picture.tl0_at == 0);
    assert_true(d.structure.has_sizes);
    assert_int_equal(d.structure.width[0], 320);
    assert_int_equal(d.structure.height[0], 180);
    assert_int_equal(d.structure.width[2], 1280);
    assert_int_equal(d.structure.height[2], 720);
    assert_int_equal(d.width, 320); /* of this layer's frame itself */
    assert_int_equal(d.height, 180);
    assert_int_equal(vp9_parse(samples.of[at + 1].payload, samples.of[at + 1].payload_size, &d), 0);
    assert_true(d.sid == 1 && d.inter_layer && d.start && !d.end && !d.never_inter_layer);
    do {
        at++;
        assert_int_equal(vp9_parse(samples.of[at].payload, samples.of[at].payload_size, &d), 0);
    } while (!d.predicted);
    assert_true(d.tid == 2 && d.reference_count == 1 && d.references[0] == 1 && d.never_inter_layer);
}

static void test_vp9_reads_the_form_that_is_not_flexible(void **state)
{
    /* I L B E V, a short picture id, TID 1 U SID 0, TL0PICIDX, a structure of one layer with a group of two */
    static const uint8_t payload[] = {0xAE, 0x11, 0x30, 0x2A, 0x08, 0x02, 0x04, 0x01, 0x30, 0x86, 0x00};
    struct vp9_descriptor d;
    (void)state;
    assert_int_equal(vp9_parse(payload, sizeof payload, &d), 0);
    assert_true(!d.flexible && d.picture.bits == 7 && d.picture.picture_id == 0x11);
    assert_int_equal(d.picture.tl0_at, 3);
    assert_int_equal(d.picture.tl0picidx, 0x2A);
    assert_int_equal(d.tid, 1);
    assert_int_equal(d.structure.layers, 1);
    assert_int_equal(d.size, 9);
}

static void test_vp9_refuses_what_is_cut_short(void **state)
{
    struct vp9_descriptor d;
    (void)state;
    samples_load(&samples, "vp9-l3t3_key");
    assert_int_equal(vp9_parse(samples.of[0].payload, 354, &d), 0);
    for (size_t size = 0; size <= d.size; size++)
        assert_int_equal(vp9_parse(samples.of[0].payload, size, &d), -EBADMSG);
    static const uint8_t endless[] = {0x50, 0x03, 0x03, 0x03, 0x03, 0x03, 0x03, 0x00};
    assert_int_equal(vp9_parse(endless, sizeof endless, &d), -EBADMSG);
}

static void test_dependency_reads_the_structure_of_three_layers(void **state)
{
    struct dependency_structure structure, other;
    struct dependency d;
    (void)state;
    samples_load(&samples, "av1-l3t3");
    const struct sample *key = &samples.of[0], *next = &samples.of[1];
    assert_int_equal(dependency_parse(key->descriptor, key->descriptor_size, NULL, &structure, &d), 0);
    assert_true(d.start && d.has_structure && d.frame_number == 1 && d.sid == 0 && d.tid == 0);
    assert_int_equal(structure.target_count, 9);
    assert_int_equal(structure.chain_count, 3);
    assert_int_equal(structure.layers, 3);
    assert_true(structure.has_sizes);
    assert_int_equal(structure.width[0], 320);
    assert_int_equal(structure.height[1], 360);
    assert_int_equal(structure.width[2], 1280);
    for (unsigned i = 0; i < 9; i++) {
        assert_int_equal(structure.target_sids[i], i / 3);
        assert_int_equal(structure.target_tids[i], i % 3);
        assert_true(dependency_for(d.indications, i) != DEPENDENCY_ABSENT); /* everything rests on it */
    }
    assert_int_equal(dependency_parse(next->descriptor, next->descriptor_size, NULL, &other, &d), -ENOENT);
    assert_int_equal(dependency_parse(next->descriptor, next->descriptor_size, &structure, &other, &d), 0);
    assert_true(d.sid == 1 && d.frame_number == 2 && d.references.count == 1 && d.references.back[0] == 1);
    for (size_t size = 4; size < key->descriptor_size; size++) /* at three bytes it is one that refers to a structure */
        assert_int_equal(dependency_parse(key->descriptor, size, NULL, &other, &d), -EBADMSG);
}

/* ---- thinning ---- */

enum { FRAMES = 4096 };

/* A decoder that keeps every frame it was given, by number, and in VP9 by layer. */
struct decoder {
    struct dependency_structure structure;
    bool has[FRAMES][THIN_SIDS];
    int frames, undecodable;
};

static bool lacks_vp9(struct decoder *decoder, const struct media_packet *packet, bool *start)
{
    struct vp9_descriptor d;
    assert_int_equal(vp9_parse(packet->payload, packet->payload_size, &d), 0);
    unsigned picture = d.picture.picture_id;
    bool lacks = d.inter_layer && !decoder->has[picture % FRAMES][d.sid - 1];
    for (int i = 0; i < d.reference_count; i++)
        lacks |= !decoder->has[(picture - d.references[i]) % FRAMES][d.sid];
    decoder->has[picture % FRAMES][d.sid] = true;
    *start = d.start;
    return lacks;
}

static bool lacks_av1(struct decoder *decoder, const struct sample *sample, bool *start)
{
    struct dependency_structure fresh;
    struct dependency d;
    assert_int_equal(dependency_parse(sample->descriptor, sample->descriptor_size, &decoder->structure, &fresh, &d), 0);
    if (d.has_structure)
        decoder->structure = fresh;
    bool lacks = false;
    for (int i = 0; i < d.references.count; i++)
        lacks |= !decoder->has[(uint16_t)(d.frame_number - d.references.back[i]) % FRAMES][0];
    decoder->has[d.frame_number % FRAMES][0] = true;
    *start = d.start;
    return lacks;
}

static void decode(struct decoder *decoder, const struct sample *sample, const struct media_packet *packet)
{
    bool start;
    bool lacks = packet->codec == CODEC_VP9 ? lacks_vp9(decoder, packet, &start) : lacks_av1(decoder, sample, &start);
    decoder->frames += start;
    decoder->undecodable += start && lacks;
}

struct play {
    struct inspector inspector;
    struct thin thin;
    struct decoder decoder;
    enum codec_kind codec;
    int pictures, packets;
    uint32_t timestamp; /* of the picture that was sent last */
    bool ended;         /* … by a marker */
    uint8_t sids, tids; /* highest that came through */
};

/* When its layers change, Chromium leaves a picture without a marker now and then. */
static bool has_marker(uint32_t timestamp)
{
    bool has = false;
    for (int i = 0; i < samples.count; i++)
        has |= samples.of[i].timestamp == timestamp && samples.of[i].marker;
    return has;
}

static void play_sent(struct play *play, const struct sample *sample, const struct media_packet *packet)
{
    bool fresh = play->packets++ == 0 || packet->timestamp != play->timestamp;
    if (fresh && play->pictures++)
        assert_true(play->ended ||
                    !has_marker(play->timestamp)); /* a picture that was sent was ended, at its last packet */
    assert_true(fresh || !play->ended);
    play->timestamp = packet->timestamp;
    play->ended = thin_marker(&play->thin, &packet->marks, packet->marker);
    play->sids = packet->marks.sid > play->sids ? packet->marks.sid : play->sids;
    play->tids = packet->marks.tid > play->tids ? packet->marks.tid : play->tids;
    decode(&play->decoder, sample, packet);
}

/* Plays samples `from` to `to`, with what `point_fn` allocates before each. */
static void play(struct play *play, int from, int to, uint8_t (*point_fn)(int at, uint8_t now))
{
    for (int i = from; i < to; i++) {
        struct media_packet packet = sample_packet(&samples.of[i], play->codec);
        assert_int_equal(inspector_look(&play->inspector, &packet, true), 0);
        play->thin.allocated = point_fn(i, play->thin.allocated);
        if (thin_passes(&play->thin, &packet, true))
            play_sent(play, &samples.of[i], &packet);
    }
}

static struct play begin(const char *name, enum codec_kind codec)
{
    struct play play = {.codec = codec, .thin = {.allocated = THIN_ALL}};
    samples_load(&samples, name);
    thin_begin(&play.thin);
    return play;
}

static uint8_t keep(int at, uint8_t now)
{
    (void)at;
    return now;
}

static const struct {
    const char *name;
    enum codec_kind codec;
    int spatial;
} streams[] = {{"vp9-l1t3", CODEC_VP9, 1}, {"vp9-l3t3", CODEC_VP9, 3}, {"vp9-l3t3_key", CODEC_VP9, 3},
               {"av1-l1t3", CODEC_AV1, 1}, {"av1-l3t3", CODEC_AV1, 3}, {"av1-l3t3_key", CODEC_AV1, 3}};

static void test_thin_leaves_whole_streams_at_every_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        for (int point = 0; point < THIN_POINTS; point++) {
            struct play one = begin(streams[i].name, streams[i].codec);
            one.thin.allocated = (uint8_t)point;
            thin_begin(&one.thin);
            play(&one, 0, samples.count, keep);
            assert_int_equal(one.decoder.undecodable, 0);
            assert_true(one.pictures > 8);
            assert_int_equal(one.inspector.layers > 1 ? one.inspector.layers : 1, streams[i].spatial);
            assert_true(one.sids <= point / THIN_TIDS && one.tids <= point % THIN_TIDS);
            if (point == THIN_ALL)
                assert_true(one.sids == streams[i].spatial - 1 && one.tids == 2);
        }
}

static uint8_t wander(int at, uint8_t now)
{
    static uint32_t random = 1;
    random = random * 1664525 + 1013904223;
    return at % 5 ? now : random >> 16 & (THIN_POINTS - 1);
}

static void test_thin_never_sends_what_cannot_be_decoded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++)
        for (int round = 0; round < 50; round++) {
            struct play one = begin(streams[i].name, streams[i].codec);
            play(&one, 0, samples.count, wander);
            assert_int_equal(one.decoder.undecodable, 0);
            assert_true(one.decoder.frames > 8);
        }
}

static uint8_t small_then_large(int at, uint8_t now)
{
    (void)now;
    return at < 120 ? thin_point(0, 3) : thin_point(2, 3);
}

/* A larger size waits for a key frame, and asks for it; a smaller one does not. */
static void test_thin_goes_up_in_size_at_a_key_frame_only(void **state)
{
    (void)state;
    struct play one = begin("vp9-l3t3", CODEC_VP9);
    one.thin.allocated = thin_point(0, 3);
    thin_begin(&one.thin);
    play(&one, 0, samples.count, small_then_large);
    assert_int_equal(one.sids, 0);
    assert_true(thin_wants_key(&one.thin));
    struct media_packet key = {.codec = CODEC_VP9, .start = true, .key = true, .marks = {.needed = thin_above(0, 0)}};
    assert_true(thin_passes(&one.thin, &key, true));
    assert_false(thin_wants_key(&one.thin));
    assert_int_equal(one.thin.point, thin_point(2, 3));
    one.thin.allocated = thin_point(1, 3);
    assert_false(thin_wants_key(&one.thin));
}

/* Where spatial layers are predicted from one another in key frames alone, who gets the large one lacks the small ones. */
static void test_thin_asks_for_a_key_frame_to_go_down_too_where_layers_go_apart(void **state)
{
    (void)state;
    struct play one = begin("vp9-l3t3_key", CODEC_VP9);
    one.thin.allocated = thin_point(2, 3);
    thin_begin(&one.thin);
    play(&one, 0, samples.count, keep);
    assert_int_equal(one.sids, 2);
    one.thin.allocated = thin_point(0, 3);
    assert_true(thin_wants_key(&one.thin));
}

/* More frames come back without a key frame. */
static void test_thin_gives_frames_back_at_the_next_switching_point(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i += 3) {
        struct play one = begin(streams[i].name, streams[i].codec);
        one.thin.allocated = thin_point(THIN_SIDS - 1, 0);
        thin_begin(&one.thin);
        play(&one, 0, 40, keep);
        assert_int_equal(one.tids, 0);
        one.thin.allocated = THIN_ALL;
        assert_false(thin_wants_key(&one.thin));
        play(&one, 40, 50, keep);
        assert_int_equal(one.tids, 2);
        assert_int_equal(one.decoder.undecodable, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vp9_reads_a_key_frame_of_three_layers),
        cmocka_unit_test(test_vp9_reads_the_form_that_is_not_flexible),
        cmocka_unit_test(test_vp9_refuses_what_is_cut_short),
        cmocka_unit_test(test_dependency_reads_the_structure_of_three_layers),
        cmocka_unit_test(test_thin_leaves_whole_streams_at_every_point),
        cmocka_unit_test(test_thin_never_sends_what_cannot_be_decoded),
        cmocka_unit_test(test_thin_goes_up_in_size_at_a_key_frame_only),
        cmocka_unit_test(test_thin_asks_for_a_key_frame_to_go_down_too_where_layers_go_apart),
        cmocka_unit_test(test_thin_gives_frames_back_at_the_next_switching_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
