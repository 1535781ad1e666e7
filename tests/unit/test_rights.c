/* What each role may do, told twice: here in words, and by trying everything in a room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "room_bench.h"
#include "signaling/rights.h"

static const char *const ROLES[] = {"host",    "specialist",  "doctor",   "kiosk",
                                    "patient", "interpreter", "observer", "captions"};

/* "role": always; "(role)": while no host is at the controls. */
static const struct {
    enum right right;
    const char *name, *who;
} EXPECTED[] = {
    {RIGHT_PUBLISH, "publish", " host specialist doctor kiosk patient interpreter "},
    {RIGHT_CHAT, "chat", " host specialist doctor kiosk patient interpreter observer "},
    {RIGHT_RECORD, "record", " host specialist doctor kiosk "},
    {RIGHT_WAITING, "waiting", " host specialist doctor kiosk "},
    {RIGHT_ADMIT, "admit", " host (specialist) (doctor) (kiosk) "},
    {RIGHT_CONSENT, "consent", " host (specialist) (doctor) (kiosk) "},
    {RIGHT_INVITE, "invite", " host specialist doctor "},
    {RIGHT_MUTE, "mute", " host (specialist) (doctor) (kiosk) "},
    {RIGHT_REMOVE, "remove", " host "},
    {RIGHT_LOCK, "lock", " host "},
    {RIGHT_HAND_OVER, "hand-over", " host "},
    {RIGHT_END, "end", " host (specialist) (doctor) (kiosk) "},
    {RIGHT_SOURCES, "sources", " host specialist doctor "},
    {RIGHT_CAMERAS, "cameras", " host specialist doctor "},
    {RIGHT_STILLS, "stills", " host specialist doctor "},
    {RIGHT_SIDE_TALK, "side-talk", " host specialist doctor "},
    {RIGHT_INTERPRET, "interpret", " interpreter "},
    {RIGHT_CAPTION, "caption", " captions "},
};

static bool expected(const char *who, const char *role, bool deputy)
{
    char *always = g_strdup_printf(" %s ", role), *sometimes = g_strdup_printf(" (%s) ", role);
    bool may = strstr(who, always) || (deputy && strstr(who, sometimes));
    g_free(always);
    g_free(sometimes);
    return may;
}

static void test_rights_every_role_and_right(void **state)
{
    (void)state;
    assert_int_equal(G_N_ELEMENTS(EXPECTED), RIGHT_COUNT);
    for (size_t i = 0; i < RIGHT_COUNT; i++) {
        assert_string_equal(rights_name(EXPECTED[i].right), EXPECTED[i].name);
        for (size_t role = 0; role < G_N_ELEMENTS(ROLES); role++)
            for (int deputy = 0; deputy < 2; deputy++)
                if (rights_of_role(ROLES[role], EXPECTED[i].right, deputy) !=
                    expected(EXPECTED[i].who, ROLES[role], deputy))
                    fail_msg("%s, %s, deputy=%d", EXPECTED[i].name, ROLES[role], deputy);
    }
    assert_false(rights_of_role("surgeon", RIGHT_CHAT, true));
}

/* ---- the same by trying it ---- */

static const struct {
    const char *action;
    enum right right;
} ACTIONS[] = {
    {"mute", RIGHT_MUTE}, {"invite", RIGHT_INVITE}, {"remove", RIGHT_REMOVE},   {"admit", RIGHT_ADMIT},
    {"lock", RIGHT_LOCK}, {"unlock", RIGHT_LOCK},   {"admit-all", RIGHT_ADMIT}, {"make-host", RIGHT_HAND_OVER},
    {"end", RIGHT_END},   {"tell", RIGHT_WAITING},  {"record", RIGHT_RECORD},   {"chat", RIGHT_CHAT},
};

static const char *who_may(enum right right)
{
    for (size_t i = 0; i < RIGHT_COUNT; i++)
        if (EXPECTED[i].right == right)
            return EXPECTED[i].who;
    return "";
}

static json_t *message_for(const char *action)
{
    if (strcmp(action, "record") == 0)
        return json_pack("{s:s, s:i, s:s}", "type", "record", "id", 9, "action", "start");
    if (strcmp(action, "chat") == 0)
        return json_pack("{s:s, s:i, s:s}", "type", "chat", "id", 9, "text", "xin chào");
    const char *target = strcmp(action, "admit") == 0 || strcmp(action, "tell") == 0 ? "waits" : "target";
    return json_pack("{s:s, s:i, s:s, s:s, s:s}", "type", "moderate", "id", 9, "action", action, "participant", target,
                     "text", "một chút nữa");
}

static bool tried(const char *role, const char *action, bool host_is_there)
{
    struct bench *bench = bench_create(1);
    bench_person(bench, "boss", "host");
    bench_person(bench, "target", "doctor");
    bench_person(bench, "waits", "patient");
    bench_person(bench, "who", role);
    struct client *boss = host_is_there ? client_join(bench, "boss") : NULL;
    struct client *target = client_join(bench, "target"), *who = client_join(bench, "who");
    json_object_set_new(json_object_get(bench->people, "waits"), "waiting_room", json_true());
    struct client *waits = client_join(bench, "waits");
    client_forget(who);
    client_say(who, message_for(action));
    bool done = client_heard(who, "ok") != NULL;
    assert_true(done || strcmp(text_in(client_heard(who, "error"), "code"), "not_allowed") == 0);
    client_close(waits);
    client_close(who);
    client_close(target);
    if (boss)
        client_close(boss);
    bench_destroy(bench);
    return done;
}

static void test_rights_are_kept_by_the_room(void **state)
{
    (void)state;
    for (size_t role = 0; role < G_N_ELEMENTS(ROLES); role++)
        for (size_t i = 0; i < G_N_ELEMENTS(ACTIONS); i++)
            for (int host = 0; host < 2; host++) {
                bool deputy = !host && strcmp(ROLES[role], "host") != 0;
                if (tried(ROLES[role], ACTIONS[i].action, host) !=
                    expected(who_may(ACTIONS[i].right), ROLES[role], deputy))
                    fail_msg("%s by %s, host there: %d", ACTIONS[i].action, ROLES[role], host);
            }
}

static bool told(const struct client *client, const char *right)
{
    const json_t *told = client_heard(client, "rights");
    const json_t *list = json_object_get(told ? told : client_heard(client, "joined"), "rights");
    size_t i;
    json_t *item;
    json_array_foreach((json_t *)list, i, item) if (strcmp(json_string_value(item), right) == 0) return true;
    return false;
}

/* A host whose line is down leaves the door to the others, and has it again when back. */
static void test_rights_deputies_are_told(void **state)
{
    struct bench *bench = *state;
    struct client *lan = client_join(bench, "lan");
    assert_true(told(lan, "admit"));
    assert_false(told(lan, "lock"));
    struct client *minh = client_join(bench, "minh");
    assert_false(told(lan, "admit"));
    assert_true(told(lan, "invite"));
    assert_true(told(minh, "lock"));
    client_close(minh);
    assert_true(told(lan, "admit"));
}

/* ---- asked to speak, told while waiting ---- */

static void moderate(struct client *by, const char *action, const char *target, const char *text)
{
    json_t *message = json_pack("{s:s, s:i, s:s, s:s}", "type", "moderate", "id", 20, "action", action, "participant",
                                target);
    if (text)
        json_object_set_new(message, "text", json_string(text));
    client_forget(by);
    client_say(by, message);
}

static void test_rights_invited_to_speak_switches_nothing_on(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_join(bench, "minh"), *hoa = client_join(bench, "hoa");
    client_say(hoa, json_pack("{s:s, s:b}", "type", "state", "microphone", 0));
    moderate(minh, "invite", "hoa", NULL);
    assert_string_equal(text_in(client_heard(hoa, "invited"), "by"), "minh");
    assert_null(client_heard(minh, "participant")); /* the microphone is as it was */
    bench_person(bench, "watcher", "observer");
    client_join(bench, "watcher");
    moderate(minh, "invite", "watcher", NULL);
    assert_string_equal(text_in(client_heard(minh, "error"), "code"), "not_allowed");
}

static void test_rights_a_word_to_who_waits(void **state)
{
    struct bench *bench = *state;
    bench_person(bench, "waits", "patient");
    json_object_set_new(json_object_get(bench->people, "waits"), "waiting_room", json_true());
    struct client *lan = client_join(bench, "lan"), *waits = client_join(bench, "waits");
    moderate(lan, "tell", "waits", "Mời bà đợi 5 phút");
    assert_string_equal(text_in(client_heard(waits, "told"), "text"), "Mời bà đợi 5 phút");
    assert_string_equal(text_in(client_heard(waits, "told"), "name"), "lan");
    assert_string_equal(text_in(bench_said(bench, "audit"), "action"), "room.tell");
    moderate(lan, "tell", "waits", NULL);
    assert_string_equal(text_in(client_heard(lan, "error"), "code"), "bad_message");
}

/* ---- the chair ---- */

static const char *role_of(const struct client *seen_by, const char *id)
{
    const char *role = "";
    size_t i;
    json_t *message;
    json_array_foreach(seen_by->heard, i, message)
    {
        const json_t *person = json_object_get(message, "participant");
        if (strcmp(text_in(message, "type"), "participant") == 0 && strcmp(text_in(person, "id"), id) == 0)
            role = text_in(person, "role");
    }
    return role;
}

static void leave(struct client *client)
{
    client_say(client, json_pack("{s:s}", "type", "leave"));
}

static void test_chair_is_handed_over_and_stays_so_after_a_reload(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_join(bench, "minh"), *lan = client_join(bench, "lan");
    moderate(minh, "make-host", "lan", NULL);
    assert_string_equal(role_of(lan, "lan"), "host");
    assert_string_equal(role_of(lan, "minh"), "doctor");
    assert_true(told(lan, "remove"));
    assert_false(told(minh, "remove"));
    struct client *again = client_join(bench, "minh"); /* the ticket still says host */
    assert_false(told(again, "remove"));
    moderate(again, "lock", "lan", NULL);
    assert_string_equal(text_in(client_heard(again, "error"), "code"), "not_allowed");
    bench_person(bench, "patient", "patient");
    client_join(bench, "patient");
    moderate(lan, "make-host", "patient", NULL);
    assert_string_equal(text_in(client_heard(lan, "error"), "code"), "not_allowed");
}

static void test_chair_goes_to_the_specialist_when_the_host_leaves(void **state)
{
    struct bench *bench = *state;
    bench_person(bench, "first", "doctor");
    struct client *first = client_join(bench, "first"), *minh = client_join(bench, "minh"),
                  *hoa = client_join(bench, "hoa");
    leave(minh);
    assert_string_equal(role_of(first, "hoa"), "host");
    assert_true(told(hoa, "lock"));
    struct client *back = client_join(bench, "minh"); /* and has it back with the ticket */
    assert_string_equal(role_of(first, "hoa"), "specialist");
    assert_true(told(back, "lock"));
    assert_false(told(hoa, "lock"));
}

static void test_chair_waits_for_one_who_can_hold_it(void **state)
{
    struct bench *bench = *state;
    bench_person(bench, "patient", "patient");
    struct client *minh = client_join(bench, "minh"), *patient = client_join(bench, "patient");
    leave(minh);
    assert_false(told(patient, "lock"));
    client_join(bench, "lan");
    assert_string_equal(role_of(patient, "lan"), "host");
}

static void test_chair_outlives_this_process(void **state)
{
    struct bench *bench = *state;
    struct client *minh = client_join(bench, "minh"), *lan = client_come(bench, "lan");
    moderate(minh, "make-host", "lan", NULL);
    minh->peer = lan->peer = NULL;
    bench_restart(bench);
    struct client *back = client_join(bench, "minh");
    assert_false(told(back, "lock"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights_every_role_and_right),
        cmocka_unit_test(test_rights_are_kept_by_the_room),
        BENCH_OF_ONE(test_rights_deputies_are_told),
        BENCH_OF_ONE(test_rights_invited_to_speak_switches_nothing_on),
        BENCH_OF_ONE(test_rights_a_word_to_who_waits),
        BENCH_OF_ONE(test_chair_is_handed_over_and_stays_so_after_a_reload),
        BENCH_OF_ONE(test_chair_goes_to_the_specialist_when_the_host_leaves),
        BENCH_OF_ONE(test_chair_waits_for_one_who_can_hold_it),
        BENCH_OF_ONE(test_chair_outlives_this_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
