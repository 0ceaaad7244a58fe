/* How far sources have come, alone and together. */
#include "alert/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    SOURCES = 1000,
};

static void a_name_keeps_its_number_among_a_thousand(void **state)
{
    (void)state;
    struct progress p = {0};
    char name[32];
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < SOURCES; i++) {
            snprintf(name, sizeof name, "logs/%zu.log", i);
            assert_int_equal(progress_source(&p, name), i);
        }
    }
    assert_int_equal(p.n_sources, SOURCES);
    progress_done(&p);
}

static void what_a_source_has_passed_only_grows(void **state)
{
    (void)state;
    struct progress p = {0};
    size_t a = progress_source(&p, "a");
    assert_int_equal(progress_close(&p, a, -7), -7);
    assert_int_equal(progress_close(&p, a, 5), 5);
    assert_int_equal(progress_close(&p, a, 3), 5);
    progress_done(&p);
}

static void all_wait_for_the_last_that_is_not_idle(void **state)
{
    (void)state;
    struct progress p = {0};
    size_t a = progress_source(&p, "a"), b = progress_source(&p, "b"), c = progress_source(&p, "c");
    progress_close(&p, a, 10);
    progress_close(&p, b, 20);
    assert_true(progress_by_all(&p) == INT64_MIN); /* nothing was heard of c */
    progress_close(&p, c, 30);
    assert_int_equal(progress_by_all(&p), 10);
    progress_set_idle(&p, a, true);
    progress_set_idle(&p, a, true);
    assert_int_equal(progress_by_all(&p), 20);
    progress_set_idle(&p, a, false);
    progress_set_idle(&p, b, true);
    assert_int_equal(progress_by_all(&p), 10);
    progress_done(&p);
}

static void when_all_are_idle_the_furthest_counts(void **state)
{
    (void)state;
    struct progress p = {0};
    size_t a = progress_source(&p, "a"), b = progress_source(&p, "b");
    progress_close(&p, a, -10);
    progress_close(&p, b, -20);
    progress_set_idle(&p, a, true);
    progress_set_idle(&p, b, true);
    assert_int_equal(progress_by_all(&p), -10);
    progress_close(&p, b, -5);
    assert_int_equal(progress_by_all(&p), -5);
    progress_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_keeps_its_number_among_a_thousand),
        cmocka_unit_test(what_a_source_has_passed_only_grows),
        cmocka_unit_test(all_wait_for_the_last_that_is_not_idle),
        cmocka_unit_test(when_all_are_idle_the_furthest_counts),
    };
    return cmocka_run_group_tests_name("progress", tests, NULL, NULL);
}
