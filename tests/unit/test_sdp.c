#include "signaling/sdp.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Offers of real browsers (tests/vectors/sdp), answered. Run from the root of the tree. */

static char *vector(const char *name)
{
    char *path = g_strdup_printf("tests/vectors/sdp/%s.sdp", name), *text = NULL;
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    g_free(path);
    return text;
}

static struct sdp_offer *offer_of(const char *text)
{
    struct sdp_offer *offer = NULL;
    const char *why = NULL;
    if (sdp_offer_parse(text, strlen(text), &offer, &why) != SDP_GOOD)
        fail_msg("refused: %s", why);
    return offer;
}

static struct sdp_offer *offer_in(const char *name)
{
    char *text = vector(name);
    struct sdp_offer *offer = offer_of(text);
    g_free(text);
    return offer;
}

/* Answers as a room would: sending lines are tracks, receiving lines slots. */
static char *answer_as(const struct sdp_offer *offer, struct sdp_sound sound)
{
    struct sdp_answer_line lines[SDP_MAX_LINES] = {0};
    unsigned slots[2] = {0};
    for (size_t i = 0; i < offer->n_lines; i++) {
        const struct sdp_line *line = &offer->lines[i];
        if (line->rejected)
            continue;
        lines[i].use = line->direction == SDP_INACTIVE   ? SDP_USE_IDLE
                       : line->direction == SDP_RECVONLY ? SDP_USE_SLOT
                                                         : SDP_USE_TRACK;
        lines[i].sound = lines[i].use == SDP_USE_TRACK ? sound : (struct sdp_sound){0};
        if (lines[i].use != SDP_USE_SLOT)
            continue;
        lines[i].index = slots[line->kind]++;
        lines[i].ssrc = (uint32_t)(1000 + 2 * i);
        lines[i].rtx_ssrc = line->kind == SDP_VIDEO ? lines[i].ssrc + 1 : 0;
    }
    json_t *candidates = json_pack("[{s:s, s:i, s:s, s:I, s:s, s:i, s:s}]", "foundation", "1", "component", 1,
                                   "protocol", "udp", "priority", (json_int_t)2130706431, "ip", "192.0.2.1", "port",
                                   10000, "type", "host");
    const struct sdp_local local = {.ufrag = "srvu",
                                    .pwd = "serverpasswordserverpw",
                                    .fingerprint_algorithm = "sha-256",
                                    .fingerprint = "AA:BB",
                                    .candidates = candidates,
                                    .session = 7,
                                    .version = 1};
    char *answer = sdp_answer_make(offer, lines, &local);
    json_decref(candidates);
    return answer;
}

static char *answer_to(const struct sdp_offer *offer)
{
    return answer_as(offer, (struct sdp_sound){0});
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;
    for (; (text = strstr(text, what)); text += strlen(what))
        n++;
    return n;
}

/* The section of one m-line, by its number. Caller frees. */
static char *section(const char *answer, unsigned number)
{
    g_auto(GStrv) parts = g_strsplit(answer, "\r\nm=", -1);
    assert_true(number + 1 < g_strv_length(parts));
    return g_strconcat("\r\nm=", parts[number + 1], NULL);
}

static void test_sdp_chromium_join_is_read(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("chromium-join");
    assert_int_equal(offer->n_lines, 10);
    assert_true(offer->bundled);
    assert_int_equal(offer->n_fingerprints, 1);
    const struct sdp_line *video = sdp_offer_line(offer, "1");
    assert_int_equal(video->direction, SDP_SENDONLY);
    assert_int_equal(video->n_rids, 3);
    assert_string_equal(video->rids[0], "f");
    assert_string_equal(video->rids[2], "q");
    assert_string_equal(video->codecs[0].name, "VP8");
    assert_int_equal(video->codecs[0].rtx_pt, 97);
    assert_int_equal(video->ext[SDP_EXT_RID].id, 10);
    assert_null(sdp_offer_line(offer, "99"));
    sdp_offer_destroy(offer);
}

static void test_sdp_firefox_bundle_only_is_no_rejection(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("firefox-join");
    assert_int_equal(offer->n_lines, 10);
    for (size_t i = 0; i < offer->n_lines; i++)
        assert_false(offer->lines[i].rejected);
    assert_int_equal(offer->n_fingerprints, 1); /* given at session level */
    assert_int_equal(offer->lines[1].n_rids, 3);
    assert_int_equal(offer->lines[1].n_ssrcs, 3);
    assert_true(offer->lines[1].ssrcs[0].rtx != 0);
    sdp_offer_destroy(offer);
}

static void test_sdp_answer_pairs_slots_in_streams(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("chromium-join");
    char *answer = answer_to(offer);
    for (unsigned i = 0; i < 4; i++) {
        char *audio = g_strdup_printf("a=msid:slot%u slot%ua\r\n", i, i),
             *video = g_strdup_printf("a=msid:slot%u slot%uv\r\n", i, i);
        assert_int_equal(count(answer, audio), 1);
        assert_int_equal(count(answer, video), 1);
        g_free(audio);
        g_free(video);
    }
    assert_int_equal(count(answer, "a=ssrc-group:FID"), 4);
    assert_int_equal(count(answer, "a=sendonly\r\n"), 8);
    assert_int_equal(count(answer, "a=recvonly\r\n"), 2);
    assert_int_equal(count(answer, "a=setup:passive\r\n"), 10);
    assert_int_equal(count(answer, "a=candidate:"), 1);
    assert_int_equal(count(answer, "a=rtcp-mux\r\n"), 10);
    assert_non_null(strstr(answer, "a=group:BUNDLE 0 1 2 3 4 5 6 7 8 9\r\n"));
    assert_non_null(strstr(answer, "a=ice-lite\r\n"));
    g_free(answer);
    sdp_offer_destroy(offer);
}

static void test_sdp_answer_takes_simulcast(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"chromium-join", "firefox-join"};
    for (size_t i = 0; i < 2; i++) {
        struct sdp_offer *offer = offer_in(NAMES[i]);
        char *answer = answer_to(offer), *video = section(answer, 1);
        assert_non_null(strstr(video, "a=rid:f recv\r\na=rid:h recv\r\na=rid:q recv\r\na=simulcast:recv f;h;q"));
        assert_null(strstr(answer, " send\r\n"));
        assert_null(strstr(answer, "goog-remb"));
        assert_non_null(strstr(video, "transport-cc\r\n"));
        assert_non_null(strstr(video, "nack pli\r\n"));
        g_free(video);
        g_free(answer);
        sdp_offer_destroy(offer);
    }
}

static void test_sdp_answer_keeps_extension_ids_and_turns_directions(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("firefox-join");
    char *answer = answer_to(offer), *track = section(answer, 1), *slot = section(answer, 3);
    assert_non_null(strstr(track, "a=extmap:9/recvonly urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id\r\n"));
    assert_non_null(strstr(track, "a=extmap:7 http://www.ietf.org/id/draft-holmer"));
    assert_null(strstr(track, "playout-delay"));
    assert_non_null(strstr(slot, "a=extmap:6/sendonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay\r\n"));
    assert_null(strstr(slot, "rtp-stream-id"));
    g_free(track);
    g_free(slot);
    g_free(answer);
    sdp_offer_destroy(offer);
}

/* Firefox offers stereo=1; an echo would double its rate. */
static void test_sdp_opus_fmtp_is_ours(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("firefox-join");
    char *answer = answer_to(offer);
    assert_null(strstr(answer, "stereo=1"));
    assert_int_equal(count(answer, "a=fmtp:109 minptime=10;useinbandfec=1\r\n"), 5);
    g_free(answer);
    sdp_offer_destroy(offer);
    offer = offer_in("chromium-join");
    answer = answer_to(offer);
    assert_non_null(strstr(answer, "m=audio 9 UDP/TLS/RTP/SAVPF 111 63\r\n"));
    assert_non_null(strstr(answer, "a=fmtp:63 111/111\r\n"));
    g_free(answer);
    sdp_offer_destroy(offer);
}

/* What a publisher is asked for when its speech goes over a thin path, or is no speech; receiving lines stay as they are. */
static void test_sdp_sound_is_packed_for_who_hears_it(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("chromium-join");
    char *answer = answer_as(offer, (struct sdp_sound){0});
    assert_int_equal(count(answer, "a=ptime:20\r\n"), 1);
    assert_null(strstr(answer, "maxaveragebitrate"));
    g_free(answer);
    answer = answer_as(offer, (struct sdp_sound){.thin = true});
    assert_int_equal(count(answer, "a=ptime:60\r\n"), 1);
    assert_int_equal(count(answer, "a=fmtp:111 minptime=10;useinbandfec=1;maxaveragebitrate=20000\r\n"), 1);
    g_free(answer);
    answer = answer_as(offer, (struct sdp_sound){.dtx = true});
    assert_int_equal(count(answer, "a=fmtp:111 minptime=10;useinbandfec=1;usedtx=1\r\n"), 1);
    g_free(answer);
    answer = answer_as(offer, (struct sdp_sound){.music = true, .dtx = true});
    assert_null(strstr(answer, "usedtx"));
    assert_int_equal(count(answer, "useinbandfec=0;stereo=1;maxaveragebitrate=128000\r\n"), 1);
    assert_int_equal(count(answer, "stereo=1"), 1);
    g_free(answer);
    sdp_offer_destroy(offer);
}

static void test_sdp_track_takes_one_codec_slot_takes_all(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("chromium-join");
    struct sdp_codec codecs[SDP_MAX_CODECS];
    assert_int_equal(sdp_line_codecs(&offer->lines[1], SDP_USE_TRACK, codecs), 1);
    assert_string_equal(codecs[0].name, "VP8");
    assert_int_equal(sdp_line_codecs(&offer->lines[3], SDP_USE_SLOT, codecs), 4);
    for (int i = 0; i < 4; i++)
        if (strcmp(codecs[i].name, "H264") == 0)
            assert_string_equal(codecs[i].profile, "42e01f");
    json_t *slot = sdp_line_codecs_json(&offer->lines[3], SDP_USE_SLOT, (struct sdp_sound){0});
    assert_int_equal(json_array_size(slot), 4);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(slot, 0), "rtx_pt")), 97);
    json_decref(slot);
    sdp_offer_destroy(offer);
}

static void test_sdp_h264_is_taken_where_the_client_puts_it_first(void **state)
{
    (void)state;
    struct sdp_offer *offer = offer_in("chromium-h264-first");
    struct sdp_codec codecs[SDP_MAX_CODECS];
    assert_int_equal(sdp_line_codecs(&offer->lines[1], SDP_USE_TRACK, codecs), 1);
    assert_string_equal(codecs[0].name, "H264");
    assert_string_equal(codecs[0].profile, "42e01f");
    sdp_offer_destroy(offer);
}

static void test_sdp_data_channel_is_rejected_in_place(void **state)
{
    (void)state;
    static const char *const NAMES[] = {"chromium-datachannel", "firefox-datachannel"};
    for (size_t i = 0; i < 2; i++) {
        struct sdp_offer *offer = offer_in(NAMES[i]);
        char *answer = answer_to(offer);
        assert_int_equal(
            count(answer, "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\na=mid:4\r\n"), 1);
        assert_non_null(strstr(answer, "a=group:BUNDLE 0 1 2 3\r\n"));
        g_free(answer);
        sdp_offer_destroy(offer);
    }
}

static void test_sdp_every_captured_offer_is_answered_in_order(void **state)
{
    (void)state;
    GDir *dir = g_dir_open("tests/vectors/sdp", 0, NULL);
    assert_non_null(dir);
    const char *file;
    size_t seen = 0;
    while ((file = g_dir_read_name(dir))) {
        if (!g_str_has_suffix(file, ".sdp"))
            continue;
        char *name = g_strndup(file, strlen(file) - 4);
        struct sdp_offer *offer = offer_in(name);
        char *answer = answer_to(offer);
        assert_int_equal(count(answer, "\r\nm="), offer->n_lines);
        g_free(answer);
        sdp_offer_destroy(offer);
        g_free(name);
        seen++;
    }
    g_dir_close(dir);
    assert_true(seen >= 15);
}

static void expect_refused(const char *text, enum sdp_verdict verdict)
{
    struct sdp_offer *offer = NULL;
    const char *why = NULL;
    assert_int_equal(sdp_offer_parse(text, strlen(text), &offer, &why), verdict);
    assert_non_null(why);
    assert_null(offer);
}

/* The vector with every `from` replaced. */
static void expect_refused_with(const char *name, const char *from, const char *to, enum sdp_verdict verdict)
{
    char *text = vector(name);
    char **parts = g_strsplit(text, from, -1);
    assert_non_null(parts[1]);
    char *changed = g_strjoinv(to, parts);
    expect_refused(changed, verdict);
    g_free(changed);
    g_strfreev(parts);
    g_free(text);
}

static void test_sdp_broken_offers_are_refused(void **state)
{
    (void)state;
    expect_refused("", SDP_BAD);
    expect_refused("hello", SDP_BAD);
    expect_refused("v=0\r\n", SDP_BAD);
    expect_refused("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n", SDP_UNSUPPORTED);
    expect_refused_with("chromium-whip", "a=setup:actpass", "a=setup:passive", SDP_UNSUPPORTED);
    expect_refused_with("chromium-whip", "a=rtcp-mux\r\n", "", SDP_UNSUPPORTED);
    expect_refused_with("chromium-whip", "a=ice-pwd:", "a=ice-pwd:\"", SDP_BAD);
    expect_refused_with("chromium-whip", "a=ice-ufrag:", "a=x-ufrag:", SDP_BAD);
    expect_refused_with("chromium-whip", "a=fingerprint:sha-256 ", "a=fingerprint:sha-256 Z", SDP_BAD);
    expect_refused_with("chromium-whip", "a=mid:1", "a=mid:0", SDP_BAD);
    expect_refused_with("chromium-whip", "opus/48000/2", "speex/16000", SDP_UNSUPPORTED);
}

static void test_sdp_twenty_lines_are_taken(void **state)
{
    (void)state;
    char *text = vector("chromium-nine-slots");
    struct sdp_offer *offer = offer_of(text);
    assert_int_equal(offer->n_lines, 20);
    assert_true(strlen(text) > 50000);
    sdp_offer_destroy(offer);
    g_free(text);
}

static void test_sdpfrag_restart_and_trickle_are_told_apart(void **state)
{
    (void)state;
    struct sdpfrag frag;
    static const char RESTART[] =
        "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
        "a=mid:0\r\na=candidate:1387637174 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
    assert_int_equal(sdpfrag_parse(RESTART, strlen(RESTART), &frag), SDP_GOOD);
    assert_string_equal(frag.ufrag, "ysXw");
    assert_string_equal(frag.mid, "0");
    assert_int_equal(frag.n_candidates, 1);
    static const char TRICKLE[] =
        "m=audio 9 UDP/TLS/RTP/SAVPF 0\na=mid:0\na=candidate:1 1 udp 1 192.0.2.1 1 typ host\n";
    assert_int_equal(sdpfrag_parse(TRICKLE, strlen(TRICKLE), &frag), SDP_GOOD);
    assert_string_equal(frag.ufrag, "");
    assert_int_equal(sdpfrag_parse("", 0, &frag), SDP_BAD);
    assert_int_equal(sdpfrag_parse("<html>", 6, &frag), SDP_BAD);
    static const char HALF[] = "a=ice-ufrag:ysXw\r\n";
    assert_int_equal(sdpfrag_parse(HALF, strlen(HALF), &frag), SDP_BAD);
    static const char TWO[] = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\na=ice-ufrag:other\r\n";
    assert_int_equal(sdpfrag_parse(TWO, strlen(TWO), &frag), SDP_BAD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sdp_chromium_join_is_read),
        cmocka_unit_test(test_sdp_firefox_bundle_only_is_no_rejection),
        cmocka_unit_test(test_sdp_answer_pairs_slots_in_streams),
        cmocka_unit_test(test_sdp_answer_takes_simulcast),
        cmocka_unit_test(test_sdp_answer_keeps_extension_ids_and_turns_directions),
        cmocka_unit_test(test_sdp_opus_fmtp_is_ours),
        cmocka_unit_test(test_sdp_sound_is_packed_for_who_hears_it),
        cmocka_unit_test(test_sdp_track_takes_one_codec_slot_takes_all),
        cmocka_unit_test(test_sdp_h264_is_taken_where_the_client_puts_it_first),
        cmocka_unit_test(test_sdp_data_channel_is_rejected_in_place),
        cmocka_unit_test(test_sdp_every_captured_offer_is_answered_in_order),
        cmocka_unit_test(test_sdp_broken_offers_are_refused),
        cmocka_unit_test(test_sdp_twenty_lines_are_taken),
        cmocka_unit_test(test_sdpfrag_restart_and_trickle_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
