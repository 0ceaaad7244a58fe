/* When alerts fire, get worse and are over, over days of traffic that are loops. */
#include "alert_world.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void spike_fires_in_its_second_and_is_resolved(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 86400, 10, 0);
    int64_t began = t;
    t = world_seconds(world, t, 60, 10, 5);
    world_seconds(world, t, 3600, 10, 0);
    assert_int_equal(world->n_told, 3); /* warning, critical, over */
    const struct alert *a = alert_set_at(world->set, 0);
    assert_true(a->since == began);
    assert_true(a->at == began + 2); /* 10 and 15 of 600: the third second passes 2 % */
    assert_true(a->resolved_at == began + 60 + 58);
    assert_int_equal(a->state, ALERT_RESOLVED);
    assert_int_equal(a->severity, RULE_CRITICAL);
    assert_string_equal(a->source, "a.log");
    assert_string_equal(a->host, "");
    assert_int_equal(alert_set_firing(world->set), 0);
    world_free(world);
}

static void worse_alert_keeps_its_id_and_stays_one(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 120, 100, 3);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.severity, RULE_WARNING);
    char id[40];
    memcpy(id, world->last.id, sizeof id);
    assert_int_equal(strlen(id), 16);
    t = world_seconds(world, t, 60, 100, 20);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.severity, RULE_CRITICAL);
    assert_string_equal(world->last.id, id);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_int_equal(alert_set_firing(world->set), 1);
    world_seconds(world, t, 60, 100, 4); /* back to warning: nobody is told, it stays critical */
    assert_int_equal(world->n_told, 2);
    assert_int_equal(alert_set_at(world->set, 0)->severity, RULE_CRITICAL);
    world_free(world);
}

static void thin_traffic_raises_nothing(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    world_seconds(world, WORLD_START, 86400, 2, 2);
    assert_int_equal(alert_set_count(world->set), 0);
    world_free(world);
}

static void alert_waits_until_it_has_held(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    rule.for_s = 30;
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 600, 100, 0);
    t = world_seconds(world, t, 1, 1000, 200);
    t = world_seconds(world, t, 29, 1000, 0); /* it is over before the 30 s are */
    t = world_seconds(world, t, 600, 1000, 0);
    assert_int_equal(world->n_told, 0);
    world_seconds(world, t, 100, 100, 10);
    assert_true(alert_set_at(world->set, 0)->at > t + 30);
    assert_true(alert_set_at(world->set, 0)->since == t);
    world_free(world);
}

static void critical_waits_for_its_own_time(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    rule.for_s = 100;
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 90, 100, 3);
    world_seconds(world, t, 60, 100, 50);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.severity, RULE_WARNING);
    world_seconds(world, t + 60, 60, 100, 50);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.severity, RULE_CRITICAL);
    world_free(world);
}

static void pending_alert_does_not_fire_on_a_handful(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    rule.for_s = 70;
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 10, 100, 100);
    world_seconds(world, t, 300, 1, 1);
    assert_int_equal(world->n_told, 0);
    world_free(world);
}

static void alert_that_returns_in_time_is_not_resolved(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    rule.clear_for_s = 120;
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 60, 100, 50);
    t = world_seconds(world, t, 150, 100, 0);
    t = world_seconds(world, t, 60, 100, 50);
    size_t before = world->n_told;
    assert_int_equal(alert_set_firing(world->set), 1);
    t = world_seconds(world, t, 300, 100, 0);
    assert_int_equal(world->n_told, before + 1);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_true(world->last.resolved_at == t - 300 + 58 + 120);
    assert_int_equal(alert_set_count(world->set), 1);
    world_free(world);
}

static void alert_is_over_when_traffic_stops(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    int64_t t = world_seconds(world, WORLD_START, 60, 10, 5);
    assert_int_equal(alert_set_firing(world->set), 1);
    world_second(world, "a.log", t + 59, 0, 0);
    assert_true(world->last.state == ALERT_RESOLVED && world->last.resolved_at == t + 59);
    world_free(world);
}

static void gap_of_centuries_costs_nothing(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    int64_t t = WORLD_START;
    for (int i = 0; i < 50; i++) {
        t = world_seconds(world, t, 20, 100, 50);
        t += 500LL * 365 * 86400; /* 1.6e10 seconds: the test would not end */
    }
    assert_int_equal(alert_set_count(world->set), 50);
    world_free(world);
}

static void end_of_time_closes_everything(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    world_seconds(world, WORLD_START, 60, 100, 50);
    struct window none = {0};
    alert_set_feed(world->set, "a.log", &none, INT64_MAX);
    assert_int_equal(alert_set_firing(world->set), 0);
    world_free(world);
}

/* Two hosts and requests without one; shop fails for a while. */
static void write_day(struct window *w, int64_t first, int64_t n)
{
    for (int64_t s = first; s < first + n; s++) {
        bool fails = s - WORLD_START > 200 && s - WORLD_START < 320;
        world_add(w, s, "shop.example", fails ? 3 : 6, fails ? 3 : 0, 502);
        world_add(w, s, "blog.example", 5, s % 400 == 0, 500);
        world_add(w, s, "", 1, 0, 500);
    }
}

static void feeding_in_pieces_gives_the_same_alerts(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE | RULE_BY_HOST);
    struct world *whole = world_new(&rule);
    struct window all = {.by = WINDOW_BY_HOST};
    write_day(&all, WORLD_START, 1000);
    alert_set_feed(whole->set, "a.log", &all, WORLD_START + 1000);
    window_done(&all);
    assert_int_equal(whole->n_told, 3);
    static const int64_t sizes[] = {1, 7, 250};
    for (size_t i = 0; i < 3; i++) {
        struct world *parts = world_new(&rule);
        struct window w = {.by = WINDOW_BY_HOST};
        for (int64_t s = 0; s < 1000; s += sizes[i]) {
            int64_t n = s + sizes[i] <= 1000 ? sizes[i] : 1000 - s;
            write_day(&w, WORLD_START + s, n);
            alert_set_feed(parts->set, "a.log", &w, WORLD_START + s + n);
            window_drain(&w);
        }
        assert_string_equal(parts->told.data, whole->told.data);
        window_done(&w);
        world_free(parts);
    }
    world_free(whole);
}

static void hosts_are_watched_apart(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    assert_int_equal(alert_set_by(world->set), WINDOW_BY_HOST | WINDOW_ANSWERS);
    struct window w = {.by = WINDOW_BY_HOST};
    write_day(&w, WORLD_START, 1000);
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 1000);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_string_equal(alert_set_at(world->set, 0)->host, "shop.example");
    assert_string_equal(alert_set_at(world->set, 0)->source, "");
    assert_true(alert_set_at(world->set, 0)->since == WORLD_START + 201);
    window_done(&w);
    world_free(world);
}

static void requests_without_a_host_are_watched_by_a_rule_by_host(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE | RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct window w = {.by = WINDOW_BY_HOST};
    for (int64_t s = WORLD_START; s < WORLD_START + 60; s++) {
        world_add(&w, s, "fine.example", 50, 0, 500);
        world_add(&w, s, "", 5, 5, 500);
    }
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 60);
    assert_int_equal(alert_set_firing(world->set), 1);
    assert_string_equal(world->last.host, "");
    assert_string_equal(world->last.source, "a.log");
    assert_true(world->last.ratio > 0.49);
    window_done(&w);
    world_free(world);
}

static void rule_counts_what_it_is_on(void **state)
{
    (void)state;
    static const struct rule_on on[] = {
        {.classes = ON_5XX}, {.classes = ON_4XX}, {.classes = ON_4XX | ON_5XX}};
    static const uint64_t want[] = {90, 60, 150};
    for (size_t i = 0; i < 3; i++) {
        struct rule rule = world_rule(0);
        rule.on = on[i];
        rule.window_s = 30;
        struct world *world = world_new(&rule);
        struct window_record r = {.second = WORLD_START, .requests = 200, .e4xx = 60, .e5xx = 90};
        struct window w = {.records = &r, .n_records = 1};
        alert_set_feed(world->set, "a.log", &w, WORLD_START + 1);
        assert_int_equal(world->last.errors, want[i]);
        world_free(world);
    }
}

/* A minute of traffic in which one host has client aborts, and another one bad gateways. */
static void feed_mixed(struct world *world)
{
    struct window w = {.by = WINDOW_BY_HOST};
    for (int64_t s = WORLD_START; s < WORLD_START + 60; s++) {
        world_add(&w, s, "shop.example", 40, 10, 499);
        world_add(&w, s, "blog.example", 30, 20, 502);
        world_add(&w, s, "", 5, 5, 404);
    }
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 60);
    window_done(&w);
}

static struct rule rule_on_words(unsigned by, const char *a, const char *b)
{
    struct rule rule = world_rule(by);
    rule.on = (struct rule_on){0};
    assert_int_equal(on_add(&rule.on, span_of(a), NULL), 0);
    assert_int_equal(b ? on_add(&rule.on, span_of(b), NULL) : 0, 0);
    return rule;
}

static void a_rule_may_count_codes_and_blames(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        double ratio;
    } cases[] = {
        {"499", NULL, 10.0 / 110},      {"404", "502", 25.0 / 110}, {"502", "upstream", 20.0 / 110},
        {"upstream", NULL, 20.0 / 110}, {"5xx", "499", 30.0 / 110}, {"4xx", "404", 15.0 / 110},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct rule rule = rule_on_words(0, cases[i].a, cases[i].b);
        struct world *world = world_new(&rule);
        feed_mixed(world);
        assert_int_equal(alert_set_firing(world->set), 1);
        if (fabs(world->last.ratio - cases[i].ratio) > 1e-9) {
            fail_msg("%s: %g, not %g", cases[i].a, world->last.ratio, cases[i].ratio);
        }
        world_free(world);
    }
}

static void codes_are_counted_by_host_too(void **state)
{
    (void)state;
    struct rule rule = rule_on_words(RULE_BY_HOST, "499", "404");
    struct world *world = world_new(&rule);
    feed_mixed(world);
    assert_int_equal(alert_set_firing(world->set), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct alert *a = alert_set_at(world->set, i);
        bool is_shop = strcmp(a->host, "shop.example") == 0;
        assert_true(is_shop || a->host[0] == '\0');
        assert_int_equal(a->n_codes, 1);
        assert_int_equal(a->codes[0].status, is_shop ? 499 : 404);
        assert_true(fabs(a->ratio - (is_shop ? 0.2 : 0.5)) < 1e-9);
    }
    world_free(world);
}

/* A second of a shop: two upstreams, of which one fails on one route, and answers of its own. */
static void add_shop(struct window *w, int64_t second)
{
    static const struct {
        const char *route, *upstream;
        int ok, bad;
    } rows[] = {{"/cart", "10.0.0.7:80", 2, 8},
                {"/cart", "10.0.0.8:80", 10, 0},
                {"/list", "10.0.0.7:80", 10, 0},
                {"/list", "10.0.0.8:80", 10, 0},
                {"/", "", 20, 0}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct window_line good = world_line("shop.example", 200);
        struct window_line wrong = world_line("shop.example", 502);
        good.route = wrong.route = span_of(rows[i].route);
        good.upstream = wrong.upstream = span_of(rows[i].upstream);
        for (int k = 0; k < rows[i].ok + rows[i].bad; k++) {
            window_add(w, second, k < rows[i].ok ? &good : &wrong);
        }
    }
}

/* It must not matter what else the window tells apart, because other rules want it. */
static void routes_and_upstreams_are_watched_apart(void **state)
{
    static const struct {
        unsigned by;
        const char *route, *upstream;
        uint64_t requests; /* of the series, in a second */
    } cases[] = {{RULE_BY_UPSTREAM, "", "10.0.0.7:80", 20},
                 {RULE_BY_ROUTE, "/cart", "", 20},
                 {RULE_BY_ROUTE | RULE_BY_UPSTREAM | RULE_BY_HOST, "/cart", "10.0.0.7:80", 10}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        struct rule rule = world_rule(cases[i / 2].by);
        struct world *world = world_new(&rule);
        unsigned by = i % 2 ? WINDOW_BY_PLACE : alert_set_by(world->set);
        struct window w = {.by = (uint8_t)by};
        for (int64_t s = WORLD_START; s < WORLD_START + 20; s++) {
            add_shop(&w, s);
        }
        alert_set_feed(world->set, "a.log", &w, WORLD_START + 20);
        assert_int_equal(alert_set_count(world->set), 1);
        const struct alert *a = alert_set_at(world->set, 0);
        assert_string_equal(a->route, cases[i / 2].route);
        assert_string_equal(a->upstream, cases[i / 2].upstream);
        assert_int_equal(a->requests % cases[i / 2].requests, 0);
        assert_int_equal(a->errors * cases[i / 2].requests, a->requests * 8);
        for (uint32_t k = 0; k < a->n_where; k++) { /* what the series says is not said again */
            assert_false(strcmp(a->where[k].dimension, "route") == 0 && a->route[0]);
            assert_false(strcmp(a->where[k].dimension, "upstream") == 0 && a->upstream[0]);
        }
        assert_true(a->n_samples > 0);
        window_done(&w);
        world_free(world);
    }
}

/* Codes and blames are not in the records of places, but they count there all the same. */
static void codes_are_counted_by_upstream_too(void **state)
{
    (void)state;
    struct rule rule = rule_on_words(RULE_BY_UPSTREAM, "502", NULL);
    struct world *world = world_new(&rule);
    struct window w = {.by = (uint8_t)alert_set_by(world->set)};
    for (int64_t s = WORLD_START; s < WORLD_START + 20; s++) {
        add_shop(&w, s);
    }
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 20);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_string_equal(world->last.upstream, "10.0.0.7:80");
    assert_true(fabs(world->last.ratio - 0.4) < 1e-9);
    assert_non_null(strstr(world->last.summary, "502 Bad Gateway at upstream 10.0.0.7:80 since"));
    window_done(&w);
    world_free(world);
}

/* A rule on 4xx has lines to show, though a second with 5xx shows those first. */
static void a_rule_on_4xx_shows_lines(void **state)
{
    (void)state;
    struct rule rule = rule_on_words(0, "404", NULL);
    struct world *world = world_new(&rule);
    struct window w = {.by = (uint8_t)alert_set_by(world->set)};
    assert_int_equal(w.by, WINDOW_4XX_SAMPLES | WINDOW_ANSWERS);
    for (int64_t s = WORLD_START; s < WORLD_START + 60; s++) {
        world_add(&w, s, "", 5, 1, 502);
        world_add(&w, s, "", 5, 5, 404);
    }
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 60);
    assert_int_equal(world->last.n_samples, 3);
    window_done(&w);
    world_free(world);
}

/* What a retry hid is told beside the errors, and is none of them. */
static void retries_that_hid_failures_are_told(void **state)
{
    static const unsigned by[] = {0, RULE_BY_UPSTREAM};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rule rule = world_rule(by[i]);
        struct world *world = world_new(&rule);
        struct window w = {.by = (uint8_t)alert_set_by(world->set)};
        struct window_line saved = world_line("shop.example", 200);
        saved.upstream = SPAN("10.0.0.8:80");
        saved.masked = 1;
        saved.masked_status = 502;
        saved.masked_upstream = SPAN("10.0.0.7:8080");
        for (int64_t s = WORLD_START; s < WORLD_START + 60; s++) {
            world_add(&w, s, "shop.example", 5, 1, 502);
            window_add(&w, s, &saved);
            window_add(&w, s, &saved);
        }
        alert_set_feed(world->set, "a.log", &w, WORLD_START + 60);
        const struct alert *a = alert_set_at(world->set, 0);
        assert_int_equal(alert_set_count(world->set), 1);
        assert_int_equal(a->masked, 2 * a->errors);
        assert_int_equal(a->requests, a->errors * (i ? 6 : 8));
        assert_string_equal(a->upstream, i ? "10.0.0.7:8080" : "");
        assert_int_equal(a->n_codes, 1);
        assert_non_null(strstr(a->summary, "; retries hid "));
        window_done(&w);
        world_free(world);
    }
}

/* Traffic of two upstreams, of which one fails from the 600th second on; `step` seconds at once. */
static struct world *with_a_silent_upstream(unsigned by, int64_t step)
{
    struct rule rule = world_rule(by);
    struct world *world = world_new(&rule);
    struct window w = {.by = (uint8_t)alert_set_by(world->set)};
    struct window_line other = world_line("shop.example", 200);
    other.upstream = SPAN("10.0.0.8:80");
    for (int64_t s = 0; s < 800; s++) {
        window_add(&w, WORLD_START + s, &other);
        world_add(&w, WORLD_START + s, "shop.example", s < 600 ? 3 : 0, s < 600 ? 0 : 3, 502);
        if ((s + 1) % step == 0) {
            alert_set_feed(world->set, "a.log", &w, WORLD_START + s + 1);
            window_drain(&w);
        }
    }
    window_done(&w);
    return world;
}

static void an_upstream_that_fell_silent_is_told(void **state)
{
    (void)state;
    struct world *world = with_a_silent_upstream(RULE_BY_SOURCE, 1);
    const struct alert *a = &world->last;
    assert_int_equal(a->n_gone, 1);
    assert_string_equal(a->gone[0].upstream, "10.0.0.7:8080");
    assert_int_equal(a->gone[0].last, WORLD_START + 599);
    assert_non_null(strstr(a->summary, "; 10.0.0.7:8080 answers no longer"));
    /* However much is fed at once. */
    struct world *whole = with_a_silent_upstream(RULE_BY_SOURCE, 800);
    assert_string_equal(whole->told.data, world->told.data);
    world_free(whole);
    world_free(world);
    /* Each upstream has its own alert. */
    world = with_a_silent_upstream(RULE_BY_UPSTREAM, 800);
    assert_int_equal(world->last.n_gone, 0);
    assert_string_equal(world->last.upstream, "10.0.0.7:8080");
    world_free(world);
}

/* The text of a line says nothing of blame; an error of the same second does. */
static void a_rule_on_blame_shows_lines(void **state)
{
    (void)state;
    struct rule rule = rule_on_words(0, "upstream", NULL), other = rule_on_words(0, "499", "edge");
    struct world *world = world_new(&rule);
    feed_mixed(world);
    assert_true(world->last.n_samples > 0);
    world_free(world);
    world = world_new(&other);
    feed_mixed(world);
    assert_int_equal(world->last.n_samples, 0);
    world_free(world);
}

static void sources_are_summed_when_all_have_passed(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_idle(world->set, "b.log", false); /* or the first second would not wait for it */
    for (int64_t i = 0; i < 60; i++) {
        world_second(world, "a.log", WORLD_START + i, 100, 50);
        world_second(world, "b.log", WORLD_START + i, 100, 0);
    }
    assert_int_equal(world->last.severity, RULE_CRITICAL);
    assert_int_equal(world->last.requests, 200); /* both of the first second */
    assert_string_equal(world->last.source, "");
    assert_int_equal(alert_set_count(world->set), 1);
    world_free(world);
}

static void lagging_source_is_waited_for(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_idle(world->set, "b.log", false);
    world_seconds(world, WORLD_START, 120, 100, 50);
    assert_int_equal(world->n_told, 0);
    struct window_record lagging[60];
    for (int i = 0; i < 60; i++) {
        lagging[i] = (struct window_record){.second = WORLD_START + i, .requests = 4000};
    }
    struct window w = {.records = lagging, .n_records = 60};
    alert_set_feed(world->set, "b.log", &w, WORLD_START + 60);
    assert_int_equal(world->n_told, 0); /* 50 of 4,100 are not above 2 % */
    world_second(world, "b.log", WORLD_START + 119, 100, 0);
    assert_int_equal(world->last.severity, RULE_CRITICAL);
    assert_true(world->last.since == WORLD_START + 60);
    assert_int_equal(alert_set_late(world->set), 0);
    world_free(world);
}

/* Feeds three sources, in turns of which `seed` decides whose it is and how many seconds; 1: in
 * step. */
static void feed_in_turns(struct world *world, uint64_t seed)
{
    static const char *const names[] = {"a.log", "b.log", "c.log"};
    int64_t done[3] = {0};
    for (size_t k = 0; k < 3; k++) {
        alert_set_idle(world->set, names[k], false);
    }
    for (uint64_t turn = 0; done[0] + done[1] + done[2] < 3 * 900; turn++) {
        seed = seed > 1 ? seed * 6364136223846793005u + 1442695040888963407u : 1;
        size_t k = seed > 1 ? (seed >> 33) % 3 : turn % 3;
        int64_t n = seed > 1 ? (int64_t)(seed >> 40) % 90 + 1 : 1;
        struct window w = {.by = WINDOW_BY_HOST};
        for (; n > 0 && done[k] < 900; n--, done[k]++) {
            bool fails = done[k] % 300 > 200 && k < 2;
            world_add(&w, WORLD_START + done[k], k ? "shop.example" : "blog.example", 3, fails,
                      502);
        }
        alert_set_feed(world->set, names[k], &w, WORLD_START + done[k]);
        window_done(&w);
    }
}

static void it_does_not_matter_which_source_is_read_first(void **state)
{
    (void)state;
    static const unsigned by[] = {0, RULE_BY_HOST};
    for (size_t i = 0; i < 2; i++) {
        struct rule rule = world_rule(by[i]);
        struct world *in_step = world_new(&rule);
        feed_in_turns(in_step, 1);
        assert_true(in_step->n_told >= 6);
        for (uint64_t seed = 2; seed < 12; seed++) {
            struct world *in_turns = world_new(&rule);
            feed_in_turns(in_turns, seed);
            assert_int_equal(alert_set_late(in_turns->set), 0);
            assert_int_equal(in_turns->n_told, in_step->n_told);
            assert_int_equal(alert_set_count(in_turns->set), alert_set_count(in_step->set));
            for (size_t a = 0; a < alert_set_count(in_step->set); a++) {
                assert_string_equal(alert_set_at(in_turns->set, a)->id,
                                    alert_set_at(in_step->set, a)->id);
                assert_string_equal(alert_set_at(in_turns->set, a)->summary,
                                    alert_set_at(in_step->set, a)->summary);
            }
            world_free(in_turns);
        }
        world_free(in_step);
    }
}

static void idle_source_is_not_waited_for(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_idle(world->set, "b.log", false);
    world_seconds(world, WORLD_START, 60, 100, 50);
    assert_int_equal(world->n_told, 0);
    alert_set_idle(world->set, "b.log", true);
    assert_int_equal(world->n_told, 1);
    alert_set_idle(world->set, "a.log", true); /* all are idle now */
    assert_int_equal(alert_set_firing(world->set), 1);
    world_free(world);
}

static void late_lines_count_in_the_open_second(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    world_seconds(world, WORLD_START, 100, 10, 0);
    alert_set_idle(world->set, "b.log", true);
    world_second(world, "b.log", WORLD_START + 50, 200, 200);
    assert_int_equal(alert_set_late(world->set), 200);
    world_second(world, "a.log", WORLD_START + 100, 10, 0);
    assert_int_equal(world->n_told, 1);
    assert_true(world->last.since == WORLD_START + 100);
    world_free(world);
}

static void source_far_ahead_is_closed_by_force(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_idle(world->set, "stuck.log", false);
    world_seconds(world, WORLD_START, 100000, 10, 5); /* more than a lane keeps open */
    assert_int_equal(alert_set_firing(world->set), 1);
    world_free(world);
}

static void id_depends_on_rule_and_series(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE), other = rule;
    memcpy(other.name, "other", sizeof "other");
    struct world *one = world_new(&rule), *two = world_new(&other);
    world_seconds(one, WORLD_START, 60, 10, 5);
    world_seconds(two, WORLD_START, 60, 10, 5);
    assert_string_not_equal(one->last.id, two->last.id);
    char id[40];
    memcpy(id, one->last.id, sizeof id);
    for (int64_t i = 0; i < 60; i++) {
        world_second(one, "b.log", WORLD_START + i, 10, 5);
    }
    assert_string_not_equal(one->last.id, id);
    world_free(one);
    world_free(two);
}

static void alerts_stand_in_order_of_time(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    static const char *const names[] = {"c.log", "a.log", "b.log"};
    static const int64_t starts[] = {500, 0, 200};
    for (size_t n = 0; n < 3; n++) {
        for (int64_t i = 0; i < 60; i++) {
            world_second(world, names[n], WORLD_START + starts[n] + i, 10, 5);
        }
    }
    assert_int_equal(alert_set_count(world->set), 3);
    assert_string_equal(alert_set_at(world->set, 0)->source, "a.log");
    assert_string_equal(alert_set_at(world->set, 1)->source, "b.log");
    assert_string_equal(alert_set_at(world->set, 2)->source, "c.log");
    world_free(world);
}

static void only_the_last_resolved_alerts_are_kept(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    int64_t t = WORLD_START;
    for (int i = 0; i < ALERT_KEPT + 5; i++) {
        world_second(world, "a.log", t, 200, 200);
        t += 86400;
    }
    world_second(world, "a.log", t, 200, 200);
    assert_int_equal(alert_set_count(world->set), ALERT_KEPT + 1); /* and the one that fires */
    assert_true(alert_set_at(world->set, 0)->at == WORLD_START + 5 * 86400);
    world_free(world);
}

static void silenced_alert_is_remembered_but_not_told(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    assert_false(alert_set_silence(world->set, "nothing", NULL, WORLD_START + 500, WORLD_START));
    assert_true(alert_set_silence(world->set, "spike", "a.log", WORLD_START + 500, WORLD_START));
    int64_t t = world_seconds(world, WORLD_START, 60, 10, 5);
    world_seconds(world, t, 60, 10, 0);
    assert_int_equal(world->n_told, 0);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_true(alert_set_at(world->set, 0)->silenced);
    assert_int_equal(alert_set_at(world->set, 0)->state, ALERT_RESOLVED);
    world_second(world, "b.log", t, 200, 200); /* another series */
    assert_int_equal(world->n_told, 1);
    world_free(world);
}

static void alert_that_outlasts_its_silence_is_told(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_silence(world->set, "spike", NULL, WORLD_START + 100, WORLD_START);
    world_seconds(world, WORLD_START, 99, 10, 5);
    assert_int_equal(world->n_told, 0);
    world_seconds(world, WORLD_START + 99, 2, 10, 5);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.state, ALERT_FIRING);
    assert_false(world->last.silenced);
    world_free(world);
}

static void silence_can_be_taken_back(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_silence(world->set, "spike", NULL, WORLD_START + 1000, WORLD_START);
    assert_true(alert_set_silence(world->set, "spike", NULL, 0, WORLD_START));
    world_seconds(world, WORLD_START, 60, 10, 5);
    assert_int_equal(world->n_told, 1);
    world_free(world);
}

static void unchanged_rule_keeps_its_alert(void **state)
{
    (void)state;
    struct rule rules[2] = {world_rule(0), world_rule(RULE_BY_SOURCE)};
    memcpy(rules[1].name, "second", sizeof "second");
    struct world *world = world_new(&rules[0]);
    world_seconds(world, WORLD_START, 60, 10, 5);
    struct rule swapped[2] = {rules[1], rules[0]};
    alert_set_rules(world->set, swapped, 2);
    assert_int_equal(alert_set_firing(world->set), 1);
    assert_int_equal(world->n_told, 1);
    world_seconds(world, WORLD_START + 60, 60, 10, 0);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    world_free(world);
}

static void alerts_of_a_rule_that_is_gone_are_resolved(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    world_seconds(world, WORLD_START, 60, 10, 5);
    rule.critical = 0.06; /* a changed rule is another one */
    alert_set_rules(world->set, &rule, 1);
    assert_int_equal(alert_set_firing(world->set), 0);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_true(world->last.resolved_at == WORLD_START + 60);
    alert_set_rules(world->set, NULL, 0);
    assert_int_equal(alert_set_count(world->set), 1);
    assert_int_equal(alert_set_by(world->set), 0);
    world_free(world);
}

/* One second in which each of `n` hosts from `first` on has a request. */
static void feed_hosts(struct world *world, int64_t second, int first, int n)
{
    struct window w = {.by = WINDOW_BY_HOST};
    for (int i = first; i < first + n; i++) {
        char name[32];
        snprintf(name, sizeof name, "h%d.example", i);
        world_add(&w, second, name, 1, 0, 500);
        if (i % 500 == 499 || i == first + n - 1) {
            alert_set_feed(world->set, "a.log", &w, second);
            window_drain(&w);
        }
    }
    alert_set_feed(world->set, "a.log", &w, second + 1);
    window_done(&w);
}

static void series_are_capped_and_the_refused_are_counted(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    feed_hosts(world, WORLD_START, 0, ALERT_SERIES + 10);
    feed_hosts(world, WORLD_START + 1, 0, ALERT_SERIES + 10);
    assert_int_equal(alert_set_refused(world->set), 10);
    world_free(world);
}

static void hosts_above_the_cap_are_watched_together(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    feed_hosts(world, WORLD_START, 0, ALERT_SERIES);
    struct window w = {.by = WINDOW_BY_HOST};
    world_add(&w, WORLD_START + 1, "late.example", 100, 100, 502);
    alert_set_feed(world->set, "a.log", &w, WORLD_START + 2);
    assert_int_equal(world->n_told, 1);
    assert_string_equal(world->last.host, "other");
    assert_int_equal(world->last.codes[0].status, 502);
    window_done(&w);
    world_free(world);
}

static void quiet_hosts_make_room(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    feed_hosts(world, WORLD_START, 0, ALERT_SERIES);
    feed_hosts(world, WORLD_START + 7200, 0, 1);
    feed_hosts(world, WORLD_START + 7201, 5000, 100);
    assert_int_equal(alert_set_refused(world->set), 0);
    world_free(world);
}

/* A day with a spike each two hours, of which only every second hour has lines at all. When it may
 * rest, it does, as a daemon's source. Returns how often it did. */
static int day_with_rests(struct world *world, bool may_rest)
{
    int rests = 0;
    for (int64_t h = 0; h < 24; h += 2) {
        int64_t t = WORLD_START + h * 3600;
        world_seconds(world, t, 3500, 10, 0);
        world_seconds(world, t + 3500, 100, 10, 5);
        for (int64_t s = 3600; s < 7200; s++) {
            alert_set_feed(world->set, "a.log", NULL, t + s);
            if (may_rest && alert_set_rest(world->set, "a.log")) {
                rests++;
                break;
            }
        }
    }
    return rests;
}

static void resting_changes_no_alert(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *awake = world_new(&rule), *resting = world_new(&rule);
    assert_int_equal(day_with_rests(awake, false), 0);
    assert_int_equal(day_with_rests(resting, true), 12);
    assert_int_equal(awake->n_told, 3 * 12);
    assert_string_equal(resting->told.data, awake->told.data);
    world_free(awake);
    world_free(resting);
}

/* Traffic with breaks, in which the source rests as soon as it may: then nobody tells it the time,
 * until its next line. Returns how many seconds it heard nothing of. */
static int hour_with_breaks(struct world *world, bool may_rest)
{
    int unheard = 0;
    bool is_resting = false;
    for (int64_t i = 0; i < 3600; i++) {
        int64_t t = WORLD_START + i;
        bool is_break = i % 97 > 40 + i / 97 % 40;
        if (!is_break && is_resting) {
            alert_set_feed(world->set, "a.log", NULL, t);
            is_resting = false;
        }
        if (!is_break) {
            world_second(world, "a.log", t, (uint32_t)(1 + i / 97 % 7), i % 97 > 30);
        } else if (!is_resting) {
            alert_set_feed(world->set, "a.log", NULL, t);
            is_resting = may_rest && alert_set_rest(world->set, "a.log");
        }
        unheard += is_resting;
    }
    return unheard;
}

static void seconds_that_can_wait_are_closed_before_the_next_line(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *awake = world_new(&rule), *resting = world_new(&rule);
    assert_int_equal(hour_with_breaks(awake, false), 0);
    int unheard = hour_with_breaks(resting, true);
    assert_in_range(unheard, 300, 1200);
    assert_true(awake->n_told > 3);
    assert_string_equal(resting->told.data, awake->told.data);
    world_free(awake);
    world_free(resting);
}

static void source_with_an_open_alert_does_not_rest(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    assert_true(alert_set_rest(world->set, "a.log"));
    int64_t t = world_seconds(world, WORLD_START, 60, 100, 50);
    alert_set_idle(world->set, "a.log", true);
    assert_false(alert_set_rest(world->set, "a.log"));
    alert_set_feed(world->set, "a.log", NULL, t + 3600);
    assert_int_equal(alert_set_firing(world->set), 0);
    assert_true(alert_set_rest(world->set, "a.log"));
    assert_true(alert_set_rest(world->set, "b.log"));
    world_free(world);
}

/* As when the last of many logs goes quiet while the alert over all of them fires. */
static void series_of_all_sources_waits_for_quiet_ones(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    alert_set_idle(world->set, "b.log", true);
    assert_false(alert_set_waits(world->set));
    int64_t t = world_seconds(world, WORLD_START, 60, 100, 50);
    assert_true(alert_set_rest(world->set, "a.log"));
    assert_false(alert_set_waits(world->set)); /* a.log has news: it will tell */
    alert_set_idle(world->set, "a.log", true);
    assert_true(alert_set_waits(world->set));
    alert_set_feed(world->set, "a.log", NULL, t + 3600);
    assert_int_equal(alert_set_firing(world->set), 0);
    assert_false(alert_set_waits(world->set));
    world_free(world);
}

static void set_without_a_listener_remembers(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct alert_set *set = alert_set_new(&rule, 1, NULL, NULL);
    struct window_record r = {.second = WORLD_START, .requests = 200, .e5xx = 90};
    struct window w = {.records = &r, .n_records = 1};
    alert_set_feed(set, "a.log", &w, WORLD_START + 1);
    assert_int_equal(alert_set_firing(set), 1);
    alert_set_free(set);
    alert_set_free(NULL);
}

/* As one that is empty since its start. */
static void a_source_that_never_had_a_second_can_rest(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    alert_set_feed(world->set, "a.log", NULL, INT64_MIN);
    assert_true(alert_set_rest(world->set, "a.log"));
    world_seconds(world, WORLD_START, 10, 5, 0);
    assert_int_equal(alert_set_count(world->set), 0);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spike_fires_in_its_second_and_is_resolved),
        cmocka_unit_test(worse_alert_keeps_its_id_and_stays_one),
        cmocka_unit_test(thin_traffic_raises_nothing),
        cmocka_unit_test(alert_waits_until_it_has_held),
        cmocka_unit_test(critical_waits_for_its_own_time),
        cmocka_unit_test(pending_alert_does_not_fire_on_a_handful),
        cmocka_unit_test(alert_that_returns_in_time_is_not_resolved),
        cmocka_unit_test(alert_is_over_when_traffic_stops),
        cmocka_unit_test(gap_of_centuries_costs_nothing),
        cmocka_unit_test(end_of_time_closes_everything),
        cmocka_unit_test(feeding_in_pieces_gives_the_same_alerts),
        cmocka_unit_test(hosts_are_watched_apart),
        cmocka_unit_test(requests_without_a_host_are_watched_by_a_rule_by_host),
        cmocka_unit_test(rule_counts_what_it_is_on),
        cmocka_unit_test(a_rule_may_count_codes_and_blames),
        cmocka_unit_test(codes_are_counted_by_host_too),
        cmocka_unit_test(routes_and_upstreams_are_watched_apart),
        cmocka_unit_test(codes_are_counted_by_upstream_too),
        cmocka_unit_test(a_rule_on_4xx_shows_lines),
        cmocka_unit_test(retries_that_hid_failures_are_told),
        cmocka_unit_test(an_upstream_that_fell_silent_is_told),
        cmocka_unit_test(a_source_that_never_had_a_second_can_rest),
        cmocka_unit_test(a_rule_on_blame_shows_lines),
        cmocka_unit_test(sources_are_summed_when_all_have_passed),
        cmocka_unit_test(lagging_source_is_waited_for),
        cmocka_unit_test(it_does_not_matter_which_source_is_read_first),
        cmocka_unit_test(idle_source_is_not_waited_for),
        cmocka_unit_test(late_lines_count_in_the_open_second),
        cmocka_unit_test(source_far_ahead_is_closed_by_force),
        cmocka_unit_test(id_depends_on_rule_and_series),
        cmocka_unit_test(alerts_stand_in_order_of_time),
        cmocka_unit_test(only_the_last_resolved_alerts_are_kept),
        cmocka_unit_test(silenced_alert_is_remembered_but_not_told),
        cmocka_unit_test(alert_that_outlasts_its_silence_is_told),
        cmocka_unit_test(silence_can_be_taken_back),
        cmocka_unit_test(unchanged_rule_keeps_its_alert),
        cmocka_unit_test(alerts_of_a_rule_that_is_gone_are_resolved),
        cmocka_unit_test(series_are_capped_and_the_refused_are_counted),
        cmocka_unit_test(hosts_above_the_cap_are_watched_together),
        cmocka_unit_test(quiet_hosts_make_room),
        cmocka_unit_test(resting_changes_no_alert),
        cmocka_unit_test(seconds_that_can_wait_are_closed_before_the_next_line),
        cmocka_unit_test(source_with_an_open_alert_does_not_rest),
        cmocka_unit_test(series_of_all_sources_waits_for_quiet_ones),
        cmocka_unit_test(set_without_a_listener_remembers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
