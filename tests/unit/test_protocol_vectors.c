/* The samples that the browsers' tests read too (tests/vectors/messages): what the schema allows is read, the rest
 * refused. */
#include "signaling/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static json_t *samples(void)
{
    json_error_t error;
    json_t *list = json_load_file("tests/vectors/messages/client.json", 0, &error);

    if (!list)
        fail_msg("client.json: %s (line %d)", error.text, error.line);
    return list;
}

static void test_protocol_vectors_are_judged_as_the_schema_does(void **state)
{
    (void)state;
    json_t *list = samples(), *sample;
    size_t i, wrong = 0;

    assert_true(json_array_size(list) > 30);
    json_array_foreach(list, i, sample)
    {
        struct message message;
        char *text = json_dumps(json_object_get(sample, "message"), JSON_COMPACT);
        const char *code = protocol_read(text, strlen(text), &message);

        if (!code != json_is_true(json_object_get(sample, "valid"))) {
            print_error("%s: %s\n", json_string_value(json_object_get(sample, "about")), code ? code : "was read");
            wrong++;
        }
        message_finish(&message);
        free(text);
    }
    json_decref(list);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_protocol_vectors_are_judged_as_the_schema_does)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
