#include "store_fixture.h"

#include "server/consultation.h"
#include "server/emergency.h"
#include "server/kiosk.h"

static const int64_t NOW = INT64_C(1795356000000000);
static const int64_t SECOND = INT64_C(1000000);
static const int64_t HOUR = INT64_C(3600000000);

static void add(struct fixture *f, const char *sql)
{
    GOOD(store_run(f->store, fault, sql) == 1);
}

/** A room with two machines, and another room. */
static int with_rooms(void **state)
{
    if (fixture_set_up(state) != 0)
        return -1;
    struct fixture *f = *state;
    add(f, "INSERT INTO sites (id, kind, name, search, created_at) VALUES ('s', 'clinic', 'TTYT', '', 1)");
    add(f, "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('r', 's', 'Phòng 1', '', 1)");
    add(f, "INSERT INTO rooms (id, site_id, name, search, created_at) VALUES ('o', 's', 'Phòng 2', '', 1)");
    add(f, "INSERT INTO kiosks (id, room_id, name, paired_at) VALUES ('k', 'r', 'Máy 1', 1)");
    add(f, "INSERT INTO kiosks (id, room_id, name, paired_at) VALUES ('k2', 'r', 'Máy 2', 1)");
    return 0;
}

#define ON_BOTH_ROOMS(test)                                                                                            \
    {#test " on sqlite", test, with_rooms, fixture_tear_down, (void *)"sqlite"},                                       \
    {                                                                                                                  \
#test " on postgresql", test, with_rooms, fixture_tear_down, (void *)"postgresql"                              \
    }

struct held {
    char id[STORE_ID_SIZE];
};

static struct held book(struct fixture *f, const char *room, const char *kind, const char *title)
{
    struct booking b = {.kind = kind,
                        .title = title,
                        .language = "vi",
                        .created_by = "a",
                        .starts_at = NOW,
                        .ends_at = NOW + HOUR,
                        .room_id = room,
                        .urgent = true};
    struct booking_result result = {0};
    struct held held;
    GOOD(consultation_book(f->store, &b, NOW, &result, fault));
    assert_null(result.problem);
    g_strlcpy(held.id, result.id, sizeof held.id);
    booking_result_clear(&result);
    return held;
}

/** Somebody is in it from then on; the stay has the participant's id. */
static struct held comes(struct fixture *f, const struct held *c, const char *name, const char *role, int64_t seconds)
{
    struct held person;
    bool moved;
    GOOD(consultation_add_participant(f->store,
                                      &(struct new_participant){.consultation = c->id,
                                                                .name = name,
                                                                .role = role,
                                                                .place = "BV tỉnh",
                                                                .kiosk_id = g_str_equal(role, "kiosk") ? "k2" : NULL},
                                      NOW, person.id, fault));
    GOOD(consultation_start(f->store, c->id, NOW, &moved, fault));
    GOOD(store_run(
             f->store, fault, "INSERT INTO stays (id, consultation_id, participant_id, joined_at) VALUES (?, ?, ?, ?)",
             store_text(person.id), store_text(c->id), store_text(person.id), store_int(NOW + seconds * SECOND)) == 1);
    return person;
}

static void stay_gets(struct fixture *f, const struct held *person, const char *column)
{
    g_autofree char *sql = g_strdup_printf("UPDATE stays SET %s = ? WHERE id = ?", column);
    GOOD(store_run(f->store, fault, sql, store_int(NOW + HOUR), store_text(person->id)) == 1);
}

/** As "title name name, title name"; nothing rings: "". */
static void assert_rings(struct fixture *f, const char *expected)
{
    json_t *rings = kiosk_rings(f->store, "k", NOW + SECOND, NULL), *ring, *doctor;
    assert_non_null(rings);
    GString *text = g_string_new(NULL);
    size_t i, j;
    json_array_foreach(rings, i, ring)
    {
        g_string_append_printf(text, "%s%s", i ? ", " : "", json_string_value(json_object_get(ring, "title")));
        json_array_foreach(json_object_get(ring, "doctors"), j, doctor)
            g_string_append_printf(text, " %s", json_string_value(json_object_get(doctor, "name")));
    }
    assert_string_equal(text->str, expected);
    g_string_free(text, TRUE);
    json_decref(rings);
}

static void test_room_is_rung_for_doctors_who_wait_in_its_consultation_and_no_others(void **state)
{
    struct fixture *f = *state;
    struct held c = book(f, "r", "scheduled", "Tim mạch"), other = book(f, "o", "scheduled", "Phòng khác");
    comes(f, &other, "Ở xa", "host", 0);
    assert_rings(f, "");
    comes(f, &c, "Người bệnh", "patient", 0); /* the screen stands in the open */
    comes(f, &c, "Người dự", "observer", 0);
    assert_rings(f, "");
    struct held lan = comes(f, &c, "BS Lan", "specialist", 1);
    comes(f, &c, "BS Mai", "host", 2);
    assert_rings(f, "Tim mạch BS Lan BS Mai");
    stay_gets(f, &lan, "away_at"); /* her page has only just gone */
    assert_rings(f, "Tim mạch BS Mai");
}

static void test_room_is_rung_no_more_when_nobody_waits_or_a_machine_of_it_is_in(void **state)
{
    struct fixture *f = *state;
    struct held c = book(f, "r", "scheduled", "Tim mạch"), lan = comes(f, &c, "BS Lan", "specialist", 0),
                machine = comes(f, &c, "Máy 2", "kiosk", 1);
    assert_rings(f, "");
    stay_gets(f, &machine, "left_at");
    assert_rings(f, "Tim mạch BS Lan");
    stay_gets(f, &lan, "left_at");
    assert_rings(f, "");
}

static void test_ring_tells_when_the_last_doctor_came(void **state)
{
    struct fixture *f = *state;
    struct held c = book(f, "r", "scheduled", "Tim mạch");
    comes(f, &c, "BS Lan", "specialist", 0);
    comes(f, &c, "BS Mai", "host", 90);
    json_t *rings = kiosk_rings(f->store, "k", NOW + 100 * SECOND, NULL);
    assert_string_equal(json_string_value(json_object_get(json_array_get(rings, 0), "since")), "2026-11-22T14:01:30Z");
    json_decref(rings);
}

static void test_emergency_that_somebody_booked_rings_before_anybody_is_in_it(void **state)
{
    struct fixture *f = *state;
    struct held c = book(f, "r", "scheduled", "Tim mạch");
    comes(f, &c, "BS Lan", "specialist", 0);
    struct held urgent = book(f, "r", "emergency", "Cấp cứu");
    assert_rings(f, "Cấp cứu, Tim mạch BS Lan");
    comes(f, &urgent, "BS Mai", "host", 0);
    assert_rings(f, "Cấp cứu BS Mai, Tim mạch BS Lan");
    bool moved;
    GOOD(consultation_end(f->store, urgent.id, NOW + SECOND, &moved, fault));
    assert_rings(f, "Tim mạch BS Lan");
}

static void test_a_room_s_own_emergency_call_does_not_ring_at_itself(void **state)
{
    struct fixture *f = *state;
    struct emergency_press p = {.kiosk = "k", .press = "a", .now = NOW};
    GOOD(emergency_press(f->store, &p, fault));
    assert_true(p.made);
    assert_rings(f, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_ROOMS(test_room_is_rung_for_doctors_who_wait_in_its_consultation_and_no_others),
        ON_BOTH_ROOMS(test_room_is_rung_no_more_when_nobody_waits_or_a_machine_of_it_is_in),
        ON_BOTH_ROOMS(test_ring_tells_when_the_last_doctor_came),
        ON_BOTH_ROOMS(test_emergency_that_somebody_booked_rings_before_anybody_is_in_it),
        ON_BOTH_ROOMS(test_a_room_s_own_emergency_call_does_not_ring_at_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
