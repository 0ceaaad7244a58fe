/* One source from bytes to counts: the same log gives the same tally however it arrives. */
#include "run/pipeline.h"
#include "tally/pack.h"
#include "tests/tally_same.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    KEEP_ALL = 15,
    LINES = 200,
    LINE_BYTES = 256,
};

static const int64_t NOW_MS = 1795400000000;

/* Pretends to be an input: what was not used is presented again, with more behind it. */
static void feed(struct source *s, struct span bytes, size_t piece)
{
    size_t from = 0;
    for (size_t to = piece; from < bytes.len; to += piece) {
        to = to < bytes.len ? to : bytes.len;
        struct span part = {bytes.ptr + from, to - from};
        from += source_bytes(s, &s->framer, part, to == bytes.len, NOW_MS);
        source_feed(s, INT64_MIN);
    }
    source_finish(s);
    source_fold(s);
}

/* A log that changes its format, with garbage, comments, blank lines, errors and no last line end.
 */
static size_t make_log(char *out, size_t size)
{
    static const int statuses[] = {200, 200, 304, 404, 502, 499};
    size_t n = 0;
    for (int i = 0; i < LINES && n + LINE_BYTES < size; i++) {
        int status = statuses[i % 6];
        if (i % 50 == 13) {
            n += (size_t)snprintf(out + n, size - n, "not a line of any format %d\n\n# comment\n",
                                  i);
        } else if (i < LINES / 2) {
            n += (size_t)snprintf(
                out + n, size - n,
                "192.0.2.7 - - [22/Nov/2026:16:%02d:%02d +0000] \"GET /p/%d HTTP/1.1\" %d %d "
                "\"-\" \"curl\"\r\n",
                i / 60, i % 60, i, status, i);
        } else {
            n += (size_t)snprintf(
                out + n, size - n,
                "{\"time\":\"2026-11-22T16:%02d:%02dZ\",\"status\":%d,\"host\":\"h%d\",\"uri\":"
                "\"/q/%d\",\"duration\":0.%03d}\n",
                i / 60, i % 60, status, i % 3, i, i);
        }
    }
    return n - 1;
}

static void the_same_bytes_in_any_pieces_give_the_same_tally(void **state)
{
    (void)state;
    static char log[LINES * LINE_BYTES];
    struct span bytes = {log, make_log(log, sizeof log)};
    struct pipeline p;
    pipeline_init(&p, NULL, 0, KEEP_ALL, NULL, NULL);
    struct source *whole = source_new(&p, "whole", "auto", "");
    feed(whole, bytes, bytes.len);
    assert_int_equal(whole->total->requests + whole->total->unparsed + whole->total->ignored,
                     whole->total->lines);
    assert_int_equal(whole->total->unparsed, 4);
    assert_int_equal(whole->total->ignored, 8);
    for (size_t piece = 1; piece <= 4096; piece = piece * 3 / 2 + 1) {
        struct source *cut = source_new(&p, "cut", "auto", "");
        feed(cut, bytes, piece);
        assert_same_tally(cut->total, whole->total);
        assert_string_equal(reader_format(cut->reader), reader_format(whole->reader));
        source_free(cut);
    }
    source_free(whole);
    pipeline_done(&p);
}

static struct span one_line(char *out, size_t size, int64_t second, int status)
{
    int n = snprintf(out, size, "{\"ts\":%lld,\"status\":%d}\n", (long long)second, status);
    return (struct span){out, (size_t)n};
}

/* Event Hubs put several records into a line; one of them is none, and the last is cut. */
static void each_record_of_a_bundle_counts(void **state)
{
    (void)state;
    static const char log[] =
        "{\"records\": [{\"status\":200,\"uri\":\"/a,]}\"},{\"status\":502,\"tries\":[1,2]}, 7]}\n"
        "{\"records\":[]}\n"
        "{\"status\":201,\"records\":[{\"status\":500}]}\n"
        "{\"records\":[{\"records\":[{\"status\":500}]}]}\n"
        "{\"records\":[{\"status\":404},{\"status\":40\n";
    struct span bytes = {log, sizeof log - 1};
    struct pipeline p;
    pipeline_init(&p, NULL, 0, KEEP_ALL, NULL, NULL);
    for (size_t piece = 1; piece <= bytes.len; piece *= 7) {
        struct source *s = source_new(&p, "bundles", "auto", "");
        feed(s, bytes, piece);
        assert_string_equal(reader_format(s->reader), "json");
        assert_int_equal(s->total->requests, 4);
        assert_int_equal(s->total->unparsed, 3); /* 7, what is nested, and the cut one */
        uint64_t classes[STATUS_CLASSES];
        tally_classes(s->total, classes);
        assert_int_equal(classes[CLASS_5XX], 1);
        source_free(s);
    }
    pipeline_done(&p);
}

static void take(struct source *s, int64_t second, int64_t wall_ms)
{
    char text[LINE_BYTES];
    source_bytes(s, &s->framer, one_line(text, sizeof text, second, 200), false, wall_ms);
}

static void a_live_log_is_closed_by_the_wall_clock(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *s = source_new(&p, "s", "json", "");
    int64_t now_s = NOW_MS / 1000;
    take(s, now_s - 1, NOW_MS);
    take(s, now_s, NOW_MS);
    assert_int_equal(source_closed_before(s, NOW_MS, 2000), now_s);
    assert_int_equal(source_closed_before(s, NOW_MS + 30000, 2000), now_s + 28);
    source_free(s);
    pipeline_done(&p);
}

static void an_old_log_goes_on_at_our_pace(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *s = source_new(&p, "s", "json", "");
    int64_t then = NOW_MS / 1000 - 86400;
    take(s, then - 1, NOW_MS);
    take(s, then, NOW_MS);
    assert_int_equal(source_closed_before(s, NOW_MS + 1000, 2000), then);
    assert_int_equal(source_closed_before(s, NOW_MS + 12000, 2000), then + 10);
    source_free(s);
    pipeline_done(&p);
}

static void a_stamp_that_waits_is_believed_only_near_the_wall_clock(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *live = source_new(&p, "live", "json", ""),
                  *stray = source_new(&p, "stray", "json", "");
    take(live, NOW_MS / 1000 - 3, NOW_MS);
    take(stray, NOW_MS / 1000 + 86400, NOW_MS);
    source_settle(live, NOW_MS);
    source_settle(stray, NOW_MS);
    assert_false(live->live->window.has_pending);
    assert_true(stray->live->window.has_pending);
    source_free(live);
    source_free(stray);
    pipeline_done(&p);
}

static void folding_moves_counts_into_interval_and_total(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    p.has_intervals = true;
    struct source *s = source_new(&p, "s", "json", "");
    for (int64_t i = 0; i < 5; i++) {
        take(s, NOW_MS / 1000 + i, NOW_MS);
        source_fold(s);
    }
    assert_null(s->live);
    assert_int_equal(s->interval->requests, 5);
    tally_clear(s->interval);
    take(s, NOW_MS / 1000 + 6, NOW_MS);
    source_fold(s);
    assert_int_equal(s->interval->requests, 1);
    assert_int_equal(s->total->requests, 6);
    source_free(s);
    pipeline_done(&p);
}

static void an_interval_without_lines_is_given_back(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    p.has_intervals = true;
    struct source *s = source_new(&p, "s", "json", "");
    take(s, NOW_MS / 1000, NOW_MS);
    take(s, NOW_MS / 1000 + 1, NOW_MS);
    source_feed(s, INT64_MIN);
    source_fold(s);
    assert_int_equal(s->interval->window.n_records, 2);
    source_end_interval(s);
    assert_int_equal(s->interval->lines, 0);
    source_end_interval(s);
    assert_null(s->interval);
    take(s, NOW_MS / 1000 + 2, NOW_MS);
    source_feed(s, INT64_MIN);
    source_fold(s);
    assert_int_equal(s->interval->lines, 1);
    assert_int_equal(s->interval->window.n_records, 1);
    source_free(s);
    pipeline_done(&p);
}

/* How many requests are in the total, which may rest. */
static uint64_t folded(const struct source *s)
{
    struct tally room;
    tally_init(&room, 0, 0);
    const struct tally *total = source_total(s, &room);
    uint64_t requests = total ? total->requests : 0;
    tally_done(&room);
    return requests;
}

/* The second source's line waits to be believed, and is settled after it was counted. */
static void sums_know_what_all_sources_counted(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, KEEP_ALL, NULL, NULL);
    p.has_sums = true;
    struct source *a = source_new(&p, "a", "json", ""), *b = source_new(&p, "b", "json", "");
    for (int64_t i = 0; i < 3; i++) {
        take(a, NOW_MS / 1000 + i, NOW_MS);
    }
    take(b, NOW_MS / 1000 + 4, NOW_MS);
    source_fold(a);
    source_fold(b);
    assert_int_equal(p.total.requests, 4);
    assert_int_equal(p.interval.requests, 4);
    assert_int_equal(tally_timeline(&p.total)->used, 3);
    source_settle(b, NOW_MS);
    source_fold(b);
    assert_int_equal(tally_timeline(&p.total)->used, 5);
    assert_int_equal(folded(a), 3);
    assert_int_equal(folded(b), 1);
    source_free(a);
    source_free(b);
    pipeline_done(&p);
}

/* A rule that waits for few requests, so that seconds can wait. */
static struct source *resting_source(struct pipeline *p)
{
    struct rule rule = {.name = "spike", .by = RULE_BY_SOURCE};
    rule_preset(&rule, SPAN("netdata"));
    pipeline_init(p, &rule, 1, KEEP_ALL, NULL, NULL);
    p->has_sums = true;
    p->lateness_ms = 2000;
    struct source *s = source_new(p, "s", "json", "");
    take(s, NOW_MS / 1000 - 3, NOW_MS);
    take(s, NOW_MS / 1000 - 2, NOW_MS);
    source_feed(s, NOW_MS / 1000);
    return s;
}

static void a_source_rests_until_its_next_bytes(void **state)
{
    (void)state;
    struct pipeline p;
    struct source *s = resting_source(&p);
    assert_false(source_sleep(s, NOW_MS)); /* it is not folded yet */
    source_fold(s);
    assert_ptr_equal(p.awake, s);
    assert_true(source_sleep(s, NOW_MS));
    assert_null(p.awake);
    assert_null(s->live);
    assert_null(s->time);
    p.has_moved = false;
    take(s, NOW_MS / 1000 + 100, NOW_MS + 100000);
    assert_ptr_equal(p.awake, s);
    assert_true(p.has_moved);
    source_caught_up(s);
    assert_int_equal(folded(s), 3);
    assert_null(s->live);
    source_free(s);
    assert_null(p.awake);
    pipeline_done(&p);
}

/* A source is folded at once while it has little news, and by the clock when it has more: then its
 * memory is worth keeping. */
static void a_busy_source_is_folded_by_the_clock(void **state)
{
    (void)state;
    struct pipeline p;
    struct source *s = resting_source(&p);
    source_fold(s);
    for (int64_t i = 0; i < 5; i++) {
        take(s, NOW_MS / 1000 + i, NOW_MS + i);
        source_feed(s, INT64_MIN);
        source_caught_up(s);
    }
    assert_int_equal(s->live->requests, 3);
    source_fold(s);
    assert_int_equal(s->total->requests, 7);
    assert_null(s->packed);
    assert_non_null(s->live->cells);
    take(s, NOW_MS / 1000 + 9, NOW_MS + 9);
    source_feed(s, INT64_MIN);
    source_caught_up(s);
    assert_int_equal(folded(s), 8);
    assert_null(s->total);
    assert_null(s->live);
    source_free(s);
    pipeline_done(&p);
}

static void take_log(struct source *s, struct span log, int64_t wall_ms)
{
    assert_int_equal(source_bytes(s, &s->framer, log, false, wall_ms), log.len);
    source_feed(s, INT64_MIN);
}

/* All that a total may hold: codes of an owner, names, durations, reasons, lines of no format. */
static void a_total_that_rests_is_as_one_that_does_not(void **state)
{
    (void)state;
    char log[LINES * LINE_BYTES];
    size_t len = make_log(log, sizeof(log) - 1);
    log[len++] = '\n';
    struct pipeline p, q;
    struct tally room;
    pipeline_init(&p, NULL, 0, KEEP_ALL, NULL, NULL);
    pipeline_init(&q, NULL, 0, KEEP_ALL, NULL, NULL);
    p.has_sums = true;
    struct source *s = source_new(&p, "s", "auto", "cloudflare"),
                  *awake = source_new(&q, "s", "auto", "cloudflare");
    for (int64_t i = 0; i < 3; i++) {
        take_log(s, (struct span){log, len}, NOW_MS + i);
        take_log(awake, (struct span){log, len}, NOW_MS + i);
        source_fold(s);
        source_fold(awake);
        assert_true(source_sleep(s, NOW_MS + i));
        assert_null(s->total);
        tally_init(&room, KEEP_ALL, 0);
        const struct tally *total = source_total(s, &room);
        assert_int_equal(total->lines, awake->total->lines);
        struct buf packed = {0}, again = {0};
        source_pack(s, &packed);
        pack_tally(total, &again);
        assert_true(span_equal(buf_span(&packed), buf_span(&again)));
        buf_done(&packed);
        buf_done(&again);
        timeline_clear(awake->total->timeline); /* which the total of a service does not know */
        assert_same_tally(total, awake->total);
        tally_done(&room);
    }
    source_free(s);
    source_free(awake);
    pipeline_done(&p);
    pipeline_done(&q);
}

/* A second has one line as a sample, however often its source rested within it. */
static void rest_within_a_second_changes_no_sample(void **state)
{
    (void)state;
    struct pipeline p;
    struct source *s = resting_source(&p);
    char line[LINE_BYTES];
    source_fold(s);
    for (int i = 0; i < 2; i++) {
        snprintf(line, sizeof(line), "{\"time\":%lld,\"status\":503}\n",
                 (long long)(NOW_MS / 1000));
        assert_true(source_bytes(s, &s->framer, span_of(line), false, NOW_MS) > 0);
        assert_int_equal(s->live->window.n_samples, i == 0);
        source_feed(s, INT64_MIN);
        source_caught_up(s);
        assert_null(s->live);
    }
    source_free(s);
    pipeline_done(&p);
}

/* As by a clock that was heard: the line comes for a second that is over. */
static void what_the_clock_closed_meanwhile_stays_closed(void **state)
{
    (void)state;
    struct pipeline p;
    struct source *s = resting_source(&p);
    source_fold(s);
    assert_true(source_sleep(s, NOW_MS));
    p.closed_ms = NOW_MS + 60000;
    take(s, NOW_MS / 1000 + 10, NOW_MS + 60500);
    source_feed(s, INT64_MIN);
    assert_int_equal(alert_set_late(p.alerts), 1);
    take(s, NOW_MS / 1000 + 59, NOW_MS + 60500);
    source_feed(s, INT64_MIN);
    assert_int_equal(alert_set_late(p.alerts), 1);
    source_free(s);
    pipeline_done(&p);
}

static void a_line_that_may_still_be_believed_keeps_its_source_awake(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *ahead = source_new(&p, "ahead", "json", ""),
                  *old = source_new(&p, "old", "json", "");
    take(ahead, NOW_MS / 1000 + 7200, NOW_MS);
    take(old, NOW_MS / 1000 - 86400, NOW_MS);
    source_fold(ahead);
    source_fold(old);
    assert_false(source_sleep(ahead, NOW_MS));
    assert_true(source_sleep(old, NOW_MS));
    assert_true(old->live->window.has_pending);
    assert_int_equal(old->live->window.waiting.status, 200);
    source_free(ahead);
    source_free(old);
    pipeline_done(&p);
}

/* While its first lines wait for more that vote, it needs no reader, and the vote ends the same. */
static void a_source_that_is_read_to_its_end_holds_only_lines(void **state)
{
    (void)state;
    static const char log[] =
        "192.0.2.7 - - [22/Nov/2026:16:43:42 +0000] \"GET / HTTP/1.1\" 200 5\n"
        "no line of any format\n\n"
        "192.0.2.7 - - [22/Nov/2026:16:43:43 +0000] \"GET / HTTP/1.1\" 503 5\n"
        "192.0.2.7 - - [22/Nov/2026:16:43:44 +0000] \"GET / HTTP/1.1\" 502 5\n";
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *whole = source_new(&p, "whole", "auto", ""),
                  *cut = source_new(&p, "cut", "auto", "");
    for (struct span rest = SPAN(log); rest.len;) {
        struct span line = span_head(rest, span_find(rest, '\n') + 1);
        rest = span_after(rest, line.len);
        assert_int_equal(source_bytes(cut, &cut->framer, line, false, NOW_MS), line.len);
        source_feed(cut, INT64_MIN);
        source_caught_up(cut);
        assert_null(cut->reader);
        source_fold(cut); /* as by the clock, but before it decides */
    }
    source_bytes(whole, &whole->framer, SPAN(log), false, NOW_MS);
    source_finish(whole);
    source_fold(whole);
    source_finish(cut);
    source_fold(cut);
    assert_string_equal(reader_reason(cut->reader), reader_reason(whole->reader));
    assert_int_equal(cut->total->requests, 3);
    assert_same_tally(cut->total, whole->total);
    source_free(whole);
    source_free(cut);
    pipeline_done(&p);
}

static void a_new_format_keeps_what_was_counted(void **state)
{
    (void)state;
    struct pipeline p;
    pipeline_init(&p, NULL, 0, 0, NULL, NULL);
    struct source *s = source_new(&p, "s", "auto", "");
    take(s, NOW_MS / 1000, NOW_MS); /* held back: one line does not make a format */
    assert_int_equal(s->live->lines, 0);
    source_set_format(s, "ltsv", "");
    assert_int_equal(s->live->requests, 1);
    source_bytes(s, &s->framer, SPAN("status:503\ttime:1795400001\n"), false, NOW_MS);
    source_fold(s);
    assert_int_equal(s->total->requests, 2);
    assert_string_equal(reader_format(s->reader), "ltsv");
    source_set_format(s, "json", "");
    source_fold(s);
    assert_true(source_sleep(s, NOW_MS)); /* without a reader */
    source_free(s);
    pipeline_done(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bytes_in_any_pieces_give_the_same_tally),
        cmocka_unit_test(each_record_of_a_bundle_counts),
        cmocka_unit_test(a_live_log_is_closed_by_the_wall_clock),
        cmocka_unit_test(an_old_log_goes_on_at_our_pace),
        cmocka_unit_test(a_stamp_that_waits_is_believed_only_near_the_wall_clock),
        cmocka_unit_test(folding_moves_counts_into_interval_and_total),
        cmocka_unit_test(an_interval_without_lines_is_given_back),
        cmocka_unit_test(sums_know_what_all_sources_counted),
        cmocka_unit_test(a_source_rests_until_its_next_bytes),
        cmocka_unit_test(a_busy_source_is_folded_by_the_clock),
        cmocka_unit_test(a_total_that_rests_is_as_one_that_does_not),
        cmocka_unit_test(rest_within_a_second_changes_no_sample),
        cmocka_unit_test(what_the_clock_closed_meanwhile_stays_closed),
        cmocka_unit_test(a_line_that_may_still_be_believed_keeps_its_source_awake),
        cmocka_unit_test(a_source_that_is_read_to_its_end_holds_only_lines),
        cmocka_unit_test(a_new_format_keeps_what_was_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
