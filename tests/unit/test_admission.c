/* Who is let in: the pure decision, then the gate before rooms with workers. */
#include "room_bench.h"

#include "signaling/admission.h"
#include "signaling/core.h"
#include "signaling/worker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct admission_limits LIMITS = {.cpu_permille = 800, .people = 100, .reserve_percent = 20};

static struct admission loaded(unsigned cpu_permille, unsigned people)
{
    struct admission admission = {.cpu_permille = cpu_permille};
    admission_update(&admission, &LIMITS, people);
    return admission;
}

static int open_kinds(const struct admission *admission)
{
    int open = 0;
    for (int kind = 0; kind < ADMISSION_KINDS; kind++)
        open |= !admission->closed[kind] << kind;
    return open;
}

enum { NONE = 0, EMERGENCY_ONLY = 1 << ADMISSION_EMERGENCY, RUNNING = EMERGENCY_ONLY | 1 << ADMISSION_JOIN, ALL = 7 };

static void test_admission_gives_way_in_order(void **state)
{
    (void)state;
    static const struct {
        unsigned cpu, people;
        int open;
    } CASES[] = {
        {0, 0, ALL},        {639, 79, ALL},          {640, 0, RUNNING},        {0, 80, RUNNING},
        {719, 89, RUNNING}, {0, 90, EMERGENCY_ONLY}, {720, 0, EMERGENCY_ONLY}, {799, 99, EMERGENCY_ONLY},
        {800, 0, NONE},     {0, 100, NONE},          {1000, 500, NONE},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(CASES); i++) {
        struct admission admission = loaded(CASES[i].cpu, CASES[i].people);
        assert_int_equal(open_kinds(&admission), CASES[i].open);
    }
}

static void test_admission_opens_again_only_well_below_its_mark(void **state)
{
    (void)state;
    struct admission admission = loaded(0, 80);
    admission_update(&admission, &LIMITS, 71);
    assert_int_equal(open_kinds(&admission), RUNNING);
    admission_update(&admission, &LIMITS, 70);
    assert_int_equal(open_kinds(&admission), RUNNING);
    admission_update(&admission, &LIMITS, 69);
    assert_int_equal(open_kinds(&admission), ALL);
    admission_update(&admission, &LIMITS, 79);
    assert_int_equal(open_kinds(&admission), ALL); /* and closes at the mark, not before it */
}

static void test_admission_is_not_closed_by_one_busy_second(void **state)
{
    (void)state;
    struct admission admission = {0};
    admission_note_cpu(&admission, 1000);
    admission_update(&admission, &LIMITS, 0);
    assert_int_equal(open_kinds(&admission), ALL);
    for (int s = 0; s < 12; s++)
        admission_note_cpu(&admission, 1000);
    admission_update(&admission, &LIMITS, 0);
    assert_int_equal(open_kinds(&admission), NONE);
    for (int s = 0; s < 60; s++)
        admission_note_cpu(&admission, 0);
    assert_int_equal(admission.cpu_permille, 0);
}

/* A whole school that comes in one second is not let in on the load of the second before. */
static void test_admission_counts_who_does_not_show_yet(void **state)
{
    (void)state;
    struct admission_limits limits = LIMITS;
    struct admission admission = {0};
    unsigned let_in = 0;
    limits.people = 0;
    for (; let_in < 1000 && !admission.closed[ADMISSION_NEW]; let_in++) {
        admission_took(&admission);
        admission_update(&admission, &limits, 0);
    }
    assert_in_range(let_in, 50, 300);
    for (int s = 0; s < 30; s++)
        admission_note_cpu(&admission, 100);
    admission_update(&admission, &limits, 0);
    assert_int_equal(open_kinds(&admission), ALL);
    assert_int_equal(admission.fresh, 0);
}

static void test_admission_without_limits_is_open(void **state)
{
    (void)state;
    const struct admission_limits none = {.reserve_percent = 20};
    struct admission admission = {.cpu_permille = 1000};
    admission_update(&admission, &none, 100000);
    assert_int_equal(open_kinds(&admission), ALL);
}

/* ---- the gate ---- */

/* Four at a worker: new consultations come to the second, people of running ones to the third, emergencies to the fourth. */
static struct bench *small_house(int workers)
{
    struct bench *bench = bench_create(workers);
    bench->signaling->worker_limits = (struct admission_limits){.people = 4, .reserve_percent = 50};
    bench_person(bench, "tam", "doctor");
    bench_person(bench, "an", "doctor");
    bench_person(bench, "mai", "observer");
    return bench;
}

static const char *refused(struct client *client)
{
    assert_null(client_heard(client, "joined"));
    assert_true(client->closed);
    json_t *error = client_heard(client, "error");
    assert_true(json_integer_value(json_object_get(error, "retry_after_s")) >= 10);
    return text_in(error, "code");
}

static void close_all(struct bench *bench, struct client **clients, size_t count)
{
    for (size_t i = 0; i < count; i++)
        client_close(clients[i]);
    bench_destroy(bench);
}

static void test_gate_lets_a_running_consultation_have_what_a_watcher_does_not_get(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    struct client *clients[] = {client_join(bench, "minh"), client_join(bench, "lan"), client_join(bench, "mai"),
                                client_join(bench, "hoa"), client_join(bench, "tam")};
    assert_non_null(client_heard(clients[1], "joined"));
    assert_string_equal(refused(clients[2]), "at_capacity"); /* only watches */
    assert_non_null(client_heard(clients[3], "joined"));     /* speaks, and the consultation is running */
    assert_string_equal(refused(clients[4]), "at_capacity");
    close_all(bench, clients, G_N_ELEMENTS(clients));
}

static void test_gate_keeps_the_last_place_for_an_emergency(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    struct client *clients[5] = {client_join(bench, "minh"), client_join(bench, "lan"), client_join(bench, "hoa")};
    json_t *known = bench->known = json_pack("{s:{s:s, s:s, s:s}}", "consultation", "id", "consult1", "title",
                                             "Cấp cứu", "kind", "emergency");
    clients[3] = client_join(bench, "tam");
    clients[4] = client_join(bench, "an");
    assert_non_null(client_heard(clients[3], "joined"));
    assert_string_equal(refused(clients[4]), "at_capacity");
    bench->known = NULL;
    json_decref(known);
    close_all(bench, clients, G_N_ELEMENTS(clients));
}

static void test_gate_never_refuses_who_is_in_and_comes_back(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    struct client *clients[6] = {client_join(bench, "minh"), client_join(bench, "lan"), client_join(bench, "hoa")};
    bench->signaling->worker_limits.people = 1; /* far beyond it now */
    clients[3] = client_join(bench, "lan");     /* a reload */
    assert_non_null(client_heard(clients[3], "joined"));
    clients[4] = client_join(bench, "tam");
    assert_string_equal(refused(clients[4]), "at_capacity");
    json_object_set_new(json_object_get(bench->people, "an"), "stay", json_pack("{s:s}", "id", "stay1"));
    clients[5] = client_join(bench, "an"); /* was in before this server was started anew */
    assert_non_null(client_heard(clients[5], "joined"));
    close_all(bench, clients, G_N_ELEMENTS(clients));
}

static void test_gate_counts_whom_it_has_just_let_in(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    const struct worker *worker = g_ptr_array_index(bench->signaling->workers, 0);
    struct client *clients[] = {client_join(bench, "minh"), client_join(bench, "lan"), client_join(bench, "lan")};
    assert_int_equal(worker->admission.fresh, 2); /* who opened the room too; a reload is nobody new */
    bench_event(bench, 0, json_pack("{s:s, s:i}", "event", "load", "cpu_permille", 100));
    assert_int_equal(worker->admission.fresh, 1);
    assert_int_equal(worker->admission.cpu_permille, 25);
    close_all(bench, clients, G_N_ELEMENTS(clients));
}

/* Two workers, or a worker and a program of somebody else's, share a core: each has half of it, and neither looks busy. */
static void test_gate_refuses_when_a_worker_waits_for_a_core_that_others_have(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    bench->signaling->worker_limits = LIMITS;
    for (int s = 0; s < 20; s++)
        bench_event(bench, 0,
                    json_pack("{s:s, s:i, s:i}", "event", "load", "cpu_permille", 400, "waiting_permille", 500));
    struct client *client = client_join(bench, "minh");
    assert_string_equal(refused(client), "at_capacity");
    client_close(client);
    for (int s = 0; s < 20; s++)
        bench_event(bench, 0,
                    json_pack("{s:s, s:i, s:i}", "event", "load", "cpu_permille", 400, "waiting_permille", 20));
    client = client_join(bench, "minh");
    assert_non_null(client_heard(client, "joined"));
    client_close(client);
    bench_destroy(bench);
}

static void test_gate_opens_again_when_somebody_has_left(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    struct client *clients[5] = {client_join(bench, "minh"), client_join(bench, "lan"), client_join(bench, "hoa"),
                                 client_join(bench, "tam")};
    assert_string_equal(refused(clients[3]), "at_capacity");
    client_say(clients[2], json_pack("{s:s}", "type", "leave"));
    bench_settle(bench);
    clients[4] = client_join(bench, "an");
    assert_non_null(client_heard(clients[4], "joined"));
    close_all(bench, clients, G_N_ELEMENTS(clients));
}

static void test_gate_puts_nothing_new_on_a_drained_worker(void **state)
{
    (void)state;
    struct bench *bench = small_house(2);
    signaling_worker_drain(bench->signaling, 0, true);
    bench_settle(bench);
    assert_true(json_is_true(json_object_get(bench_asked(bench, 0, "drain", 0), "on")));
    struct client *first = client_join(bench, "minh");
    assert_int_equal(bench_asked_count(bench, 0, "room.open"), 0);
    assert_true(bench_asked_count(bench, 1, "room.open") > 0);
    assert_true(signaling_ready(bench->signaling));
    signaling_worker_drain(bench->signaling, 1, true);
    assert_false(signaling_ready(bench->signaling));
    struct client *second = client_join(bench, "lan"); /* belongs to what runs */
    assert_non_null(client_heard(second, "joined"));
    client_close(second);
    client_close(first);
    bench_destroy(bench);
}

static void test_gate_of_a_drained_house_opens_no_consultation(void **state)
{
    (void)state;
    struct bench *bench = small_house(1);
    signaling_worker_drain(bench->signaling, 0, true);
    struct client *client = client_join(bench, "minh");
    assert_string_equal(refused(client), "draining");
    client_close(client);
    signaling_worker_drain(bench->signaling, 0, false);
    client = client_join(bench, "minh");
    assert_non_null(client_heard(client, "joined"));
    client_close(client);
    bench_destroy(bench);
}

/* Also when every other worker is drained a room that has lost its own goes on somewhere. */
static void test_gate_gives_a_room_without_a_worker_a_drained_one(void **state)
{
    (void)state;
    struct bench *bench = small_house(2);
    struct client *client = client_join(bench, "minh");
    int home = bench_asked_count(bench, 0, "room.open") ? 0 : 1;
    signaling_worker_drain(bench->signaling, 0, true);
    signaling_worker_drain(bench->signaling, 1, true);
    bench_worker_kill(bench, home);
    assert_true(bench_asked_count(bench, 1 - home, "room.open") > 0);
    assert_true(signaling_worker_draining(bench->signaling, home)); /* its successor is, too */
    client_close(client);
    bench_destroy(bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admission_gives_way_in_order),
        cmocka_unit_test(test_admission_opens_again_only_well_below_its_mark),
        cmocka_unit_test(test_admission_is_not_closed_by_one_busy_second),
        cmocka_unit_test(test_admission_counts_who_does_not_show_yet),
        cmocka_unit_test(test_admission_without_limits_is_open),
        cmocka_unit_test(test_gate_lets_a_running_consultation_have_what_a_watcher_does_not_get),
        cmocka_unit_test(test_gate_keeps_the_last_place_for_an_emergency),
        cmocka_unit_test(test_gate_never_refuses_who_is_in_and_comes_back),
        cmocka_unit_test(test_gate_counts_whom_it_has_just_let_in),
        cmocka_unit_test(test_gate_refuses_when_a_worker_waits_for_a_core_that_others_have),
        cmocka_unit_test(test_gate_opens_again_when_somebody_has_left),
        cmocka_unit_test(test_gate_puts_nothing_new_on_a_drained_worker),
        cmocka_unit_test(test_gate_of_a_drained_house_opens_no_consultation),
        cmocka_unit_test(test_gate_gives_a_room_without_a_worker_a_drained_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
