/* From a journal to files: what was sent is seen and heard in the right place, in sync, and what is missing is named.
 */
#include <sys/stat.h>

#include "media/journal_chunk.h"
#include "tests/unit/render_fixture.h"

static const struct act TWO[] = {
    {.track = "cam-a",
     .participant = "a",
     .codec = "VP8",
     .to_ms = 6000,
     .width = 320,
     .height = 240,
     .luma = 80,
     .u = 90,
     .v = 200,
     .signal = true,
     .delay_ms = 60,
     .jitter_ms = 20,
     .late_percent = 3,
     .ssrc = 11},
    {.track = "mic-a",
     .participant = "a",
     .codec = "opus",
     .to_ms = 6000,
     .tone_hz = 1000,
     .signal = true,
     .delay_ms = 25,
     .jitter_ms = 30,
     .ssrc = 12},
    {.track = "cam-b",
     .participant = "b",
     .codec = "VP8",
     .from_ms = 2000,
     .to_ms = 6000,
     .width = 640,
     .height = 360,
     .luma = 120,
     .u = 200,
     .v = 90,
     .delay_ms = 150,
     .jitter_ms = 10,
     .ssrc = 13},
    {.track = "mic-b",
     .participant = "b",
     .codec = "opus",
     .from_ms = 2000,
     .to_ms = 6000,
     .tone_hz = 440,
     .delay_ms = 40,
     .ssrc = 14},
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

/* ---- two people, good lines -----------------------------------------------------------------------------------------
 */

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
    call_begin(&call, quiet, 4);
    call_journal(&call);
    must_render(&call);
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
    call_begin(&call, TWO, 4);
    call_journal(&call);
    must_render(&call);
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
    call_begin(&call, TWO, 4);
    call_journal(&call);
    must_render(&call);
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
    call_begin(&call, TWO, 2);
    call_journal(&call);
    must_render(&call);
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

int main(void)
{
    gst_init(NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_render_two_people_in_sync),
        cmocka_unit_test(test_render_shows_and_sounds_everyone),
        cmocka_unit_test(test_render_track_files_stand_alone),
        cmocka_unit_test(test_render_leaves_no_plain_text),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gst_deinit();
    return failed;
}
