#include "tally/timeline.h"
#include "tests/tally_same.h"

static uint64_t requests_of(const struct timeline *t)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < t->used; i++) {
        sum += t->steps[i].requests;
    }
    return sum;
}

static void a_short_log_has_steps_of_a_second(void **state)
{
    (void)state;
    struct timeline t = {0};
    timeline_add(&t, 1000, (struct timeline_step){1, 1, 0});
    timeline_count(&t, 1255);
    timeline_add(&t, 1000, (struct timeline_step){1, 0, 1});
    assert_int_equal(t.shift, 0);
    assert_int_equal(t.first, 1000);
    assert_int_equal(t.used, 256);
    assert_int_equal(t.steps[0].requests, 2);
    assert_int_equal(t.steps[0].e4xx, 1);
    assert_int_equal(t.steps[0].e5xx, 1);
    assert_int_equal(t.steps[255].requests, 1);
}

static void steps_are_joined_when_they_do_not_reach(void **state)
{
    (void)state;
    struct timeline t = {0};
    timeline_count(&t, 1001);
    timeline_count(&t, 1002);
    timeline_count(&t, 1003);
    timeline_count(&t, 1257);
    assert_int_equal(t.shift, 1);
    assert_int_equal(t.first, 500);
    assert_int_equal(t.used, 129);
    assert_int_equal(t.steps[0].requests, 1);
    assert_int_equal(t.steps[1].requests, 2);
    assert_int_equal(t.steps[128].requests, 1);
}

static void earlier_seconds_go_in_front(void **state)
{
    (void)state;
    struct timeline t = {0};
    timeline_count(&t, 100);
    timeline_count(&t, -3);
    assert_int_equal(t.first, -3);
    assert_int_equal(t.used, 104);
    assert_int_equal(t.steps[0].requests, 1);
    assert_int_equal(t.steps[103].requests, 1);
    assert_int_equal(requests_of(&t), 2);
}

static void the_ends_of_time_fit(void **state)
{
    (void)state;
    struct timeline t = {0};
    timeline_count(&t, INT64_MAX);
    timeline_count(&t, INT64_MIN);
    timeline_count(&t, 0);
    assert_int_equal(requests_of(&t), 3);
    struct timeline sum = {0};
    timeline_count(&sum, 17);
    timeline_merge(&sum, &t);
    assert_int_equal(requests_of(&sum), 4);
}

static void taking_never_goes_below_zero(void **state)
{
    (void)state;
    struct timeline t = {0};
    timeline_count(&t, 5);
    timeline_take(&t, 5, (struct timeline_step){2, 1, 1});
    timeline_take(&t, 6, (struct timeline_step){1, 0, 0});
    assert_int_equal(requests_of(&t), 0);
    assert_int_equal(t.steps[0].e5xx, 0);
}

static void steps_stay_as_wide_as_they_were(void **state)
{
    (void)state;
    struct timeline wide = {0}, sum = {0};
    timeline_count(&wide, 8000);
    timeline_count(&wide, 0);
    timeline_take(&wide, 8000, (struct timeline_step){1, 0, 0});
    timeline_count(&sum, 3);
    timeline_merge(&sum, &wide);
    assert_int_equal(sum.shift, wide.shift);
    assert_int_equal(sum.used, 1);
    assert_int_equal(sum.steps[0].requests, 2);
}

static void merging_in_any_order_gives_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        uint64_t random = seed * 7919;
        struct timeline whole = {0}, parts[3] = {{0}}, left = {0}, right = {0};
        for (size_t i = 0; i < 60; i++) {
            uint64_t span = (uint64_t)1 << random_below(&random, 4 + seed % 30);
            int64_t second = (int64_t)random_below(&random, span) - 100;
            struct timeline_step n = {1, i % 3 == 0, i % 7 == 0};
            timeline_add(&whole, second, n);
            timeline_add(&parts[random_below(&random, 3)], second, n);
        }
        timeline_merge(&left, &parts[0]);
        timeline_merge(&left, &parts[1]);
        timeline_merge(&left, &parts[2]);
        timeline_merge(&parts[1], &parts[0]);
        timeline_merge(&right, &parts[2]);
        timeline_merge(&right, &parts[1]);
        assert_same_timeline(&left, &whole);
        assert_same_timeline(&right, &whole);
    }
}

static void a_cleared_timeline_is_as_new(void **state)
{
    (void)state;
    static struct timeline t, zero;
    timeline_add(&t, -5000, (struct timeline_step){1, 0, 1});
    timeline_add(&t, 70000, (struct timeline_step){1, 1, 0});
    timeline_clear(&t);
    assert_memory_equal(&t.steps, &zero.steps, sizeof t.steps);
    assert_int_equal(t.used + t.shift, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_short_log_has_steps_of_a_second),
        cmocka_unit_test(steps_are_joined_when_they_do_not_reach),
        cmocka_unit_test(earlier_seconds_go_in_front),
        cmocka_unit_test(the_ends_of_time_fit),
        cmocka_unit_test(taking_never_goes_below_zero),
        cmocka_unit_test(steps_stay_as_wide_as_they_were),
        cmocka_unit_test(merging_in_any_order_gives_the_whole),
        cmocka_unit_test(a_cleared_timeline_is_as_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
