/* The E-model at points that ITU-T publishes, and where ours must lie between them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "signaling/emodel.h"

static void assert_near(double value, double expected, double within)
{
    if (fabs(value - expected) > within)
        fail_msg("%f is not %f", value, expected);
}

static double rating(double delay_ms, double concealed_percent)
{
    return emodel_rating(&(struct emodel_input){.delay_ms = delay_ms, .concealed_percent = concealed_percent});
}

/* G.107 Annex B, table B.1: R and the MOS that belongs to it. */
static void test_emodel_mos_is_that_of_the_recommendation(void **state)
{
    (void)state;
    static const double TABLE[][2] = {{90, 4.34}, {80, 4.03}, {70, 3.60}, {60, 3.10}, {50, 2.58}, {0, 1}, {100, 4.5}};
    for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++)
        assert_near(emodel_mos(TABLE[i][0]), TABLE[i][1], 0.01);
    assert_near(emodel_mos(-20), 1, 0);
    assert_near(emodel_mos(140), 4.5, 0);
    for (int halves = 0; halves < 20; halves++)
        assert_true(emodel_mos(halves / 2.0) >= 1); /* Annex B's polynomial alone dips below */
}

static void test_emodel_a_perfect_line_has_the_default_rating(void **state)
{
    (void)state;
    assert_near(rating(0, 0), 93.2, 1e-9);
    assert_near(rating(100, 0), 93.2, 1e-9);
    assert_near(emodel_mos(rating(0, 0)), 4.41, 0.005);
}

/* Worked by hand from §7.4: x = lb(T/100); at T = 200 x is 1, at T = 400 it is 2, at T = 800 it is 3. */
static void test_emodel_delay_costs_what_the_formula_says(void **state)
{
    (void)state;
    assert_near(93.2 - rating(200, 0), 3.04, 0.01);
    assert_near(93.2 - rating(400, 0), 24.07, 0.01);
    assert_near(93.2 - rating(800, 0), 40.83, 0.01);
    assert_true(rating(150, 0) > 93); /* G.114: up to 150 ms nobody minds */
}

/* §7.5: as much loss as Bpl takes half of what there is to lose. */
static void test_emodel_loss_costs_what_the_formula_says(void **state)
{
    (void)state;
    assert_near(93.2 - rating(0, 10), 47.5, 1e-9);
    assert_near(emodel_mos(rating(0, 2)), 3.92, 0.01);
    assert_near(emodel_mos(rating(0, 5)), 3.18, 0.01);
    assert_near(rating(5000, 100), 0, 0);
}

static void test_emodel_delay_adds_both_halves(void **state)
{
    (void)state;
    assert_near(emodel_delay_ms(400, 60, 80), 200 + 30 + 80 + 40, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_emodel_mos_is_that_of_the_recommendation),
        cmocka_unit_test(test_emodel_a_perfect_line_has_the_default_rating),
        cmocka_unit_test(test_emodel_delay_costs_what_the_formula_says),
        cmocka_unit_test(test_emodel_loss_costs_what_the_formula_says),
        cmocka_unit_test(test_emodel_delay_adds_both_halves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
