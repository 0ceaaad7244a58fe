/* Counts by minute: adding, widening, bounds. */
#include "output/past.h"
#include "tally/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum {
    HOUR = 1795363200, /* 2026-11-22T16:00:00Z */
};

static const struct history_bounds all = {INT64_MIN, INT64_MIN, INT64_MAX};

static uint64_t count_of(const struct history *h, int64_t at, uint32_t width, uint32_t kind)
{
    uint64_t n = 0;
    for (size_t i = 0; i < h->n; i++) {
        const struct history_count *c = &h->items[i];
        n += c->at == at && c->width == width && c->kind == kind ? c->count : 0;
    }
    return n;
}

static void steps_are_rounded_down_before_1970_too(void **state)
{
    (void)state;
    assert_int_equal(history_step(HOUR + 119, 60), HOUR + 60);
    assert_int_equal(history_step(HOUR, 3600), HOUR);
    assert_int_equal(history_step(-1, 60), -60);
    assert_int_equal(history_step(-60, 60), -60);
}

static void windows_are_counted_by_minute_and_code(void **state)
{
    (void)state;
    struct history h = {0};
    struct window_record records[] = {{.second = HOUR + 5, .requests = 10, .e5xx = 2},
                                      {.second = HOUR + 5, .host = 3, .requests = 10, .e5xx = 2},
                                      {.second = HOUR + 5, .route = 2, .requests = 9},
                                      {.second = HOUR + 5, .upstream = 2, .requests = 9},
                                      {.second = HOUR + 59, .requests = 7, .unparsed = 2},
                                      {.second = HOUR + 60, .requests = 1}};
    struct window_error errors[] = {
        {.second = HOUR + 5, .count = 2, .status = 502},
        {.second = HOUR + 59, .count = 1, .status = 404},
        {.second = HOUR + 59, .route = 2, .count = 3, .status = 502},
        {.second = HOUR + 59, .count = 8, .status = 502, .blame = WINDOW_MASKED}};
    struct window w = {.records = records, .n_records = 6, .errors = errors, .n_errors = 4};
    history_add_window(&h, &w, &all);
    history_add_window(&h, &w, &all);
    assert_int_equal(count_of(&h, HOUR, 60, HISTORY_REQUESTS), 34);
    assert_int_equal(count_of(&h, HOUR, 60, HISTORY_UNPARSED), 4);
    assert_int_equal(count_of(&h, HOUR, 60, 502), 10);
    assert_int_equal(count_of(&h, HOUR, 60, 404), 2);
    assert_int_equal(count_of(&h, HOUR + 60, 60, HISTORY_REQUESTS), 2);
    assert_int_equal(h.n, 5);
    history_done(&h);
    /* Old ones by the hour, older and later ones not at all. */
    const struct history_bounds bounds = {HOUR + 5, HOUR + 30, HOUR + 60};
    history_add_window(&h, &w, &bounds);
    assert_int_equal(count_of(&h, HOUR, 3600, HISTORY_REQUESTS), 10);
    assert_int_equal(count_of(&h, HOUR, 60, HISTORY_REQUESTS), 7);
    assert_int_equal(count_of(&h, HOUR, 3600, 502), 2);
    assert_int_equal(count_of(&h, HOUR + 60, 60, HISTORY_REQUESTS), 0);
    history_done(&h);
}

/* A log with a stamp in every minute of a thousand years, so to say. */
static void memory_is_bounded(void **state)
{
    (void)state;
    struct history h = {0};
    uint64_t n = 3 * (uint64_t)HISTORY_MOST, sum = 0;
    for (uint64_t i = 0; i < n; i++) {
        history_add(&h, (struct history_count){(int64_t)i * 60, HISTORY_MINUTE, 404, 1});
    }
    assert_in_range(h.n, HISTORY_MOST, 2 * HISTORY_MOST);
    for (size_t i = 0; i < h.n; i++) {
        sum += h.items[i].count;
    }
    assert_int_equal(sum + h.lost, n);
    assert_int_equal(h.lost, 0); /* 524,288 minutes are 8,739 hours */
    for (uint64_t i = 0; i < n; i++) {
        history_add(&h, (struct history_count){(int64_t)i * 3600, HISTORY_HOUR, 500, 1});
    }
    assert_int_equal(h.n, 2 * HISTORY_MOST);
    assert_true(h.lost > 0);
    history_done(&h);
}

static void minutes_merge_to_hours(void **state)
{
    (void)state;
    struct history minutes = {0}, hours = {0};
    for (int i = 0; i < 90; i++) {
        history_add(&minutes, (struct history_count){HOUR + i * 60, HISTORY_MINUTE, 0, 2});
    }
    history_merge(&hours, &minutes, HISTORY_HOUR, HOUR + 60, HOUR + 3660);
    assert_int_equal(count_of(&hours, HOUR, 3600, 0), 118);
    assert_int_equal(count_of(&hours, HOUR + 3600, 3600, 0), 2);
    history_done(&minutes);
    history_done(&hours);
}

static void json_has_a_point_for_each_step(void **state)
{
    (void)state;
    struct history h = {0};
    struct buf out = {0};
    static const struct history_count counts[] = {{HOUR + 60, 60, 502, 3},
                                                  {HOUR, 60, 404, 2},
                                                  {HOUR + 60, 60, HISTORY_REQUESTS, 9},
                                                  {HOUR, 60, HISTORY_UNPARSED, 1},
                                                  {HOUR + 60, 60, 503, 1}};
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        history_add(&h, counts[i]);
    }
    history_sort(&h);
    past_write(&out, &h, 60, HOUR, HOUR + 120);
    buf_byte(&out, '\0');
    assert_string_equal(
        out.data,
        "{\"schema\":\"teapotd.history/1\",\"from\":\"2026-11-22T16:00:00Z\","
        "\"to\":\"2026-11-22T16:02:00Z\",\"step\":60,\"points\":["
        "{\"at\":\"2026-11-22T16:00:00Z\",\"requests\":0,\"4xx\":2,\"5xx\":0,\"unparsed\":1,"
        "\"codes\":{\"404\":2}},"
        "{\"at\":\"2026-11-22T16:01:00Z\",\"requests\":9,\"4xx\":0,\"5xx\":4,\"unparsed\":0,"
        "\"codes\":{\"502\":3,\"503\":1}}]}");
    buf_done(&out);
    history_done(&h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_are_rounded_down_before_1970_too),
        cmocka_unit_test(windows_are_counted_by_minute_and_code),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(minutes_merge_to_hours),
        cmocka_unit_test(json_has_a_point_for_each_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
