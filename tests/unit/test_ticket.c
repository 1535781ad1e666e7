#include "signaling/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const unsigned char KEY[TICKET_KEY_SIZE] = "0123456789abcdef0123456789abcde";
static const struct ticket JOIN = {
    .use = "join", .consultation = "c-1", .participant = "p_2", .role = "doctor", .expires_s = 1000};

static void test_ticket_made_is_read_back(void **state)
{
    (void)state;
    struct ticket resume = JOIN, read;
    strcpy(resume.use, "resume");
    strcpy(resume.session, "stay.9");
    char *text = ticket_make(&resume, KEY);
    assert_non_null(text);
    assert_int_equal(ticket_check(text, KEY, 999, &read), TICKET_GOOD);
    assert_string_equal(read.use, "resume");
    assert_string_equal(read.consultation, "c-1");
    assert_string_equal(read.participant, "p_2");
    assert_string_equal(read.role, "doctor");
    assert_string_equal(read.session, "stay.9");
    assert_int_equal(read.expires_s, 1000);
    free(text);
}

static void test_ticket_expires_on_the_second(void **state)
{
    (void)state;
    struct ticket read = {0};
    char *text = ticket_make(&JOIN, KEY);
    assert_int_equal(ticket_check(text, KEY, 1000, &read), TICKET_EXPIRED);
    assert_string_equal(read.consultation, "c-1");
    free(text);
}

static void test_ticket_of_another_key_is_refused(void **state)
{
    (void)state;
    unsigned char other[TICKET_KEY_SIZE];
    struct ticket read = {0};
    memset(other, 7, sizeof other);
    char *text = ticket_make(&JOIN, other);
    assert_int_equal(ticket_check(text, KEY, 0, &read), TICKET_INVALID);
    assert_string_equal(read.consultation, "");
    free(text);
}

static void test_ticket_with_any_byte_changed_is_refused(void **state)
{
    (void)state;
    struct ticket read;
    char *text = ticket_make(&JOIN, KEY);
    size_t size = strlen(text);
    for (size_t i = 0; i + 1 < size; i++) { /* the last character carries bits that base64 does not use */
        char kept = text[i];
        text[i] = kept == 'A' ? 'B' : 'A';
        assert_int_equal(ticket_check(text, KEY, 0, &read), TICKET_INVALID);
        text[i] = kept;
    }
    free(text);
}

/* RFC 8725 §3.1: the token must not choose the algorithm. */
static void test_ticket_without_signature_is_refused(void **state)
{
    (void)state;
    struct ticket read;
    static const char *const BAD[] = {"",
                                      ".",
                                      "..",
                                      "a.b",
                                      "a.b.c",
                                      "eyJhbGciOiJub25lIn0.eyJ1c2UiOiJqb2luIn0.",
                                      "eyJhbGciOiJub25lIn0.eyJ1c2UiOiJqb2luIn0.AAAA",
                                      "not a ticket",
                                      "ey\"J.e.e",
                                      NULL};
    for (size_t i = 0; BAD[i]; i++)
        assert_int_equal(ticket_check(BAD[i], KEY, 0, &read), TICKET_INVALID);
    assert_int_equal(ticket_check(NULL, KEY, 0, &read), TICKET_INVALID);
}

static void test_ticket_of_endless_size_is_refused(void **state)
{
    (void)state;
    struct ticket read;
    char *text = malloc(100000);
    memset(text, 'a', 99999);
    text[99999] = '\0';
    assert_int_equal(ticket_check(text, KEY, 0, &read), TICKET_INVALID);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticket_made_is_read_back),
        cmocka_unit_test(test_ticket_expires_on_the_second),
        cmocka_unit_test(test_ticket_of_another_key_is_refused),
        cmocka_unit_test(test_ticket_with_any_byte_changed_is_refused),
        cmocka_unit_test(test_ticket_without_signature_is_refused),
        cmocka_unit_test(test_ticket_of_endless_size_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
