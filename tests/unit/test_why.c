/* "Why is it frozen": facts to causes, and causes to words, as a table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "signaling/why.h"

#define UNKNOWN .loss_permille = -1, .missing_permille = -1, .estimate_bps = -1, .rtt_ms = -1

static void test_why_picture_finds_the_cause(void **state)
{
    (void)state;
    static const struct {
        const char *cause;
        struct why_facts facts;
    } TABLE[] = {
        {"none", {.picture = WHY_PICTURE_MOVES}},
        {"none", {.picture = WHY_PICTURE_MOVES, .source = {UNKNOWN}, .viewer = {UNKNOWN}}},
        {"opening", {.picture = WHY_PICTURE_WAITING}},
        {"held", {.picture = WHY_PICTURE_HELD}},
        {"stills", {.picture = WHY_PICTURE_STILLS}},
        {"smaller", {.picture = WHY_PICTURE_SMALLER}},
        {"server-busy", {.picture = WHY_PICTURE_HELD, .server_busy = true}},
        {"none", {.picture = WHY_PICTURE_MOVES, .server_busy = true}},
        {"hidden", {.picture = WHY_PICTURE_HELD, .hidden = true}},
        {"source-off", {.picture = WHY_PICTURE_HELD, .off = true, .silent = true}},
        {"source-silent", {.picture = WHY_PICTURE_HELD, .silent = true}},
        {"source-lost", {.picture = WHY_PICTURE_HELD, .silent = true, .source = {.lost = true}}},
        {"viewer-lost", {.picture = WHY_PICTURE_MOVES, .source = {.lost = true}, .viewer = {.lost = true}}},
        /* a picture may limp along with what is repaired in time */
        {"none", {.picture = WHY_PICTURE_MOVES, .source = {.loss_permille = 50}}},
        {"source-loss", {.picture = WHY_PICTURE_MOVES, .source = {.loss_permille = 50, .missing_permille = 20}}},
        {"source-loss", {.picture = WHY_PICTURE_MOVES, .source = {.loss_permille = 50}, .viewer = {.is_frozen = true}}},
        {"source-loss", {.picture = WHY_PICTURE_HELD, .silent = true, .source = {.loss_permille = 200}}},
        {"none", {.picture = WHY_PICTURE_MOVES, .viewer = {.loss_permille = 50}}},
        {"viewer-loss", {.picture = WHY_PICTURE_MOVES, .viewer = {.loss_permille = 50, .is_frozen = true}}},
        {"viewer-loss", {.picture = WHY_PICTURE_MOVES, .viewer = {.loss_permille = 200}}},
        {"viewer-slow", {.picture = WHY_PICTURE_MOVES, .viewer = {.slow = true}}},
        {"source-slow", {.picture = WHY_PICTURE_MOVES, .source = {.slow = true}}},
        {"server-busy", {.picture = WHY_PICTURE_MOVES, .server_busy = true, .viewer = {.is_frozen = true}}},
        {"server-starved", {.picture = WHY_PICTURE_MOVES, .server_starved = true, .viewer = {.is_frozen = true}}},
        {"none", {.picture = WHY_PICTURE_MOVES, .server_starved = true}},
        {"held", {.picture = WHY_PICTURE_HELD, .server_starved = true}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(TABLE); i++) {
        const char *cause = why_code(why_picture(&TABLE[i].facts));
        if (strcmp(cause, TABLE[i].cause) != 0)
            fail_msg("row %zu: %s is not %s", i, cause, TABLE[i].cause);
    }
}

static void test_why_line_finds_the_cause(void **state)
{
    (void)state;
    static const struct {
        const char *cause;
        struct why_line_facts facts;
    } TABLE[] = {
        {"none", {.rtt_ms = 80}},
        {"none", {.up_loss_permille = -1, .down_loss_permille = -1, .rtt_ms = -1}},
        {"line-lost", {.lost = true, .up_loss_permille = 500}},
        {"line-up-loss", {.up_loss_permille = 120, .down_loss_permille = 40}},
        {"line-down-loss", {.up_loss_permille = 10, .down_loss_permille = 40}},
        {"line-narrow", {.short_of_bandwidth = true, .detour = true}},
        {"line-delay", {.rtt_ms = 640, .slow = true}},
        {"line-slow", {.slow = true}},
        {"line-detour", {.detour = true}},
        {"server-busy", {.server_busy = true, .short_of_bandwidth = true}},
        {"server-starved", {.server_starved = true, .rtt_ms = 640}},
        {"line-up-loss", {.server_starved = true, .up_loss_permille = 120}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(TABLE); i++) {
        const char *cause = why_code(why_line(&TABLE[i].facts));
        if (strcmp(cause, TABLE[i].cause) != 0)
            fail_msg("row %zu: %s is not %s", i, cause, TABLE[i].cause);
    }
}

static void assert_says(enum why why, const char *language, struct why_words words, const char *expected)
{
    g_autofree char *text = why_text(why, language, &words);
    assert_string_equal(text, expected);
}

static void test_why_says_what_happened_what_was_kept_what_to_do(void **state)
{
    (void)state;
    assert_says(WHY_SOURCE_LOSS, "vi", (struct why_words){.source = "BS. Lan", .loss_permille = 118},
                "Hình của BS. Lan đứng vì đường lên của bên đó yếu (mất 12 %). Tiếng vẫn giữ. Nhờ bên đó tắt bớt hình "
                "hoặc lại gần bộ phát Wi-Fi.");
    assert_says(
        WHY_SOURCE_LOSS, "en", (struct why_words){.source = "Dr Lan", .loss_permille = 118},
        "The picture of Dr Lan stands still because the line from there is weak (12 % lost). The sound is kept. "
        "Ask them to turn some pictures off or to move closer to the Wi-Fi.");
    assert_says(WHY_SMALLER, "vi", (struct why_words){.source = "BS. Lan", .bps = 1250000},
                "Hình của BS. Lan kém nét vì đường xuống của bạn chỉ còn khoảng 1,2 Mbit/s. Tiếng được giữ trước. Hình "
                "tự nét lại khi đường khá hơn.");
    assert_says(WHY_SMALLER, "en", (struct why_words){.source = "Dr Lan", .viewer = "Dr Minh", .bps = 180400},
                "The picture of Dr Lan is less sharp because the line down to Dr Minh carries only about 180 kbit/s. "
                "Sound comes first. It sharpens by itself when the line is better.");
    assert_says(WHY_LINE_DELAY, "vi", (struct why_words){.rtt_ms = 640},
                "Đường của bạn trễ (640 ms). Hình và tiếng vẫn tới, nhưng nên chờ nhau nói hết câu.");
}

/* A name is what somebody typed. */
static void test_why_leaves_names_as_they_are(void **state)
{
    (void)state;
    struct why_words words = {.source = "{viewer} 100 % {loss}", .viewer = "minh", .loss_permille = 40};
    g_autofree char *text = why_text(WHY_VIEWER_LOSS, "en", &words);
    assert_non_null(
        strstr(text, "The picture of {viewer} 100 % {loss} stutters because the line down to minh loses 4 %"));
}

static void test_why_has_words_for_every_cause_in_both_languages(void **state)
{
    (void)state;
    const struct why_words words = {
        .source = "Lan", .viewer = "Minh", .loss_permille = 100, .bps = 100000, .rtt_ms = 1};
    for (int why = WHY_VIEWER_LOST; why < WHY_COUNT; why++) {
        g_autofree char *vi = why_text((enum why)why, "vi", &words), *en = why_text((enum why)why, "en", &words);
        assert_non_null(why_code((enum why)why));
        assert_true(strlen(vi) > 40 && strlen(en) > 40);
        assert_null(strchr(vi, '{'));
        assert_null(strchr(en, '{'));
        assert_true(vi[strlen(vi) - 1] == '.' && en[strlen(en) - 1] == '.');
    }
    assert_null(why_text(WHY_NOTHING, "vi", &words));
    assert_null(why_text(WHY_OPENING, "en", &words));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_why_picture_finds_the_cause),
        cmocka_unit_test(test_why_line_finds_the_cause),
        cmocka_unit_test(test_why_says_what_happened_what_was_kept_what_to_do),
        cmocka_unit_test(test_why_leaves_names_as_they_are),
        cmocka_unit_test(test_why_has_words_for_every_cause_in_both_languages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
