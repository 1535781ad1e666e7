/* What a film says about what it shows: names on pictures, what is examined large, chapters and metadata. */
#include "tests/unit/render_fixture.h"

#include "media/render/legend.h"

#define ME     "a"
#define OTHER  "b"
#define NO_ONE "c" /* there, and never asked or never agreed */

static const struct act EXAM[] = {
    {.track = "cam-a",
     .participant = ME,
     .codec = "VP8",
     .to_ms = 9000,
     .width = 320,
     .height = 180,
     .luma = 80,
     .u = 90,
     .v = 200,
     .ssrc = 11},
    {.track = "mic-a", .participant = ME, .codec = "opus", .to_ms = 9000, .tone_hz = 440, .ssrc = 12},
    {.track = "cam-b",
     .participant = OTHER,
     .codec = "H264",
     .to_ms = 9000,
     .width = 640,
     .height = 360,
     .luma = 120,
     .u = 200,
     .v = 90,
     .ssrc = 13},
    {.track = "skin-b",
     .participant = OTHER,
     .codec = "VP8",
     .source = "dermatoscope",
     .from_ms = 4000,
     .to_ms = 9000,
     .width = 640,
     .height = 480,
     .luma = 160,
     .u = 100,
     .v = 170,
     .ssrc = 14},
};

static json_t *legend_vi(void)
{
    json_t *legend = json_pack(
        "{s:s, s:s, s:s, s:s, s:{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s}}, s:{s:s}, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s}, "
        "s:[{s:I, s:s}]}",
        "title", "Hội chẩn da liễu", "place", "Phòng 1, TTYT Mù Cang Chải", "date", "2027-01-15", "language", "vi",
        "people", ME, "name", "BS. Nguyễn Thị Lượng", "under", "Bác sĩ chuyên khoa · BV tỉnh", OTHER, "name",
        "YS. Giàng A Sử", "under", "Bác sĩ", NO_ONE, "name", "Lò Thị Mây", "sources", "dermatoscope", "Máy soi da",
        "words", "begin", "Bắt đầu ghi hình", "joined", "{} vào phòng", "left", "{} rời phòng", "agreed", "{} đồng ý",
        "withdrew", "{} không đồng ý", "somebody", "Có người", "still", "Chụp ảnh: {}", "stills", "at_us",
        (json_int_t)EPOCH_US + 7500000, "participant", OTHER);
    assert_non_null(legend);
    return legend;
}

static struct call named, nameless;
static json_t *legend;

static void play_call(struct call *call, json_t *said)
{
    call_begin(call, EXAM, 4);
    call->legend = said;
    call_event(call, 0, "{\"event\":\"joined\",\"participant\":\"a\"}");
    call_event(call, 0, "{\"event\":\"joined\",\"participant\":\"b\"}");
    call_event(call, 10, "{\"event\":\"consent\",\"participant\":\"b\",\"granted\":true}");
    call_journal(call);
    must_render(call);
}

/* One call, rendered with a legend and without, is looked at by all tests. */
static int render_both(void **state)
{
    (void)state;
    legend = legend_vi();
    play_call(&named, legend);
    play_call(&nameless, NULL);
    return 0;
}

static int remove_both(void **state)
{
    (void)state;
    call_end(&named);
    call_end(&nameless);
    json_decref(legend);
    return 0;
}

/* A picture of the film in grey; `width` by `height` of it from x, y: how many points are as light as letters, in
 * thousandths. */
static int light_in(const char *film, double at_s, int x, int y, int width, int height)
{
    g_autofree char *command = g_strdup_printf(
        "ffmpeg -v error -ss %.2f -i '%s' -frames:v 1 -vf crop=%d:%d:%d:%d -f rawvideo -pix_fmt gray -", at_s, film,
        width, height, x, y);
    size_t count = (size_t)width * (size_t)height, light = 0;
    g_autofree uint8_t *points = g_malloc(count);
    FILE *pipe = popen(command, "re");
    size_t got = fread(points, 1, count, pipe);
    pclose(pipe);
    assert_int_equal(got, count);
    for (size_t i = 0; i < count; i++)
        light += points[i] > 180;
    return count ? (int)(light * 1000 / count) : 0;
}

static void assert_luma(const struct watched *film, int at_ms, int row, int column, const struct act *act)
{
    const struct look *look = look_at(film, at_ms);
    if (!look)
        return; /* look_at has failed the test */
    const uint8_t *seen = look->grid[row][column];
    if (abs(seen[0] - act->luma) > 12 || abs(seen[1] - act->u) > 12 || abs(seen[2] - act->v) > 12)
        fail_msg("at %d ms, row %d column %d: %d %d %d", at_ms, row, column, seen[0], seen[1], seen[2]);
}

/* Two in halves, of which faces fill two thirds and more; names low at the left of each. */
static void test_legend_names_stand_on_the_pictures(void **state)
{
    (void)state;
    struct watched film;
    g_autofree char *with = unseal(&named, "composed.webm"), *without = unseal(&nameless, "composed.webm");
    /* pictures of 4:3 in halves of 640 by 720: from 122 to 598 */
    int left = light_in(with, 2, 6, 555, 240, 40), right = light_in(with, 2, 646, 555, 240, 40);
    int bare = light_in(without, 2, 6, 555, 240, 24), above = light_in(with, 2, 6, 300, 240, 40);
    print_message("light points of a thousand: %d and %d with names, %d without, %d elsewhere\n", left, right, bare,
                  above);
    assert_true(left > 50 && right > 50 && above == 0 && bare == 0);
    watch(&film, with, true, true);
    assert_luma(&film, 2000, 2, 1, &EXAM[0]);
    assert_luma(&film, 2000, 2, 7, &EXAM[2]);
    unwatch(&film);
}

static void test_legend_what_is_examined_is_large(void **state)
{
    (void)state;
    struct watched film;
    g_autofree char *path = unseal(&named, "composed.webm");
    watch(&film, path, true, true);
    assert_luma(&film, 7000, 0, 3, &EXAM[3]); /* to the upper edge */
    assert_luma(&film, 7000, 4, 5, &EXAM[3]);
    assert_luma(&film, 7000, 2, 8, &EXAM[0]);
    assert_luma(&film, 7000, 6, 8, &EXAM[2]);
    unwatch(&film);
}

/* All lines of what ffprobe says. g_free it. */
static char *tell(const char *path, const char *what)
{
    g_autofree char *command = g_strdup_printf("ffprobe -v error -of default=nk=1:nw=1 %s '%s'", what, path);
    char *text = NULL;
    assert_true(g_spawn_command_line_sync(command, &text, NULL, NULL, NULL));
    return text;
}

static void test_legend_metadata_and_chapters(void **state)
{
    (void)state;
    g_autofree char *film = unseal(&named, "composed.webm"), *camera = unseal(&named, "track-cam-a.webm"),
                    *mp4 = unseal(&named, "track-cam-b.mp4");
    g_autofree char *title = tell(film, "-show_entries format_tags=title");
    g_autofree char *day = tell(film, "-show_entries format_tags=DATE");
    g_autofree char *place = tell(film, "-show_entries format_tags=COMMENTS");
    assert_string_equal(title, "Hội chẩn da liễu\n");
    assert_string_equal(day, "2027-01-15\n");
    assert_string_equal(place, "Phòng 1, TTYT Mù Cang Chải\n");
    g_autofree char *languages = tell(film, "-show_entries stream_tags=language");
    assert_string_equal(languages, "vie\nvie\n");
    g_autofree char *of_mp4 = tell(mp4, "-show_entries stream_tags=language");
    assert_string_equal(of_mp4, "vie\n");
    g_autofree char *whose = tell(camera, "-show_entries stream_tags=title");
    assert_string_equal(whose, "BS. Nguyễn Thị Lượng\n");
    g_autofree char *chapters = tell(film, "-show_chapters -show_entries chapter=start_time:chapter_tags=title");
    print_message("%s", chapters);
    assert_true(strstr(chapters, "0.000000\nBắt đầu ghi hình\n4.0") == chapters);
    assert_true(strstr(chapters, "YS. Giàng A Sử – Máy soi da\n7.500000\nChụp ảnh: YS. Giàng A Sử\n") != NULL);
}

/* B takes consent back half-way and stays, C comes for a while without a word, and then to say no. */
static void test_legend_who_does_not_agree_has_neither_picture_nor_name(void **state)
{
    (void)state;
    struct call call;
    struct watched film;
    struct act acts[] = {EXAM[0], EXAM[2]};
    acts[1].to_ms = 5000;
    call_begin(&call, acts, 2);
    call.legend = legend; /* with a still of B's at 7.5 s */
    call_event(&call, 0, "{\"event\":\"joined\",\"participant\":\"a\"}");
    call_event(&call, 0, "{\"event\":\"joined\",\"participant\":\"b\"}");
    call_event(&call, 10, "{\"event\":\"consent\",\"participant\":\"a\",\"granted\":true}");
    call_event(&call, 10, "{\"event\":\"consent\",\"participant\":\"b\",\"granted\":true}");
    call_event(&call, 2500, "{\"event\":\"joined\",\"participant\":\"c\"}");
    call_event(&call, 3500, "{\"event\":\"left\",\"participant\":\"c\"}");
    call_event(&call, 5010, "{\"event\":\"consent\",\"participant\":\"b\",\"granted\":false}");
    call_event(&call, 7500, "{\"event\":\"joined\",\"participant\":\"c\"}");
    call_event(&call, 8300, "{\"event\":\"consent\",\"participant\":\"c\",\"granted\":false}");
    call_journal(&call);
    must_render(&call);
    g_autofree char *path = unseal(&call, "composed.webm");
    watch(&film, path, true, true);
    assert_luma(&film, 4500, 2, 7, &EXAM[2]);
    assert_luma(&film, 5500, 2, 4, &EXAM[0]); /* at once, without three seconds of the last picture */
    assert_luma(&film, 8500, 2, 4, &EXAM[0]);
    unwatch(&film);
    g_autofree char *chapters = tell(path, "-show_chapters -show_entries chapter=start_time:chapter_tags=title");
    assert_string_equal(chapters, "0.000000\nBắt đầu ghi hình\n5.010000\nCó người không đồng ý\n8.300000\nCó người "
                                  "không đồng ý\n");
    call_end(&call);
}

/* Matroska takes a stream without a language for English, and ffprobe says nothing of one that is not known. */
static void test_legend_unknown_language_is_not_english(void **state)
{
    (void)state;
    g_autofree char *film = unseal(&nameless, "composed.webm");
    g_autofree char *languages = tell(film, "-show_entries stream_tags=language");
    g_autofree char *chapters = tell(film, "-show_chapters");
    assert_string_equal(languages, "");
    assert_string_equal(chapters, "");
}

static void test_legend_names_are_sealed(void **state)
{
    (void)state;
    g_autofree char *found = g_strdup_printf("cd '%s' && ls -AR | grep -E 'Giàng|Lượng'; grep -lraE 'Giàng|Lượng' .",
                                             named.out);
    FILE *pipe = popen(found, "re");
    char line[128];
    assert_null(fgets(line, sizeof line, pipe));
    pclose(pipe);
}

static void test_legend_takes_what_is_missing(void **state)
{
    (void)state;
    json_t *odd = json_pack("{s:s, s:[], s:{s:s}}", "date", "2027-02-31", "people", "words", "joined", "{} + {}");
    assert_string_equal(legend_name(odd, ME), "");
    assert_string_equal(legend_source(NULL, "screen"), "");
    assert_null(legend_moment(odd, "joined", legend_name(odd, ME))); /* nobody's name */
    assert_null(legend_moment(odd, "left", NULL));
    struct tags words = {0};
    assert_null(legend_tags(NULL, &words));
    GstTagList *tags = legend_tags(odd, &words);
    assert_true(gst_tag_list_is_empty(tags));
    gst_tag_list_unref(tags);
    json_decref(odd);
}

int main(void)
{
    gst_init(NULL, NULL);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_legend_names_stand_on_the_pictures),
        cmocka_unit_test(test_legend_what_is_examined_is_large),
        cmocka_unit_test(test_legend_metadata_and_chapters),
        cmocka_unit_test(test_legend_who_does_not_agree_has_neither_picture_nor_name),
        cmocka_unit_test(test_legend_unknown_language_is_not_english),
        cmocka_unit_test(test_legend_names_are_sealed),
        cmocka_unit_test(test_legend_takes_what_is_missing),
    };
    int failed = cmocka_run_group_tests(tests, render_both, remove_both);
    g_thread_pool_stop_unused_threads(); /* as in test_render */
    gst_deinit();
    return failed;
}
