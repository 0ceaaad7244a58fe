/* What waits for a receiver, and how often it is tried. */
#include "output/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static int set_up(void **state)
{
    static struct outbox box;
    outbox_init(&box, "ops");
    *state = &box;
    return 0;
}

static int tear_down(void **state)
{
    outbox_done(*state);
    return 0;
}

static void put_numbers(struct outbox *box, int n)
{
    char text[16];
    for (int i = 0; i < n; i++) {
        snprintf(text, sizeof(text), "%d", i);
        outbox_put(box, span_of(text));
    }
}

static void assert_next(struct outbox *box, const char *want)
{
    const struct outbox_body *body = outbox_next(box);
    assert_non_null(body);
    assert_true(span_is((struct span){body->bytes, body->len}, want));
}

static void bodies_come_in_order_and_one_at_a_time(void **state)
{
    struct outbox *box = *state;
    put_numbers(box, 2);
    assert_next(box, "0");
    assert_next(box, "0");
    assert_int_equal(outbox_settle(box, OUTBOX_SENT, 0, NULL), 0);
    assert_next(box, "1");
    assert_int_equal(outbox_settle(box, OUTBOX_REFUSED, 0, "no"), 0);
    assert_null(outbox_next(box));
    struct outbox_stats stats = outbox_stats(box);
    assert_int_equal(stats.sent, 1);
    assert_int_equal(stats.failed, 1);
    assert_int_equal(stats.waiting, 0);
}

static void a_full_queue_drops_the_oldest_but_not_the_one_being_tried(void **state)
{
    struct outbox *box = *state;
    put_numbers(box, 1);
    assert_next(box, "0");
    put_numbers(box, OUTBOX_QUEUE + 3);
    assert_int_equal(outbox_stats(box).dropped, 3);
    assert_int_equal(outbox_stats(box).waiting, OUTBOX_QUEUE + 1);
    assert_next(box, "0");
    outbox_settle(box, OUTBOX_SENT, 0, NULL);
    assert_next(box, "3");
}

/* Waits of an hour in all: a receiver that is restarted or mended in that time gets it. */
static void a_body_is_given_up_after_about_an_hour(void **state)
{
    struct outbox *box = *state;
    uint64_t waited_ms = 0, tries = 0;
    put_numbers(box, 1);
    for (uint64_t wait; outbox_next(box); waited_ms += wait, tries++) {
        wait = outbox_settle(box, OUTBOX_FAILED, 0, "away");
    }
    assert_int_equal(tries, OUTBOX_TRIES);
    assert_int_equal(outbox_stats(box).failed, 1);
    assert_int_equal(outbox_stats(box).retried, OUTBOX_TRIES - 1);
    assert_true(waited_ms > 3400000 && waited_ms < 4500000);
}

static void only_the_newest_stays_where_it_says_all(void **state)
{
    struct outbox *box = *state;
    put_numbers(box, 5);
    assert_next(box, "0");
    outbox_put_only(box, SPAN("under way is kept"), true);
    assert_next(box, "0");
    outbox_put_only(box, SPAN("all"), false);
    assert_next(box, "all");
    assert_int_equal(outbox_stats(box).waiting, 1);
    assert_int_equal(outbox_stats(box).dropped, 0);
}

static void collect(struct span body, void *ctx)
{
    char *out = ctx;
    strncat(out, body.ptr, body.len);
}

static void all_that_was_not_sent_is_listed(void **state)
{
    struct outbox *box = *state;
    char all[32] = "";
    put_numbers(box, 4);
    assert_next(box, "0");
    outbox_settle(box, OUTBOX_SENT, 0, NULL);
    assert_next(box, "1");
    outbox_each(box, collect, all);
    assert_string_equal(all, "123");
}

static void waits_double_up_to_a_minute_and_obey_the_receiver(void **state)
{
    (void)state;
    static const struct {
        unsigned tries;
        int64_t retry_after;
        uint64_t want;
    } cases[] = {
        {1, 0, 1000},   {2, 0, 2000},   {3, 0, 4000},   {6, 0, 32000}, {7, 0, 60000},
        {50, 0, 60000}, {1, 30, 30000}, {7, 30, 60000}, {1, -5, 1000}, {1, INT64_MAX, 3600000},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t got = outbox_wait_ms(cases[i].tries, OUTBOX_BACKOFF_MS, cases[i].retry_after);
        assert_int_equal(got, cases[i].want);
    }
}

/* Two hosts with the same trouble tell of it with bodies of their own. */
static void waits_are_spread_but_never_shorter(void **state)
{
    struct outbox *box = *state;
    uint64_t least = UINT64_MAX, most = 0;
    put_numbers(box, 40);
    while (outbox_next(box)) {
        uint64_t wait = outbox_settle(box, OUTBOX_FAILED, 8, "away");
        least = wait < least ? wait : least;
        most = wait > most ? wait : most;
        outbox_settle(box, OUTBOX_REFUSED, 0, "no");
    }
    assert_true(least >= 8000 && most <= 10000 && most - least > 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(bodies_come_in_order_and_one_at_a_time),
        TEST(a_full_queue_drops_the_oldest_but_not_the_one_being_tried),
        TEST(a_body_is_given_up_after_about_an_hour),
        TEST(only_the_newest_stays_where_it_says_all),
        TEST(all_that_was_not_sent_is_listed),
        TEST(waits_are_spread_but_never_shorter),
        cmocka_unit_test(waits_double_up_to_a_minute_and_obey_the_receiver),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
