/* From a journal to files: what was sent is seen and heard in the right place, in sync, and what is missing is
 * named. */
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "media/journal_chunk.h"
#include "tests/unit/render_fixture.h"

#define CAMERA(name, who, ...)                                                                                         \
    {                                                                                                                  \
        .track = name, .participant = who, .codec = "VP8", __VA_ARGS__                                                 \
    }
#define MICROPHONE(name, who, ...)                                                                                     \
    {                                                                                                                  \
        .track = name, .participant = who, .codec = "opus", __VA_ARGS__                                                \
    }

static const struct act TWO[] = {
    CAMERA("cam-a", "a", .to_ms = 6000, .width = 320, .height = 240, .luma = 80, .u = 90, .v = 200, .signal = true,
           .delay_ms = 60, .jitter_ms = 20, .late_percent = 3, .ssrc = 11),
    MICROPHONE("mic-a", "a", .to_ms = 6000, .tone_hz = 1000, .signal = true, .delay_ms = 25, .jitter_ms = 30,
               .ssrc = 12),
    CAMERA("cam-b", "b", .from_ms = 2000, .to_ms = 6000, .width = 640, .height = 360, .luma = 120, .u = 200, .v = 90,
           .delay_ms = 150, .jitter_ms = 10, .ssrc = 13),
    MICROPHONE("mic-b", "b", .from_ms = 2000, .to_ms = 6000, .tone_hz = 440, .delay_ms = 40, .ssrc = 14),
};

/* The colours at a place of the picture, in ninths. */
static void assert_colour(const struct watched *film, int at_ms, int row, int column, const struct act *act)
{
    const uint8_t *seen = look_at(film, at_ms)->grid[row][column];
    if (abs(seen[0] - act->luma) > 12 || abs(seen[1] - act->u) > 12 || abs(seen[2] - act->v) > 12)
        fail_msg("at %d ms, row %d column %d: %d %d %d", at_ms, row, column, seen[0], seen[1], seen[2]);
}

static void assert_near(double value, double expected, double tolerance)
{
    if (fabs(value - expected) > tolerance)
        fail_msg("%.3f is not %.3f within %.3f", value, expected, tolerance);
}

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static json_t *track_of(json_t *manifest, const char *id)
{
    size_t i;
    json_t *track;
    json_array_foreach(json_object_get(manifest, "tracks"), i,
                       track) if (strcmp(text(track, "track"), id) == 0) return track;
    fail_msg("no track %s", id);
    return NULL;
}

/* The first gap of a track with that cause, or NULL. */
static json_t *gap_of(json_t *manifest, const char *id, const char *cause)
{
    size_t i;
    json_t *gap;
    json_array_foreach(json_object_get(manifest, "gaps"), i, gap)
    {
        if (strcmp(text(gap, "track"), id) == 0 && strcmp(text(gap, "cause"), cause) == 0)
            return gap;
    }
    return NULL;
}

static void assert_gap(json_t *manifest, const char *id, const char *cause, int from_ms, int to_ms, int tolerance_ms)
{
    json_t *gap = gap_of(manifest, id, cause);
    if (!gap)
        fail_msg("no gap of %s for %s: %s", id, cause, json_dumps(json_object_get(manifest, "gaps"), 0));
    assert_near((double)number(gap, "from_ms"), from_ms, tolerance_ms);
    assert_near((double)number(gap, "to_ms"), to_ms, tolerance_ms);
}

/* A call of these, journaled without a break and made into files. */
static void call_rendered(struct call *call, const struct act *acts, size_t count)
{
    call_begin(call, acts, count);
    call_journal(call);
    must_render(call);
}

/* ---- two people, good lines ---- */

static void assert_film_in_sync(const struct watched *film)
{
    for (int second = 1; second < 6; second++) {
        double beep = next_beep(film, second * 1000 - 100), flash;
        if (second == 2) /* the picture changes places just then */
            continue;
        flash = next_flash(film, second * 1000 - 100, 4, second < 3 ? 4 : 2);
        print_message("second %d: flash %.1f ms, beep %.1f ms\n", second, flash, beep);
        assert_near(flash, second * 1000, 40);
        assert_near(beep, second * 1000, 40);
        assert_near(flash - beep, 0, 40);
    }
}

static void test_render_two_people_in_sync(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    struct act quiet[4];
    memcpy(quiet, TWO, sizeof quiet);
    quiet[3].tone_hz = 0; /* so that beeps stand out */
    call_rendered(&call, quiet, 4);
    json_t *manifest = load_manifest(&call);
    assert_near((double)number(file_of(&call, manifest, "composed.webm"), "duration_ms"), 6000, 60);
    assert_int_equal(json_array_size(json_object_get(manifest, "gaps")), 0);
    assert_string_equal(text(manifest, "started_at"), "2027-01-15T08:00:00.000Z");
    g_autofree char *path = unseal(&call, "composed.webm");
    g_autofree char *length = probe(path, "-show_entries format=duration");
    assert_near(atof(length) * 1000, 6000, 100);
    watch(&film, path, true, true);
    assert_int_equal(look_at(&film, 100)->width, 1280);
    assert_int_equal(look_at(&film, 100)->height, 720);
    assert_film_in_sync(&film);
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

static void test_render_shows_and_sounds_everyone(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    call_rendered(&call, TWO, 4);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_colour(&film, 1500, 4, 4, &TWO[0]); /* alone */
    assert_colour(&film, 1500, 2, 6, &TWO[0]);
    assert_colour(&film, 4500, 4, 2, &TWO[0]); /* two, side by side in the order of coming */
    assert_colour(&film, 4500, 4, 6, &TWO[2]);
    assert_true(look_at(&film, 4500)->grid[0][4][0] < 40); /* and dark around them */
    assert_near(tone_at(&film, 3200, 3900, 440), 0.18, 0.06);
    assert_near(tone_at(&film, 3010, 3090, 1000), 0.18, 0.06);
    assert_true(tone_at(&film, 200, 900, 440) < 0.01);
    assert_true(tone_at(&film, 3200, 3900, 1000) < 0.01);
    unwatch(&film);
    call_end(&call);
}

static void test_render_track_files_stand_alone(void **state)
{
    (void)state;
    struct call call;
    struct watched camera, microphone;
    call_rendered(&call, TWO, 4);
    json_t *manifest = load_manifest(&call);
    json_t *a = track_of(manifest, "cam-a"), *b = track_of(manifest, "cam-b"), *sound = track_of(manifest, "mic-a");
    file_of(&call, manifest, text(a, "file"));
    assert_near((double)number(b, "start_ms"), 2000, 45);
    assert_near((double)number(b, "end_ms"), 5960, 45);
    assert_int_equal(number(b, "width"), 640);
    assert_int_equal(number(b, "frames"), 100);
    g_autofree char *picture = unseal(&call, text(a, "file")), *voice = unseal(&call, text(sound, "file"));
    g_autofree char *codec = probe(picture, "-select_streams v:0 -show_entries stream=codec_name");
    g_autofree char *length = probe(picture, "-show_entries format=duration");
    assert_string_equal(codec, "vp8");
    assert_near(atof(length) * 1000, 6000, 60);
    watch(&camera, picture, true, false);
    watch(&microphone, voice, false, true);
    double flash = next_flash(&camera, 1900, 4, 4) + (double)number(a, "start_ms");
    double beep = next_beep(&microphone, 1900) + (double)number(sound, "start_ms");
    print_message("track files: flash %.1f ms, beep %.1f ms\n", flash, beep);
    assert_near(flash - beep, 0, 40);
    unwatch(&camera);
    unwatch(&microphone);
    json_decref(manifest);
    call_end(&call);
}

/* Not one file on disk may show what was said. */
static void test_render_leaves_no_plain_text(void **state)
{
    (void)state;
    struct call call;
    call_rendered(&call, TWO, 2);
    g_autofree char *found = g_strdup_printf(
        "cd '%s' && ls -A | grep -v sealed$; grep -lrE 'webm|OpusHead|JFIF|cam-a' .", call.out);
    FILE *pipe = popen(found, "r");
    char line[128];
    while (fgets(line, sizeof line, pipe))
        if (strncmp(line, "./track-", 8) != 0) /* grep names files by their contents; names are ids, and may be read */
            fail_msg("plain: %s", line);
    pclose(pipe);
    call_end(&call);
}

/* ---- bad lines ---- */

static const struct act POOR[] = {
    CAMERA("cam-a", "a", .to_ms = 8000, .width = 320, .height = 240, .luma = 80, .u = 90, .v = 200, .delay_ms = 60,
           .jitter_ms = 60, .late_percent = 10, .deaf_from_ms = 3000, .deaf_to_ms = 4500, .ssrc = 11),
    MICROPHONE("mic-a", "a", .to_ms = 8000, .tone_hz = 1000, .delay_ms = 25, .jitter_ms = 60, .loss_percent = 2,
               .late_percent = 10, .deaf_from_ms = 3000, .deaf_to_ms = 4500, .ssrc = 12),
};

static void test_render_names_what_was_lost(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    call_rendered(&call, POOR, 2);
    json_t *manifest = load_manifest(&call);
    assert_gap(manifest, "cam-a", "loss", 2960, 6000, 60); /* until the next key frame, every two seconds */
    json_t *gap = NULL;
    size_t i;
    bool found = false;
    json_array_foreach(json_object_get(manifest, "gaps"), i, gap)
    {
        assert_string_equal(text(gap, "cause"), "loss");
        found = found || (strcmp(text(gap, "track"), "mic-a") == 0 && number(gap, "from_ms") <= 3000 &&
                          number(gap, "to_ms") >= 4500);
    }
    assert_true(found);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_colour(&film, 2500, 4, 4, &POOR[0]);
    assert_colour(&film, 7500, 4, 4, &POOR[0]);
    assert_true(tone_at(&film, 1000, 2500, 1000) > 0.14); /* single losses are concealed */
    assert_true(tone_at(&film, 3300, 4300, 1000) < 0.01);
    assert_true(tone_at(&film, 5000, 7500, 1000) > 0.14);
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

/* Clocks that run apart, and a sender that never reports: sound and picture stay together. */
static const struct act DRIFTING[] = {
    CAMERA("cam-a", "a", .to_ms = 6000, .width = 320, .height = 240, .luma = 60, .u = 128, .v = 128, .signal = true,
           .delay_ms = 30, .silent_reports = true, .ssrc = 11),
    MICROPHONE("mic-a", "a", .to_ms = 6000, .tone_hz = 1000, .signal = true, .delay_ms = 30, .silent_reports = true,
               .ssrc = 12),
};

static void test_render_without_reports_goes_by_arrival(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    call_rendered(&call, DRIFTING, 2);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_near(next_flash(&film, 3900, 4, 4) - next_beep(&film, 3900), 0, 40);
    unwatch(&film);
    call_end(&call);
}

/* Whoever sends nothing in silence is as much in time as anybody, and lacks nothing. */
static void test_render_dtx_is_silence_and_no_gap(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    struct act acts[] = {TWO[0], TWO[1]};
    acts[1].dtx = true;
    call_begin(&call, acts, 2);
    int sounds = 0;
    for (guint i = 0; i < call.parcels->len; i++)
        sounds += g_array_index(call.parcels, struct parcel, i).track == 1;
    assert_in_range(sounds, 1, 200); /* of 300, and reports are among them */
    call_journal(&call);
    must_render(&call);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    for (int second = 1; second < 6; second++) {
        double beep = next_beep(&film, second * 1000 - 100);
        assert_near(beep, second * 1000, 40);
        assert_near(next_flash(&film, second * 1000 - 100, 4, 4) - beep, 0, 40);
    }
    unwatch(&film);
    json_t *manifest = load_manifest(&call);
    assert_int_equal(json_array_size(json_object_get(manifest, "gaps")), 0);
    json_decref(manifest);
    call_end(&call);
}

/* ---- people come, go, come back; workers die ---- */

static const struct act COMING[] = {
    CAMERA("cam-a", "a", .to_ms = 12000, .width = 320, .height = 240, .luma = 80, .u = 90, .v = 200, .delay_ms = 30,
           .deaf_from_ms = 5000, .deaf_to_ms = 6500, .ssrc = 11),
    CAMERA("cam-b", "b", .from_ms = 2000, .to_ms = 4000, .width = 320, .height = 240, .luma = 120, .u = 200, .v = 90,
           .delay_ms = 30, .ssrc = 13),
    MICROPHONE("mic-b", "b", .from_ms = 2000, .to_ms = 4000, .tone_hz = 440, .delay_ms = 30, .ssrc = 14),
    CAMERA("cam-b2", "b", .from_ms = 9000, .to_ms = 12000, .width = 480, .height = 360, .luma = 150, .u = 60, .v = 60,
           .delay_ms = 30, .ssrc = 15),
    MICROPHONE("mic-a", "a", .to_ms = 12000, .tone_hz = 1000, .delay_ms = 30, .deaf_from_ms = 5000, .deaf_to_ms = 6500,
               .ssrc = 12),
};

static void test_render_goes_on_over_a_dead_worker(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    unsigned char chain[JOURNAL_HASH_SIZE] = {0};
    call_begin(&call, COMING, 5);
    call_event(&call, 20, "{\"event\":\"joined\",\"participant\":\"a\"}");
    call_event(&call, 2000, "{\"event\":\"joined\",\"participant\":\"b\"}");
    call_event(&call, 4030, "{\"event\":\"left\",\"participant\":\"b\"}");
    call_event(&call, 9000, "{\"event\":\"joined\",\"participant\":\"b\"}");
    call_segment(&call, 0, 0, 5200, true, chain);
    call_segment(&call, 1, 6400, 20000, false, chain);
    must_render(&call);
    json_t *manifest = load_manifest(&call);
    assert_gap(manifest, "cam-a", "worker-death", 4960, 8000,
               1200); /* the last second is lost with it; then a key frame */
    assert_gap(manifest, "mic-a", "worker-death", 4990, 6500, 1000);
    assert_true(json_is_true(json_object_get(json_object_get(manifest, "journal"), "complete")));
    json_t *segments = json_object_get(json_object_get(manifest, "journal"), "segments");
    assert_int_equal(json_array_size(segments), 2);
    assert_true(json_is_false(json_object_get(json_array_get(segments, 0), "closed")));
    g_autofree char *hex = manifest_hex(chain, sizeof chain);
    assert_string_equal(text(json_array_get(segments, 1), "chain"), hex);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_colour(&film, 1000, 4, 4, &COMING[0]);
    assert_colour(&film, 3500, 4, 6, &COMING[1]);
    assert_colour(&film, 8500, 4, 4, &COMING[0]); /* b has left: a fills the picture again */
    assert_colour(&film, 11000, 4, 6, &COMING[3]);
    assert_true(tone_at(&film, 7500, 8500, 1000) > 0.14);
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

static const struct act HELD[] = {
    CAMERA("cam-a", "a", .to_ms = 10000, .width = 320, .height = 240, .luma = 80, .u = 90, .v = 200, .delay_ms = 30,
           .deaf_from_ms = 2000, .deaf_to_ms = 4000, .ssrc = 11),
    MICROPHONE("mic-a", "a", .to_ms = 10000, .tone_hz = 1000, .delay_ms = 30, .deaf_from_ms = 2000, .deaf_to_ms = 4000,
               .ssrc = 12),
    MICROPHONE("mic-b", "b", .to_ms = 6000, .tone_hz = 440, .delay_ms = 30, .ssrc = 13),
};

static void test_render_tells_mute_from_withdrawn_consent(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, HELD, 3);
    call_event(&call, 2010, "{\"event\":\"muted\",\"participant\":\"a\",\"what\":\"microphone\"}");
    call_event(&call, 4010, "{\"event\":\"unmuted\",\"participant\":\"a\",\"what\":\"microphone\"}");
    call_event(&call, 2020, "{\"event\":\"gap\",\"track\":\"cam-a\",\"cause\":\"camera-unplugged\"}");
    call_event(&call, 6020, "{\"event\":\"consent\",\"participant\":\"b\",\"granted\":false}");
    call_event(&call, 6021, "{\"event\":\"something new\",\"participant\":7}");
    call_event(&call, 6022, "not even JSON");
    call_journal(&call);
    must_render(&call);
    json_t *manifest = load_manifest(&call);
    assert_gap(manifest, "mic-a", "mute", 2000, 4000, 60);
    assert_gap(manifest, "mic-b", "withdrawn-consent", 6000, 9960, 60);
    assert_gap(manifest, "cam-a", "camera-unplugged", 1960, 4000, 60);
    json_decref(manifest);
    call_end(&call);
}

/* ---- what was not said to all ---- */

/* A floor, an interpreter who speaks all the time, and a doctor who talks apart for two seconds. */
static const struct act APART[] = {
    MICROPHONE("mic-a", "a", .to_ms = 9000, .tone_hz = 440, .delay_ms = 30, .ssrc = 11),
    MICROPHONE("mic-i", "i", .to_ms = 9000, .tone_hz = 1000, .delay_ms = 30, .ssrc = 12),
    MICROPHONE("mic-b", "b", .to_ms = 9000, .tone_hz = 2000, .delay_ms = 30, .deaf_from_ms = 5000, .deaf_to_ms = 7000,
               .ssrc = 13),
};

static void test_render_leaves_out_what_was_not_said_to_all(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, APART, 3);
    call_event(&call, 3000, "{\"event\":\"channel\",\"participant\":\"i\",\"channel\":\"interpreter\"}");
    call_event(&call, 7000, "{\"event\":\"channel\",\"participant\":\"i\",\"channel\":\"floor\"}");
    call_event(&call, 5010, "{\"event\":\"side-talk\",\"participant\":\"b\"}");
    call_event(&call, 7010, "{\"event\":\"side-talk-end\",\"participant\":\"b\"}");
    call_journal(&call);
    must_render(&call);
    json_t *manifest = load_manifest(&call);
    g_autofree char *film_path = unseal(&call, "composed.webm"), *own_path = unseal(&call, "track-mic-i.webm");
    struct watched film, own;
    watch(&film, film_path, false, true);
    watch(&own, own_path, false, true);
    double said = tone_at(&film, 1000, 2500, 1000);
    assert_true(said > 0.02);                                  /* before the channel opens they are one of all */
    assert_true(tone_at(&film, 3500, 6500, 1000) < said / 30); /* on it they are not in the film … */
    assert_true(tone_at(&film, 7500, 8500, 1000) > said / 2);  /* … and are again when it is closed */
    assert_true(tone_at(&film, 3500, 6500, 440) > said / 2);   /* the others go on */
    double kept = tone_at(&own, 1000, 2500, 1000);
    assert_near(tone_at(&own, 3500, 6500, 1000), kept, kept / 10); /* their own track has it all */
    assert_true(tone_at(&film, 5500, 6500, 2000) < said / 30);
    assert_gap(manifest, "mic-b", "side-talk", 5000, 7000, 60);
    unwatch(&film);
    unwatch(&own);
    json_decref(manifest);
    call_end(&call);
}

/* ---- other media ---- */

static const struct act HARDWARE[] = {
    {.track = "cam-a",
     .participant = "a",
     .codec = "H264",
     .to_ms = 5000,
     .width = 320,
     .height = 240,
     .luma = 80,
     .u = 90,
     .v = 200,
     .signal = true,
     .delay_ms = 60,
     .jitter_ms = 30,
     .late_percent = 5,
     .ssrc = 11},
    {.track = "cam-a",
     .participant = "a",
     .codec = "H264",
     .from_ms = 5000,
     .to_ms = 8000,
     .width = 640,
     .height = 480,
     .luma = 100,
     .u = 160,
     .v = 60,
     .delay_ms = 60,
     .ssrc = 21},
    MICROPHONE("mic-a", "a", .to_ms = 8000, .tone_hz = 1000, .signal = true, .delay_ms = 25, .ssrc = 12),
};

static void test_render_h264_that_changes_size(void **state)
{
    (void)state;
    struct call call;
    struct watched film, camera;
    call_rendered(&call, HARDWARE, 3);
    json_t *manifest = load_manifest(&call);
    json_t *track = track_of(manifest, "cam-a");
    assert_string_equal(text(track, "file"), "track-cam-a.mp4");
    assert_int_equal(number(track, "width"), 640);
    json_int_t sent = number(track, "frames"); /* the encoder leaves some out */
    assert_in_range(sent, 180, 200);
    g_autofree char *own = unseal(&call, "track-cam-a.mp4"), *path = unseal(&call, "composed.webm");
    g_autofree char *length = probe(own, "-show_entries format=duration"), *frames;
    frames = probe(own, "-count_frames -select_streams v:0 -show_entries stream=nb_read_frames");
    assert_near(atof(length) * 1000, 8000, 60);
    assert_near(atof(frames), (double)sent, 1);
    watch(&camera, own, true, false);
    assert_int_equal(look_at(&camera, 2000)->width, 320);
    assert_int_equal(look_at(&camera, 7000)->width, 640);
    watch(&film, path, true, true);
    assert_near(next_flash(&film, 2900, 4, 4) - next_beep(&film, 2900), 0, 40);
    assert_colour(&film, 7000, 4, 4, &HARDWARE[1]);
    unwatch(&camera);
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

static const struct act GROWING[] = {
    CAMERA("cam-a", "a", .to_ms = 3000, .width = 160, .height = 120, .luma = 80, .u = 90, .v = 200, .delay_ms = 60,
           .ssrc = 11),
    CAMERA("cam-a", "a", .from_ms = 3000, .to_ms = 6000, .width = 640, .height = 360, .luma = 100, .u = 160, .v = 60,
           .delay_ms = 60, .ssrc = 21),
    CAMERA("cam-a", "a", .from_ms = 6000, .to_ms = 9000, .width = 320, .height = 180, .luma = 140, .u = 60, .v = 160,
           .delay_ms = 60, .ssrc = 31),
};

static void test_render_vp8_that_changes_layers(void **state)
{
    (void)state;
    struct call call;
    struct watched film, camera;
    call_rendered(&call, GROWING, 3);
    json_t *manifest = load_manifest(&call);
    json_t *track = track_of(manifest, "cam-a");
    assert_int_equal(number(track, "width"), 640);
    assert_int_equal(number(track, "frames"), 225);
    assert_int_equal(json_array_size(json_object_get(manifest, "gaps")), 0);
    g_autofree char *own = unseal(&call, text(track, "file")), *path = unseal(&call, "composed.webm");
    watch(&camera, own, true, false);
    assert_int_equal(look_at(&camera, 2000)->width, 160);
    assert_int_equal(look_at(&camera, 5000)->width, 640);
    assert_int_equal(look_at(&camera, 8000)->width, 320);
    watch(&film, path, true, true);
    for (int i = 0; i < 3; i++)
        assert_colour(&film, 2000 + 3000 * i, 4, 4, &GROWING[i]);
    unwatch(&camera);
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

static const struct act TALK[] = {
    MICROPHONE("mic-a", "a", .to_ms = 4000, .tone_hz = 1000, .delay_ms = 25, .ssrc = 12),
    MICROPHONE("mic-b", "b", .from_ms = 1000, .to_ms = 4000, .tone_hz = 440, .delay_ms = 25, .ssrc = 14),
};

static void test_render_audio_only_call(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    call_rendered(&call, TALK, 2);
    json_t *manifest = load_manifest(&call);
    file_of(&call, manifest, "poster.jpg");
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_near(tone_at(&film, 2000, 3500, 1000), 0.18, 0.05);
    assert_near(tone_at(&film, 2000, 3500, 440), 0.18, 0.05);
    assert_true(look_at(&film, 3000)->grid[4][2][0] > 60 && look_at(&film, 3000)->grid[4][6][0] > 60); /* two figures */
    unwatch(&film);
    json_decref(manifest);
    call_end(&call);
}

static void test_render_poster_shows_both(void **state)
{
    (void)state;
    struct call call;
    struct watched still;
    struct act steady[4];
    memcpy(steady, TWO, sizeof steady);
    steady[0].signal = false;
    call_rendered(&call, steady, 4);
    json_t *manifest = load_manifest(&call);
    file_of(&call, manifest, "poster.jpg");
    g_autofree char *path = unseal(&call, "poster.jpg");
    watch(&still, path, true, false);
    assert_int_equal(still.pictures->len, 1);
    assert_near(g_array_index(still.pictures, struct look, 0).grid[4][2][0], TWO[0].luma, 25);
    assert_near(g_array_index(still.pictures, struct look, 0).grid[4][6][0], TWO[2].luma, 25);
    unwatch(&still);
    json_decref(manifest);
    call_end(&call);
}

/* ---- when it does not go well ---- */

static void test_render_nothing_recorded_is_said(void **state)
{
    (void)state;
    struct call call;
    char *reason = NULL;
    call_begin(&call, NULL, 0);
    assert_int_equal(call_render(&call, &reason), RENDER_NOT_FOUND);
    g_clear_pointer(&reason, g_free);
    call_event(&call, 100, "{\"event\":\"joined\",\"participant\":\"a\"}");
    call_journal(&call);
    assert_int_equal(call_render(&call, &reason), RENDER_EMPTY);
    assert_non_null(reason);
    g_clear_pointer(&reason, g_free);
    struct render render = {.journal = call.directory, .out = call.out, .recording = "r1", .key = "another"};
    assert_int_equal(render_run(&render, &reason), RENDER_UNREADABLE);
    g_free(reason);
    call_end(&call);
}

static void test_render_damaged_journal_is_rendered_and_told(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, TALK, 2);
    call_journal(&call);
    g_autofree char *path = g_strdup_printf("%s/0.hcj", call.directory);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "damage", 6, status.st_size / 2), 6);
    close(fd);
    must_render(&call);
    json_t *manifest = load_manifest(&call);
    assert_true(json_is_false(json_object_get(json_object_get(manifest, "journal"), "complete")));
    assert_non_null(gap_of(manifest, "mic-a", "journal-damaged"));
    assert_non_null(gap_of(manifest, "mic-b", "journal-damaged"));
    json_decref(manifest);
    call_end(&call);
}

static char *hash_of(const struct call *call, const char *name)
{
    json_t *manifest = load_manifest(call);
    char *hash = g_strdup(text(file_of(call, manifest, name), "sha256"));
    json_decref(manifest);
    return hash;
}

static void stop_at(void *arg, int percent)
{
    if (percent > *(int *)arg)
        kill(getpid(), SIGKILL);
}

/* Renders in a process of its own that is killed at the first progress beyond `percent`. */
static void render_and_die(const struct call *call, int percent)
{
    char number[16];
    snprintf(number, sizeof number, "%d", percent);
    pid_t child = fork();
    if (child == 0) {
        execl("/proc/self/exe", "test_render", "--render", call->directory, number, NULL);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
}

/* The other end of it. */
static int render_for(const char *directory, int percent)
{
    char *reason = NULL;
    g_autofree char *out = g_strdup_printf("%s/out", directory);
    struct render render = {.journal = directory, .out = out, .recording = "r1", .part_us = 2000000};
    render.progress_fn = stop_at;
    render.arg = &percent;
    memcpy(render.key, KEY, sizeof KEY);
    return render_run(&render, &reason) == RENDER_OK ? 0 : 1;
}

static void render_in_parts(const struct call *call)
{
    char *reason = NULL;
    struct render render = {.journal = call->directory, .out = call->out, .recording = "r1", .part_us = 2000000};
    memcpy(render.key, KEY, sizeof KEY);
    if (render_run(&render, &reason) != RENDER_OK)
        fail_msg("%s", reason);
}

static int64_t part_time(const struct call *call, const char *name)
{
    struct stat status = {0};
    g_autofree char *command = g_strdup_printf("ls '%s'/.render-*/%s.sealed 2>/dev/null", call->out, name);
    char line[256] = "";
    FILE *pipe = popen(command, "r");
    if (fgets(line, sizeof line, pipe))
        stat(g_strchomp(line), &status);
    pclose(pipe);
    return (int64_t)status.st_mtim.tv_sec * 1000000000 + status.st_mtim.tv_nsec;
}

/* Killed twice, it goes on where it was, and what comes out is to the byte what an undisturbed run gives. */
static void test_render_goes_on_after_a_crash(void **state)
{
    (void)state;
    struct call call;
    call_begin(&call, TWO, 4);
    call_journal(&call);
    render_in_parts(&call);
    g_autofree char *film = hash_of(&call, "composed.webm"), *track = hash_of(&call, "track-cam-a.webm");
    g_autofree char *clear = g_strdup_printf("rm -rf '%s'/* '%s'/.r*", call.out, call.out);
    assert_int_equal(system(clear), 0);
    render_and_die(&call, 15);
    assert_true(part_time(&call, "picture-0000") == 0);
    render_and_die(&call, 75);
    int64_t made = part_time(&call, "picture-0000");
    assert_true(made > 0);
    render_and_die(&call, 80);
    assert_true(part_time(&call, "picture-0000") == made); /* not made again */
    render_in_parts(&call);
    g_autofree char *film_again = hash_of(&call, "composed.webm"), *track_again = hash_of(&call, "track-cam-a.webm");
    assert_string_equal(film, film_again);
    assert_string_equal(track, track_again);
    struct stat before, after;
    g_autofree char *path = g_strdup_printf("%s/composed.webm.sealed", call.out);
    assert_int_equal(stat(path, &before), 0);
    render_in_parts(&call); /* there is nothing left to do */
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    call_end(&call);
}

int main(int argc, char **argv)
{
    gst_init(NULL, NULL);
    if (argc == 4 && strcmp(argv[1], "--render") == 0)
        return render_for(argv[2], atoi(argv[3]));
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_two_people_in_sync),
        cmocka_unit_test(test_render_shows_and_sounds_everyone),
        cmocka_unit_test(test_render_track_files_stand_alone),
        cmocka_unit_test(test_render_leaves_no_plain_text),
        cmocka_unit_test(test_render_names_what_was_lost),
        cmocka_unit_test(test_render_without_reports_goes_by_arrival),
        cmocka_unit_test(test_render_goes_on_over_a_dead_worker),
        cmocka_unit_test(test_render_leaves_out_what_was_not_said_to_all),
        cmocka_unit_test(test_render_dtx_is_silence_and_no_gap),
        cmocka_unit_test(test_render_tells_mute_from_withdrawn_consent),
        cmocka_unit_test(test_render_h264_that_changes_size),
        cmocka_unit_test(test_render_vp8_that_changes_layers),
        cmocka_unit_test(test_render_audio_only_call),
        cmocka_unit_test(test_render_poster_shows_both),
        cmocka_unit_test(test_render_nothing_recorded_is_said),
        cmocka_unit_test(test_render_damaged_journal_is_rendered_and_told),
        cmocka_unit_test(test_render_goes_on_after_a_crash),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    g_thread_pool_stop_unused_threads(); /* a thread that ends just when leaks are looked for trips LeakSanitizer up */
    gst_deinit();
    return failed;
}
