/* Which upstreams fell silent with an alert's onset. */
#include "alert/answers.h"
#include "base/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    T = 1795364000, /* 20 s into a minute */
    BEFORE = T - 1000,
};

struct book {
    struct answers answers;
    struct label_table labels;
    struct alert alert;
};

/* An upstream answers in each `every`th second from `from` to before `to`. */
static void answer(struct book *b, const char *upstream, int64_t from, int64_t to, int64_t every)
{
    for (int64_t s = from; s < to; s += every) {
        answers_add(&b->answers, &b->labels, span_of(upstream), s, INT64_MIN);
    }
}

/* How many have fallen silent with the onset T, so many seconds later. */
static uint32_t gone_after(struct book *b, int64_t seconds)
{
    answers_fill(&b->answers, T, T + seconds, 60, &b->alert);
    return b->alert.n_gone;
}

static int make(void **state)
{
    *state = alloc_zero(1, sizeof(struct book));
    return 0;
}

static int unmake(void **state)
{
    struct book *b = *state;
    answers_done(&b->answers, &b->labels);
    assert_int_equal(b->labels.count, 0);
    label_table_done(&b->labels);
    free(b);
    return 0;
}

static void one_that_answered_in_every_second_is_named_after_four(void **state)
{
    struct book *b = *state;
    answer(b, "a", BEFORE, T + 1, 1);
    answer(b, "b", BEFORE, T + 100, 1);
    assert_int_equal(gone_after(b, 3), 0);
    assert_int_equal(gone_after(b, 4), 1);
    assert_string_equal(b->alert.gone[0].upstream, "a");
    assert_int_equal(b->alert.gone[0].last, T);
    /* Of what comes later nothing is known yet, and then it is known. */
    answer(b, "a", T + 50, T + 60, 1);
    assert_int_equal(gone_after(b, 49), 1);
    assert_int_equal(gone_after(b, 50), 0);
}

static void a_rare_one_is_named_later(void **state)
{
    struct book *b = *state;
    answer(b, "a", T - 600, T, 10);
    assert_int_equal(gone_after(b, 60), 0);
    assert_int_equal(gone_after(b, 105), 0);
    assert_int_equal(gone_after(b, 115), 1);
    assert_int_equal(b->alert.gone[0].last, T - 10);
}

static void what_was_silent_before_is_no_news(void **state)
{
    struct book *b = *state;
    answer(b, "old", T - 900, T - 700, 1);
    answer(b, "b", BEFORE, T + 200, 1);
    assert_int_equal(gone_after(b, 100), 0);
}

static void of_a_log_that_has_just_begun_it_is_said_later(void **state)
{
    struct book *b = *state;
    answer(b, "a", T - 9, T + 1, 1); /* as if one in six seconds had an answer */
    assert_int_equal(gone_after(b, 60), 0);
    assert_int_equal(gone_after(b, 66), 1);
    answer(b, "a", T - 59, T, 1);
    assert_int_equal(gone_after(b, 4), 1);
}

static void the_busiest_are_named_and_of_equals_by_name(void **state)
{
    struct book *b = *state;
    static const char *const names[] = {"c", "b", "a", "f", "e", "d"};
    for (size_t i = 0; i < 6; i++) {
        answer(b, names[i], T - 600, T, 1);
    }
    answer(b, "busy", T - 600, T + 1, 1);
    assert_int_equal(gone_after(b, 10), ALERT_GONE);
    assert_string_equal(b->alert.gone[0].upstream, "busy");
    assert_string_equal(b->alert.gone[1].upstream, "a");
    assert_string_equal(b->alert.gone[3].upstream, "c");
}

/* Sources of one lane may be read one after the other. */
static void the_order_does_not_matter(void **state)
{
    struct book *b = *state;
    struct book *other = alloc_zero(1, sizeof *other);
    answer(b, "a", T - 500, T, 3);
    answer(b, "b", T - 500, T + 30, 2);
    for (int64_t s = T + 29; s >= T - 500; s--) {
        int64_t since = s - (T - 500);
        if (since % 2 == 0) {
            answer(other, "b", s, s + 1, 1);
        }
        if (since % 3 == 0 && s < T) {
            answer(other, "a", s, s + 1, 1);
        }
    }
    for (int64_t n = 0; n < 60; n++) {
        uint32_t gone = gone_after(b, n);
        assert_int_equal(gone_after(other, n), gone);
        for (uint32_t i = 0; i < gone; i++) {
            assert_string_equal(other->alert.gone[i].upstream, b->alert.gone[i].upstream);
            assert_int_equal(other->alert.gone[i].last, b->alert.gone[i].last);
        }
    }
    unmake((void **)&other);
}

static void memory_is_bounded(void **state)
{
    struct book *b = *state;
    char name[32];
    for (int i = 0; i < 3 * ANSWERS_MOST; i++) {
        snprintf(name, sizeof name, "u%d", i);
        answers_add(&b->answers, &b->labels, span_of(name), BEFORE + i / 100, INT64_MIN);
    }
    assert_in_range(b->answers.n, 1, ANSWERS_MOST);
    assert_int_equal(b->labels.count, b->answers.n);
    answers_rest(&b->answers, &b->labels, T + ANSWERS_REMEMBER_S);
    assert_int_equal(b->answers.n, 0);
    assert_null(b->answers.minutes);
    /* Of a long time, only what may be asked for is kept. */
    for (int64_t s = T; s < T + 100000; s++) {
        answers_add(&b->answers, &b->labels, SPAN("a"), s, s - 60);
    }
    assert_in_range(b->answers.n, 16, 40);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)
    const struct CMUnitTest tests[] = {
        TEST(one_that_answered_in_every_second_is_named_after_four),
        TEST(a_rare_one_is_named_later),
        TEST(what_was_silent_before_is_no_news),
        TEST(of_a_log_that_has_just_begun_it_is_said_later),
        TEST(the_busiest_are_named_and_of_equals_by_name),
        TEST(the_order_does_not_matter),
        TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
