#include "signaling/assign.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* People are letters: 'a' speaks with voice[0] and shows face[0]. */
static const char voices[26], faces[26], screens[26], owners[26];

static struct assign_want voice(int who, int score)
{
    return (struct assign_want){
        .track = &voices[who - 'a'], .owner = &owners[who - 'a'], .primary = true, .score = score};
}

static struct assign_want face(int who, int score)
{
    struct assign_want want = voice(who, score);
    want.track = &faces[who - 'a'];
    want.video = true;
    return want;
}

static struct assign_want screen(int who, int score)
{
    struct assign_want want = face(who, score);
    want.track = &screens[who - 'a'];
    want.primary = false;
    return want;
}

/* n audio slots, then n video slots, numbered alike. */
static void make_slots(struct assign_slot *slots, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        slots[i] = (struct assign_slot){.index = i};
        slots[n + i] = (struct assign_slot){.index = i, .video = true};
    }
}

static int where(const struct assign_slot *slots, unsigned n, const void *track)
{
    for (unsigned i = 0; i < 2 * n; i++)
        if (slots[i].track == track)
            return (int)slots[i].index;
    return -1;
}

static void test_assign_voice_and_face_share_a_number(void **state)
{
    (void)state;
    struct assign_slot slots[8];
    make_slots(slots, 4);
    struct assign_want wants[] = {face('a', 0),  voice('b', 0), face('b', 0),
                                  voice('a', 0), voice('c', 0), face('c', 0)};
    assign_slots(slots, 8, wants, 6);
    for (int who = 'a'; who <= 'c'; who++) {
        assert_true(where(slots, 4, &voices[who - 'a']) >= 0);
        assert_int_equal(where(slots, 4, &voices[who - 'a']), where(slots, 4, &faces[who - 'a']));
    }
}

static void test_assign_is_sticky(void **state)
{
    (void)state;
    struct assign_slot slots[8];
    make_slots(slots, 4);
    struct assign_want both[] = {voice('a', 0), face('a', 0), voice('b', 0), face('b', 0)};
    assign_slots(slots, 8, both, 4);
    int before = where(slots, 4, &faces[1]);
    struct assign_want left[] = {voice('b', 900), face('b', 900), voice('c', 0), face('c', 0)};
    assign_slots(slots, 8, left, 4);
    assert_int_equal(where(slots, 4, &faces[1]), before);
    assert_int_equal(where(slots, 4, &faces[0]), -1);
    assert_int_equal(where(slots, 4, &faces[2]), where(slots, 4, &voices[2]));
}

static void test_assign_keeps_the_highest_when_there_are_too_many(void **state)
{
    (void)state;
    struct assign_slot slots[4];
    make_slots(slots, 2);
    struct assign_want wants[] = {voice('a', 1), voice('b', 5), voice('c', 9), face('a', 0), face('c', 0)};
    assign_slots(slots, 4, wants, 5);
    assert_int_equal(where(slots, 2, &voices[0]), -1);
    assert_true(where(slots, 2, &voices[1]) >= 0);
    assert_true(where(slots, 2, &voices[2]) >= 0);
    assert_int_equal(where(slots, 2, &voices[2]), where(slots, 2, &faces[2]));
}

static void test_assign_screens_fill_from_the_other_end(void **state)
{
    (void)state;
    struct assign_slot slots[8];
    make_slots(slots, 4);
    struct assign_want wants[] = {screen('a', 3000), voice('a', 0), face('a', 0)};
    assign_slots(slots, 8, wants, 3);
    assert_int_equal(where(slots, 4, &screens[0]), 3);
    assert_int_equal(where(slots, 4, &faces[0]), 0);
}

static void test_assign_face_follows_the_voice_that_is_there(void **state)
{
    (void)state;
    struct assign_slot slots[8];
    make_slots(slots, 4);
    slots[2].track = &voices[0];
    struct assign_want wants[] = {voice('a', 0), face('a', 0)};
    assign_slots(slots, 8, wants, 2);
    assert_int_equal(where(slots, 4, &voices[0]), 2);
    assert_int_equal(where(slots, 4, &faces[0]), 2);
}

static void test_assign_nothing_wanted_empties_all(void **state)
{
    (void)state;
    struct assign_slot slots[4];
    make_slots(slots, 2);
    slots[0].track = &voices[0];
    assign_slots(slots, 4, NULL, 0);
    assert_null(slots[0].track);
}

/* Whatever is asked: nothing twice, nothing in a slot of the wrong kind, every kept want placed. */
static void test_assign_holds_its_promises_on_random_input(void **state)
{
    (void)state;
    srand(7);
    struct assign_slot slots[20];
    make_slots(slots, 10);
    for (int round = 0; round < 2000; round++) {
        struct assign_want wants[60];
        size_t n = 0;
        for (int who = 'a'; who <= 'p'; who++) {
            if (rand() % 2)
                wants[n++] = voice(who, rand() % 5);
            if (rand() % 2)
                wants[n++] = face(who, rand() % 5);
            if (rand() % 8 == 0)
                wants[n++] = screen(who, rand() % 5);
        }
        size_t kinds[2] = {0}, placed[2] = {0};
        for (size_t i = 0; i < n; i++)
            kinds[wants[i].video]++;
        assign_slots(slots, 20, wants, n);
        for (int i = 0; i < 20; i++) {
            const char *track = slots[i].track;
            bool is_voice = track >= voices && track < voices + 26;
            if (!track)
                continue;
            assert_int_equal(is_voice, !slots[i].video);
            placed[slots[i].video]++;
            for (int j = i + 1; j < 20; j++)
                assert_ptr_not_equal(slots[j].track, track);
        }
        assert_int_equal(placed[0], kinds[0] < 10 ? kinds[0] : 10);
        assert_int_equal(placed[1], kinds[1] < 10 ? kinds[1] : 10);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_assign_voice_and_face_share_a_number),
        cmocka_unit_test(test_assign_is_sticky),
        cmocka_unit_test(test_assign_keeps_the_highest_when_there_are_too_many),
        cmocka_unit_test(test_assign_screens_fill_from_the_other_end),
        cmocka_unit_test(test_assign_face_follows_the_voice_that_is_there),
        cmocka_unit_test(test_assign_nothing_wanted_empties_all),
        cmocka_unit_test(test_assign_holds_its_promises_on_random_input),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
