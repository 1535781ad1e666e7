#include "server/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <glib.h>

#include "server/http_core.h"

static void assert_sentence(const char *code, const char *text)
{
    size_t size = strlen(text);
    if (!size || text[size - 1] != '.' || !g_utf8_validate(text, -1, NULL))
        fail_msg("%s: \"%s\" is not a sentence", code, text);
}

/* Whoever reads a problem learns what happened and what to do, in both languages. */
static void test_problem_every_text_is_whole(void **state)
{
    (void)state;
    for (size_t i = 0; problem_at(i); i++) {
        const struct problem_text *text = problem_at(i);
        assert_in_range(text->status, 400, 599);
        assert_ptr_equal(problem_find(text->code), text); /* no code twice */
        assert_true(*text->vi.title && *text->en.title && strcmp(text->vi.title, text->en.title));
        assert_sentence(text->code, text->vi.detail);
        assert_sentence(text->code, text->vi.action);
        assert_sentence(text->code, text->en.detail);
        assert_sentence(text->code, text->en.action);
        assert_int_equal(strspn(text->code, "abcdefghijklmnopqrstuvwxyz-"), strlen(text->code));
    }
    assert_null(problem_find("nothing-like-it"));
}

/* Every code of the signaling protocol can be told over WHIP too. */
static void test_problem_knows_the_protocols_codes(void **state)
{
    static const char *const codes[] = {"bad_message",    "too_large",     "too_many", "not_joined", "ticket_invalid",
                                        "ticket_expired", "token_expired", "not_open", "ended",      "locked",
                                        "full",           "replaced",      "removed",  "bad_sdp",    "unsupported",
                                        "not_allowed",    "not_found",     "busy",     "internal"};
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *name = g_strdelimit(g_strdup(codes[i]), "_", '-');
        if (!problem_find(name))
            fail_msg("%s", name);
    }
}

static json_t *body_of(struct response *response)
{
    gsize size;
    const char *text = g_bytes_get_data(response->bytes, &size);
    json_t *body = json_loadb(text, size, 0, NULL);

    assert_non_null(body);
    return body;
}

static void test_problem_is_told_in_the_language_asked_for(void **state)
{
    struct request request = {.language = "en"};
    struct response *response = problem_with(&request, "conflict",
                                             json_pack("{s:[], s:s}", "conflicts", "code", "mine"));
    json_t *body = body_of(response);

    (void)state;
    assert_int_equal(response->status, 409);
    assert_string_equal(json_string_value(json_object_get(body, "title")), "The time is taken");
    assert_string_equal(json_string_value(json_object_get(body, "code")), "conflict");
    assert_string_equal(json_string_value(json_object_get(body, "type")), "/problems/conflict");
    assert_true(json_is_array(json_object_get(body, "conflicts")));
    json_decref(body);
    response_destroy(response);

    g_strlcpy(request.caller.language, "vi", sizeof request.caller.language); /* the user's setting wins */
    response = problem(&request, "conflict");
    body = body_of(response);
    assert_string_equal(json_string_value(json_object_get(body, "title")), "Trùng lịch");
    json_decref(body);
    response_destroy(response);
}

static void test_problem_fields_are_told_together(void **state)
{
    struct request request = {.language = "vi"};
    json_t *errors = json_array();

    (void)state;
    problem_field(errors, &request, "title", "required");
    problem_field(errors, &request, "starts_at", "in-the-past");
    struct response *response = problem_validation(&request, errors);
    json_t *body = body_of(response), *list = json_object_get(body, "errors");
    assert_int_equal(response->status, 422);
    assert_int_equal(json_array_size(list), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(list, 1), "field")), "starts_at");
    assert_non_null(json_object_get(json_array_get(list, 1), "message"));
    json_decref(body);
    response_destroy(response);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problem_every_text_is_whole),
        cmocka_unit_test(test_problem_knows_the_protocols_codes),
        cmocka_unit_test(test_problem_is_told_in_the_language_asked_for),
        cmocka_unit_test(test_problem_fields_are_told_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
