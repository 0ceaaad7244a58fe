#include "run/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MOST = 100,
};

struct sum {
    struct work work;
    int of, result;
};

static void add_up(struct work *work)
{
    struct sum *s = (struct sum *)((char *)work - offsetof(struct sum, work));
    s->result = s->of * (s->of + 1) / 2;
}

static void check(unsigned threads)
{
    struct workers *w = workers_new(threads);
    struct sum sums[MOST] = {0};
    for (int i = 0; i < MOST; i++) {
        sums[i] = (struct sum){.work.run = add_up, .of = i, .result = -1};
        workers_add(w, &sums[i].work);
    }
    for (int i = 0; i < MOST; i++) {
        struct work *work = workers_next(w);
        assert_non_null(work);
        struct sum *s = (struct sum *)((char *)work - offsetof(struct sum, work));
        assert_int_equal(s->result, s->of * (s->of + 1) / 2);
        assert_true(threads > 1 || s == &sums[i]); /* in order */
        s->result = -2;
    }
    for (int i = 0; i < MOST; i++) {
        assert_int_equal(sums[i].result, -2); /* each came back */
    }
    assert_null(workers_next(w));
    workers_free(w);
}

static void all_work_comes_back_done(void **state)
{
    (void)state;
    check(1);
    check(4);
}

static void work_may_be_handed_out_again(void **state)
{
    (void)state;
    struct workers *w = workers_new(3);
    struct sum s = {.work.run = add_up};
    for (s.of = 0; s.of < MOST; s.of++) {
        workers_add(w, &s.work);
        assert_ptr_equal(workers_next(w), &s.work);
        assert_int_equal(s.result, s.of * (s.of + 1) / 2);
    }
    workers_free(w);
}

static void no_number_means_all_cores(void **state)
{
    (void)state;
    assert_int_equal(workers_threads(7), 7);
    assert_true(workers_threads(0) >= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_work_comes_back_done),
        cmocka_unit_test(work_may_be_handed_out_again),
        cmocka_unit_test(no_number_means_all_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
