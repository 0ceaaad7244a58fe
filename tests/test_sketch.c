#include "tally/sketch.h"
#include "tests/tally_same.h"

#include <math.h>
#include <stdlib.h>

static void a_bucket_begins_with_its_floor(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SKETCH_BUCKETS; i++) {
        struct sketch s = {0};
        sketch_add(&s, sketch_bucket_floor(i));
        assert_int_equal(sketch_bucket(&s, i), 1);
        if (i) {
            sketch_add(&s, sketch_bucket_floor(i) - 1);
            assert_int_equal(sketch_bucket(&s, i - 1), 1);
        }
        sketch_done(&s);
    }
}

static int compare(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Values of every magnitude: a random number of random bits. */
static uint64_t any_value(uint64_t *random)
{
    return random_below(random, UINT64_MAX) << 11 >> (1 + random_below(random, 63));
}

static void quantiles_are_within_one_percent(void **state)
{
    (void)state;
    enum { N = 5000 };
    static uint64_t values[N];
    uint64_t random = 88172645463325252U;
    struct sketch s = {0};
    for (size_t i = 0; i < N; i++) {
        values[i] = any_value(&random);
        sketch_add(&s, values[i]);
    }
    qsort(values, N, sizeof values[0], compare);
    for (unsigned permille = 1; permille <= 1000; permille++) {
        double exact = (double)values[(size_t)permille * N / 1000 - 1] / 1e9;
        double got = sketch_quantile(&s, permille / 1000.0);
        assert_true(fabs(got - exact) <= exact / 100);
    }
    sketch_done(&s);
}

static void one_value_is_every_quantile(void **state)
{
    (void)state;
    static const uint64_t values[] = {0, 1, 63, 64, 1234567, 5000000000U, INT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        struct sketch s = {0};
        sketch_add(&s, values[i]);
        double exact = (double)values[i] / 1e9;
        assert_true(fabs(sketch_quantile(&s, 0) - exact) <= exact / 100);
        assert_true(fabs(sketch_quantile(&s, 0.5) - exact) <= exact / 100);
        assert_true(fabs(sketch_quantile(&s, 1) - exact) <= exact / 1e9);
        assert_true(fabs(sketch_sum_s(&s) - exact) <= exact / 1e9);
        sketch_done(&s);
    }
}

static void an_empty_sketch_has_no_quantiles(void **state)
{
    (void)state;
    struct sketch s = {0};
    assert_true(sketch_quantile(&s, 0.99) <= 0);
    assert_true(sketch_sum_s(&s) <= 0);
}

static void huge_values_count_as_the_largest(void **state)
{
    (void)state;
    struct sketch s = {0};
    sketch_add(&s, UINT64_MAX);
    assert_int_equal(s.count, 1);
    assert_int_equal(s.max_ns, INT64_MAX);
    assert_int_equal(sketch_bucket(&s, SKETCH_BUCKETS - 1), 1);
    assert_int_equal(s.below[SKETCH_BOUNDS], 1);
    sketch_done(&s);
}

static void a_value_on_a_bound_is_below_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < SKETCH_BOUNDS; i++) {
        struct sketch s = {0};
        sketch_add(&s, sketch_bounds_ns[i]);
        assert_int_equal(s.below[i], 1);
        sketch_add(&s, sketch_bounds_ns[i] + 1);
        assert_int_equal(s.below[i + 1], 1);
        sketch_add(&s, sketch_bounds_ns[i] - 1);
        assert_int_equal(s.below[i], 2);
        sketch_done(&s);
    }
}

static void the_sum_is_exact(void **state)
{
    (void)state;
    struct sketch s = {0};
    for (size_t i = 0; i < 10; i++) {
        sketch_add(&s, 1999999999);
    }
    assert_int_equal(s.sum_s, 19);
    assert_int_equal(s.sum_ns, 999999990);
    sketch_done(&s);
}

static void many_at_once_count_as_one_after_another(void **state)
{
    (void)state;
    enum { N = 300 };
    static uint64_t values[N];
    uint64_t random = 88172645463325252U;
    struct sketch all = {0}, singly = {0};
    for (size_t i = 0; i < N; i++) {
        values[i] = i % 3 ? any_value(&random) : UINT64_MAX - i;
    }
    for (size_t from = 0, n = 0; from + n <= N; from += n, n++) {
        sketch_add_all(&all, values + from, n);
        for (size_t i = from; i < from + n; i++) {
            sketch_add(&singly, values[i]);
        }
        assert_same_sketch(&all, &singly);
    }
    sketch_done(&all);
    sketch_done(&singly);
}

static void merging_in_any_order_gives_the_whole(void **state)
{
    (void)state;
    uint64_t random = 4711;
    struct sketch whole = {0}, parts[3] = {{0}}, left = {0}, right = {0};
    for (size_t i = 0; i < 3000; i++) {
        uint64_t value = any_value(&random);
        sketch_add(&whole, value);
        sketch_add(&parts[random_below(&random, 3)], value);
    }
    sketch_merge(&left, &parts[0]);
    sketch_merge(&left, &parts[1]);
    sketch_merge(&left, &parts[2]);
    sketch_merge(&right, &parts[2]);
    sketch_merge(&right, &parts[1]);
    sketch_merge(&right, &parts[0]);
    assert_same_sketch(&left, &whole);
    assert_same_sketch(&right, &whole);
    struct sketch *const all[] = {&whole, &parts[0], &parts[1], &parts[2], &left, &right};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        sketch_done(all[i]);
    }
}

static void an_empty_sketch_changes_nothing(void **state)
{
    (void)state;
    struct sketch s = {0}, same = {0}, empty = {0};
    sketch_add(&s, 77777);
    sketch_add(&same, 77777);
    sketch_merge(&s, &empty);
    assert_same_sketch(&s, &same);
    sketch_merge(&empty, &s);
    assert_same_sketch(&empty, &same);
    sketch_done(&s);
    sketch_done(&same);
    sketch_done(&empty);
}

static void a_cleared_sketch_counts_like_a_new_one(void **state)
{
    (void)state;
    struct sketch s = {0}, fresh = {0};
    sketch_clear(&s);
    sketch_add(&s, 5);
    sketch_add(&s, INT64_MAX);
    sketch_clear(&s);
    assert_same_sketch(&s, &fresh);
    sketch_add(&s, 3000000);
    sketch_add(&fresh, 3000000);
    assert_same_sketch(&s, &fresh);
    sketch_done(&s);
    sketch_done(&fresh);
}

static void memory_is_taken_for_what_is_met(void **state)
{
    (void)state;
    struct sketch s = {0};
    sketch_add(&s, 1000000000);
    assert_int_equal(s.held, 1 << SKETCH_SUB_BITS);
    sketch_add(&s, 4000000000);
    sketch_add(&s, 250000000);
    assert_true(s.held <= 5 << SKETCH_SUB_BITS);
    sketch_done(&s);
    assert_null(s.buckets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_begins_with_its_floor),
        cmocka_unit_test(quantiles_are_within_one_percent),
        cmocka_unit_test(one_value_is_every_quantile),
        cmocka_unit_test(an_empty_sketch_has_no_quantiles),
        cmocka_unit_test(huge_values_count_as_the_largest),
        cmocka_unit_test(a_value_on_a_bound_is_below_it),
        cmocka_unit_test(the_sum_is_exact),
        cmocka_unit_test(many_at_once_count_as_one_after_another),
        cmocka_unit_test(merging_in_any_order_gives_the_whole),
        cmocka_unit_test(an_empty_sketch_changes_nothing),
        cmocka_unit_test(a_cleared_sketch_counts_like_a_new_one),
        cmocka_unit_test(memory_is_taken_for_what_is_met),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
