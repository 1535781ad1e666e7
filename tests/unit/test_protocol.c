#include "signaling/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* tests/vectors/messages are read by the web's tests too, against the schema: the two ends cannot drift apart. */

static json_t *load(const char *path)
{
    json_t *value = json_load_file(path, 0, NULL);
    assert_non_null(value);
    return value;
}

static const char *read_json(const json_t *body, struct message *message)
{
    char *text = json_dumps(body, 0);
    const char *problem = protocol_read(text, strlen(text), message);
    free(text);
    return problem;
}

static void test_protocol_agrees_with_the_samples(void **state)
{
    (void)state;
    json_t *samples = load("tests/vectors/messages/client.json"), *sample;
    bool seen[MESSAGE_TYPE_COUNT] = {false};
    size_t i;
    json_array_foreach(samples, i, sample)
    {
        struct message message;
        const char *problem = read_json(json_object_get(sample, "message"), &message);
        bool valid = json_is_true(json_object_get(sample, "valid"));
        if (valid != (problem == NULL))
            fail_msg("sample \"%s\": %s", json_string_value(json_object_get(sample, "about")),
                     problem ? problem : "taken");
        if (valid)
            seen[message.type] = true;
        message_finish(&message);
    }
    for (int type = 0; type < MESSAGE_TYPE_COUNT; type++)
        assert_true(seen[type]);
    json_decref(samples);
}

static const json_t *definition(const json_t *schema, const char *name)
{
    return json_object_get(json_object_get(schema, "$defs"), name);
}

static void test_protocol_has_words_for_every_error_code(void **state)
{
    (void)state;
    json_t *schema = load("signaling/protocol.schema.json"), *code;
    const json_t *properties = json_object_get(definition(schema, "Error"), "properties");
    const char *spare = message_words("no such code", "en").message;
    size_t i;
    json_array_foreach(json_object_get(json_object_get(properties, "code"), "enum"), i, code)
    {
        const char *name = json_string_value(code);
        struct message_words vi = message_words(name, "vi"), en = message_words(name, "en");
        assert_string_not_equal(vi.message, en.message);
        assert_string_not_equal(vi.action, en.action);
        if (strcmp(name, "internal") != 0)
            assert_string_not_equal(en.message, spare);
    }
    assert_true(i >= 20);
    json_decref(schema);
}

static void test_protocol_error_names_the_request(void **state)
{
    (void)state;
    json_t *error = protocol_error("locked", 12, "en", true);
    assert_string_equal(json_string_value(json_object_get(error, "type")), "error");
    assert_int_equal(json_integer_value(json_object_get(error, "id")), 12);
    assert_true(json_is_true(json_object_get(error, "fatal")));
    json_decref(error);
    error = protocol_error("locked", -1, "vi", false);
    assert_null(json_object_get(error, "id"));
    json_decref(error);
}

static void test_protocol_id_survives_a_bad_message(void **state)
{
    (void)state;
    struct message message;
    static const char TEXT[] = "{\"type\":\"join\",\"id\":77}";
    assert_string_equal(protocol_read(TEXT, strlen(TEXT), &message), "bad_message");
    assert_int_equal(message.id, 77);
    message_finish(&message);
}

static void test_protocol_nonsense_is_refused(void **state)
{
    (void)state;
    static const char *const TEXTS[] = {"",
                                        "null",
                                        "[]",
                                        "7",
                                        "{}",
                                        "{\"type\":7}",
                                        "{\"type\":\"ping\"}",
                                        "{\"type\":\"ping\",\"id\":-1}",
                                        "{\"type\":\"ping\",\"id\":99999999999}",
                                        "{\"type\":\"ping\",\"id\":1,\"id\":2}",
                                        "\xff\xfe{}",
                                        NULL};
    struct message message;
    for (size_t i = 0; TEXTS[i]; i++) {
        assert_string_equal(protocol_read(TEXTS[i], strlen(TEXTS[i]), &message), "bad_message");
        message_finish(&message);
    }
    char *deep = malloc(200001);
    memset(deep, '[', 200000);
    deep[200000] = '\0';
    assert_string_equal(protocol_read(deep, 200000, &message), "bad_message");
    message_finish(&message);
    free(deep);
}

static void test_protocol_sizes_count_characters_not_bytes(void **state)
{
    (void)state;
    struct message message;
    char text[8192] = "{\"type\":\"chat\",\"id\":1,\"text\":\"";
    for (int i = 0; i < 2000; i++)
        strcat(text, "ờ"); /* three bytes each */
    strcat(text, "\"}");
    assert_null(protocol_read(text, strlen(text), &message));
    message_finish(&message);
}

static void test_protocol_names_are_bounded(void **state)
{
    (void)state;
    char name[70];
    memset(name, 'a', sizeof name);
    name[64] = '\0';
    assert_true(protocol_is_name(name));
    name[64] = 'a';
    name[65] = '\0';
    assert_false(protocol_is_name(name));
    assert_false(protocol_is_name(""));
    assert_false(protocol_is_name("a b"));
    assert_false(protocol_is_name(NULL));
}

static void test_protocol_keeps_nothing_that_it_has_no_name_for(void **state)
{
    (void)state;
    static const char TEXT[] =
        "{\"type\":\"state\",\"hand\":true,\"more\":\"x\",\"cameras\":[{\"source\":\"exam\",\"pan\":true,"
        "\"more\":[1,2,3],\"presets\":[{\"name\":\"tai\",\"more\":{}}]}]}";
    struct message message;
    assert_null(protocol_read(TEXT, strlen(TEXT), &message));
    json_t *kept = json_pack("{s:b, s:[{s:s, s:b, s:[{s:s}]}]}", "hand", 1, "cameras", "source", "exam", "pan", 1,
                             "presets", "name", "tai");
    assert_true(json_equal(message.body, kept));
    json_decref(kept);
    message_finish(&message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_protocol_agrees_with_the_samples),
        cmocka_unit_test(test_protocol_has_words_for_every_error_code),
        cmocka_unit_test(test_protocol_error_names_the_request),
        cmocka_unit_test(test_protocol_id_survives_a_bad_message),
        cmocka_unit_test(test_protocol_nonsense_is_refused),
        cmocka_unit_test(test_protocol_sizes_count_characters_not_bytes),
        cmocka_unit_test(test_protocol_names_are_bounded),
        cmocka_unit_test(test_protocol_keeps_nothing_that_it_has_no_name_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
