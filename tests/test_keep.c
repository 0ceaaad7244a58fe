/* A set that was kept and restored, at any second, tells what one tells that ran on. */
#include "alert_world.h"
#include "base/packing.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    SECONDS = 5400,
    LATE = 7, /* seconds that stay open, as for a log that lags */
    PIECES = 64,
};

struct pieces {
    struct buf bytes[PIECES];
    size_t n;
};

static void take_piece(const char *name, struct buf *bytes, void *ctx)
{
    struct pieces *p = ctx;
    (void)name;
    assert_true(p->n < PIECES);
    p->bytes[p->n++] = *bytes;
}

static void pieces_done(struct pieces *p)
{
    while (p->n) {
        buf_done(&p->bytes[--p->n]);
    }
}

static struct rule spike_rule(unsigned by)
{
    struct rule rule = {.name = "spike", .by = by};
    rule_preset(&rule, SPAN("spike"));
    return rule;
}

/* One second of two sources with three hosts; an outage of one host, and another one later that has
 * begun to heal. */
static void feed_second(struct world *world, int64_t i)
{
    static const char *const sources[] = {"a.log", "b.log"};
    for (int k = 0; k < 2; k++) {
        struct window w = {.by = (uint8_t)alert_set_by(world->set)};
        bool is_bad = k == 0 && ((i > 1800 && i < 1950) || (i > 4000 && i < 4100));
        int64_t second = WORLD_START + i;
        world_add(&w, second, "shop.example", is_bad ? 3 : 9, is_bad ? 7 : i % 97 == 0, 502);
        world_add(&w, second, "api.example", 4, i % 301 == 0, 503);
        if (k == 0 && !is_bad) { /* else it is as silent as the outage is long */
            struct window_line other = world_line("shop.example", 200);
            other.upstream = SPAN("10.0.0.9:80");
            window_add(&w, second, &other);
        }
        if (i % 5 == k) {
            world_add(&w, second, "rare.example", 1, 0, 500);
        }
        alert_set_feed(world->set, sources[k], &w, second - LATE);
        window_done(&w);
    }
}

/* As at a kill: all is gone but the pieces. */
static void restart_from(struct world *world, const struct rule *rule, const struct pieces *p)
{
    alert_set_free(world->set);
    world->set = alert_set_new(rule, 1, world_on_change, world);
    for (size_t i = 0; i < p->n; i++) {
        assert_true(alert_set_restore(world->set, buf_span(&p->bytes[i])));
    }
    alert_set_restored(world->set, WORLD_START);
    alert_set_idle(world->set, "a.log", false);
    alert_set_idle(world->set, "b.log", false);
}

static void restart(struct world *world, const struct rule *rule)
{
    struct pieces p = {.n = 0};
    alert_set_keep(world->set, take_piece, &p);
    restart_from(world, rule, &p);
    pieces_done(&p);
}

/* Restarts every `every` seconds; 0: never. */
static struct world *run(const struct rule *rule, int64_t every)
{
    struct world *world = world_new(rule);
    for (int64_t i = 0; i < SECONDS; i++) {
        feed_second(world, i);
        if (every && i % every == every - 1) {
            restart(world, rule);
        }
    }
    return world;
}

/* What is new is known over a restart: codes of the first two hours are not, later ones are. */
static void what_was_seen_is_kept(void **state)
{
    (void)state;
    struct rule rule = {.name = "new", .by = RULE_BY_SOURCE};
    rule_preset(&rule, SPAN("first"));
    rule.learn_s = 7200;
    for (int64_t every = 0; every < 3; every++) {
        struct world *world = world_new(&rule);
        for (int64_t i = 0; i < 9000; i += 30) {
            struct window w = {.by = WINDOW_BY_HOST};
            world_add(&w, WORLD_START + i, "shop.example", 3, i > 7500 || i % 90 == 0,
                      i % 90 == 0 ? 502 : 503);
            alert_set_feed(world->set, "a.log", &w, WORLD_START + i + 1);
            window_done(&w);
            if (every && i % every == 0) {
                restart(world, &rule);
            }
        }
        assert_int_equal(world->n_told, 2); /* fired, and over */
        assert_true(world->last.at == WORLD_START + 7530);
        assert_int_equal(world->last.codes[0].status, 503);
        world_free(world);
    }
}

/* All that is known of them, texts included. */
static void assert_same_alerts(struct alert_set *a, struct alert_set *b)
{
    struct pieces p = {.n = 0}, q = {.n = 0};
    size_t n = alert_set_count(b);
    assert_int_equal(alert_set_count(a), n);
    alert_set_keep(a, take_piece, &p);
    alert_set_keep(b, take_piece, &q);
    for (size_t i = 1; i <= n; i++) { /* behind the piece of the set */
        assert_true(span_equal(buf_span(&p.bytes[i]), buf_span(&q.bytes[i])));
    }
    pieces_done(&p);
    pieces_done(&q);
}

/* Packed after each feed, with seconds still open, and never: all that is kept is the same. */
static void packing_changes_nothing(void **state)
{
    static const char *const presets[] = {"netdata", "spike", "sre", "silent", "gone", "first"};
    (void)state;
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        struct rule rule = {.name = "packed", .by = RULE_BY_SOURCE | RULE_BY_HOST};
        struct pieces p = {.n = 0}, q = {.n = 0};
        assert_true(rule_preset(&rule, span_of(presets[i])));
        struct world *packed = world_new(&rule), *plain = world_new(&rule);
        for (int64_t second = 0; second < SECONDS; second++) {
            feed_second(packed, second);
            feed_second(plain, second);
            alert_set_pack(packed->set, "a.log");
            alert_set_pack(packed->set, "b.log");
        }
        assert_int_equal(packed->n_told, plain->n_told);
        alert_set_keep(packed->set, take_piece, &p);
        alert_set_keep(plain->set, take_piece, &q);
        assert_int_equal(p.n, q.n);
        for (size_t k = 0; k < p.n; k++) {
            assert_true(span_equal(buf_span(&p.bytes[k]), buf_span(&q.bytes[k])));
        }
        pieces_done(&p);
        pieces_done(&q);
        world_free(packed);
        world_free(plain);
    }
}

static void restarts_change_nothing(void **state)
{
    static const unsigned by[] = {0, RULE_BY_SOURCE, RULE_BY_SOURCE | RULE_BY_HOST,
                                  RULE_BY_HOST | RULE_BY_ROUTE | RULE_BY_UPSTREAM};
    static const int64_t every[] = {1, 7, 611, 1900, 4050};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof by / sizeof *by; i++) {
        struct rule rule = i % 2 ? world_rule(by[i / 2]) : spike_rule(by[i / 2]);
        rule.group_s = i / 2 % 2 ? 30 : 0;
        struct world *whole = run(&rule, 0);
        assert_true(whole->n_told >= 2);
        for (size_t k = 0; k < sizeof every / sizeof *every; k++) {
            struct world *cut = run(&rule, every[k]);
            if (!span_equal(buf_span(&cut->told), buf_span(&whole->told))) {
                fail_msg("rule %zu, every %d:\n%.*s\n%.*s", i, (int)every[k], (int)whole->told.len,
                         whole->told.data, (int)cut->told.len, cut->told.data);
            }
            assert_same_alerts(cut->set, whole->set);
            world_free(cut);
        }
        world_free(whole);
    }
}

/* All is kept now and then, and what came since more often; a kill comes at any time. */
static struct world *run_with_journal(const struct rule *rule, int64_t all, int64_t more,
                                      int64_t kill)
{
    struct world *world = world_new(rule);
    struct pieces p = {.n = 0};
    for (int64_t i = 0; i < SECONDS; i++) {
        feed_second(world, i);
        if (i % more == 0 && (i % all == 0 || !alert_set_keep_more(world->set, take_piece, &p))) {
            pieces_done(&p);
            alert_set_keep(world->set, take_piece, &p);
        }
        if (i % kill == 0 && i % more == 0) {
            restart_from(world, rule, &p);
        }
    }
    pieces_done(&p);
    return world;
}

static void what_was_fed_since_leads_to_the_same(void **state)
{
    static const unsigned by[] = {0, RULE_BY_SOURCE | RULE_BY_HOST};
    static const int64_t ways[][3] = {{100, 10, 10}, {450, 15, 105}, {50, 1, 37}, {960, 20, 1820}};
    (void)state;
    for (size_t i = 0; i < 2 * sizeof by / sizeof *by; i++) {
        struct rule rule = i % 2 ? world_rule(by[i / 2]) : spike_rule(by[i / 2]);
        rule.group_s = i / 2 % 2 ? 30 : 0;
        struct world *whole = run(&rule, 0);
        for (size_t k = 0; k < sizeof ways / sizeof *ways; k++) {
            struct world *cut = run_with_journal(&rule, ways[k][0], ways[k][1], ways[k][2]);
            assert_true(span_equal(buf_span(&cut->told), buf_span(&whole->told)));
            assert_same_alerts(cut->set, whole->set);
            world_free(cut);
        }
        world_free(whole);
    }
}

/* In the midst of an alert. */
static struct world *firing(const struct rule *rule)
{
    struct world *world = world_new(rule);
    for (int64_t i = 0; i < 1940; i++) {
        feed_second(world, i);
    }
    assert_true(alert_set_firing(world->set) > 0);
    return world;
}

static void alerts_of_a_rule_that_changed_are_resolved_and_it_learns_anew(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE), other = rule;
    struct world *world = firing(&rule);
    other.warning /= 2;
    size_t n = world->n_told;
    restart(world, &other);
    assert_int_equal(world->n_told, n + 1);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_int_equal(alert_set_firing(world->set), 0);
    world_free(world);
}

/* The last byte of what a lane says of its rule. */
static void a_state_of_another_layout_is_left_out(void **state)
{
    (void)state;
    enum { LANES = 3 };
    struct rule rule = spike_rule(RULE_BY_SOURCE);
    struct world *world = firing(&rule);
    struct pieces p = {.n = 0};
    size_t n = world->n_told, lanes = 0;
    alert_set_keep(world->set, take_piece, &p);
    for (size_t i = 0; i < p.n; i++) {
        struct packing in = {.rest = span_after(buf_span(&p.bytes[i]), 2)};
        struct span about = packing_get_text(&in);
        if (p.bytes[i].data[1] == LANES) {
            char *last = p.bytes[i].data + (about.ptr + about.len - 1 - p.bytes[i].data);
            assert_int_equal(*last, rule_spike.layout);
            *last = 1;
            lanes++;
        }
    }
    assert_int_equal(lanes, 2);
    restart_from(world, &rule, &p);
    assert_int_equal(world->n_told, n + 1);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_int_equal(alert_set_firing(world->set), 0);
    for (int64_t i = 2000; i < 2100; i++) {
        feed_second(world, i);
    }
    assert_int_equal(world->n_told, n + 1);
    pieces_done(&p);
    world_free(world);
}

static void silences_and_numbers_are_kept(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    feed_second(world, 100);
    feed_second(world, 50); /* late */
    uint64_t late = alert_set_late(world->set);
    assert_true(late > 0);
    assert_true(alert_set_silence(world->set, "spike", "a.log", WORLD_START + 3000, WORLD_START));
    restart(world, &rule);
    assert_int_equal(alert_set_late(world->set), late);
    for (int64_t i = 101; i < 2990; i++) {
        feed_second(world, i);
    }
    assert_int_equal(world->n_told, 0); /* silenced … */
    assert_int_equal(alert_set_count(world->set), 1);
    assert_true(alert_set_at(world->set, 0)->silenced);
    world_free(world);
}

static void what_outlasts_its_silence_is_told_after_a_restart(void **state)
{
    (void)state;
    struct rule rule = spike_rule(RULE_BY_SOURCE);
    struct world *world = world_new(&rule);
    assert_true(alert_set_silence(world->set, "spike", "a.log", WORLD_START + 1900, WORLD_START));
    for (int64_t i = 0; i < 1850; i++) {
        feed_second(world, i);
    }
    restart(world, &rule);
    assert_int_equal(alert_set_firing(world->set), 1);
    for (int64_t i = 1850; i < 1900 + LATE; i++) {
        feed_second(world, i);
    }
    assert_int_equal(world->n_told, 0);
    feed_second(world, 1900 + LATE);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.state, ALERT_FIRING);
    world_free(world);
}

/* An alert of version 2, in which a code was a status, a blame and a count. */
static void alerts_of_the_version_before_are_read(void **state)
{
    (void)state;
    struct rule rule = world_rule(0);
    struct world *world = world_new(&rule);
    struct buf old = {0};
    buf_byte(&old, 2);
    buf_byte(&old, 2);
    packing_put_text(&old, SPAN("0123456789abcdef"));
    packing_put_text(&old, SPAN("spike"));
    packing_put(&old, ALERT_RESOLVED);
    packing_put(&old, 0);
    packing_put(&old, RULE_CRITICAL);
    packing_put_text(&old, SPAN("a.log"));
    packing_put_text(&old, SPAN(""));
    for (int64_t i = 0; i < 3; i++) {
        packing_put_signed(&old, WORLD_START + i);
    }
    packing_put(&old, 10);
    packing_put(&old, 5);
    packing_put_double(&old, 0.5);
    packing_put_double(&old, -1);
    packing_put(&old, 0);
    packing_put_double(&old, 0);
    packing_put_double(&old, 0);
    packing_put_text(&old, SPAN("much"));
    packing_put(&old, 1);
    packing_put(&old, 502);
    packing_put(&old, BLAME_UPSTREAM);
    packing_put(&old, 5);
    for (size_t i = 0; i < BLAMES + 2; i++) { /* places and samples: none */
        packing_put(&old, 0);
    }
    packing_put_text(&old, SPAN("502 all over."));
    assert_true(alert_set_restore(world->set, buf_span(&old)));
    const struct alert *a = alert_set_at(world->set, 0);
    assert_int_equal(a->codes[0].status, 502);
    assert_int_equal(a->codes[0].entry, verdict_entry(502, SERVER_UNKNOWN, SPAN("")));
    assert_int_equal(a->codes[0].count, 5);
    assert_string_equal(a->summary, "502 all over.");
    buf_done(&old);
    world_free(world);
}

/* Each piece cut anywhere, and with a byte changed anywhere: refused or taken, and sound. */
static void damaged_pieces_do_no_harm(void **state)
{
    (void)state;
    struct rule rule = world_rule(RULE_BY_SOURCE | RULE_BY_HOST);
    struct world *world = firing(&rule);
    struct pieces p = {.n = 0};
    alert_set_keep(world->set, take_piece, &p);
    feed_second(world, 1941);
    assert_true(alert_set_keep_more(world->set, take_piece, &p));
    for (size_t i = 0; i < p.n; i++) {
        struct span whole = buf_span(&p.bytes[i]);
        for (size_t at = 0; at < whole.len; at += 1 + at / 64) {
            char *copy = alloc_zero(whole.len, 1);
            memcpy(copy, whole.ptr, whole.len);
            struct world *other = world_new(&rule);
            alert_set_restore(other->set, (struct span){copy, at});
            copy[at] ^= (char)(1 << at % 8);
            alert_set_restore(other->set, (struct span){copy, whole.len});
            alert_set_restored(other->set, WORLD_START);
            feed_second(other, 3000);
            world_free(other);
            free(copy);
        }
    }
    pieces_done(&p);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(restarts_change_nothing),
        cmocka_unit_test(packing_changes_nothing),
        cmocka_unit_test(what_was_fed_since_leads_to_the_same),
        cmocka_unit_test(alerts_of_a_rule_that_changed_are_resolved_and_it_learns_anew),
        cmocka_unit_test(a_state_of_another_layout_is_left_out),
        cmocka_unit_test(silences_and_numbers_are_kept),
        cmocka_unit_test(what_outlasts_its_silence_is_told_after_a_restart),
        cmocka_unit_test(alerts_of_the_version_before_are_read),
        cmocka_unit_test(what_was_seen_is_kept),
        cmocka_unit_test(damaged_pieces_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
