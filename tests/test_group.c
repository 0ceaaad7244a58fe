/* What is told when many series of a rule fire together. */
#include "alert_world.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum {
    HOSTS = 6,
};

static struct rule group_rule(unsigned by)
{
    struct rule rule = world_rule(by);
    rule.group_s = 30;
    rule.min_requests = 0;
    rule.window_s = 1; /* so that each second speaks for itself */
    rule.critical = rule.critical_clear = 0.2;
    return rule;
}

/* A second of hosts h0, h1 …, ten requests each; host i fails from `onset[i]` until `end[i]`, half
 * of it, or a tenth: critical, or a warning. */
struct plan {
    int64_t onset[HOSTS], end[HOSTS];
    bool is_mild[HOSTS];
};

static void add_hosts(struct window *w, const struct plan *plan, int64_t i)
{
    for (int h = 0; h < HOSTS; h++) {
        char host[16];
        snprintf(host, sizeof host, "h%d", h);
        bool is_bad = plan->onset[h] && i >= plan->onset[h] && i < plan->end[h];
        int bad = !is_bad ? 0 : plan->is_mild[h] ? 1 : 5;
        world_add(w, WORLD_START + i, host, 10 - bad, bad, 502);
    }
}

static void run(struct world *world, const struct plan *plan, int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        struct window w = {.by = WINDOW_BY_HOST};
        add_hosts(&w, plan, i);
        alert_set_feed(world->set, "a.log", &w, WORLD_START + i + 1);
        window_done(&w);
    }
}

static void many_that_fire_together_are_told_three_times(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 101, 105, 110, 0}, .end = {200, 200, 200, 220, 400, 0}};
    run(world, &plan, 0, 101);
    assert_int_equal(world->n_told, 1); /* the first one at once */
    assert_string_equal(world->last.host, "h0");
    run(world, &plan, 101, 130);
    assert_int_equal(world->n_told, 1);
    run(world, &plan, 130, 135);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.n_parts, 4);
    assert_non_null(strstr(world->last.summary, " for h0 and 4 more since "));
    run(world, &plan, 135, 400);
    assert_int_equal(alert_set_firing(world->set), 1);
    assert_int_equal(world->n_told, 2); /* the leader is over, one of its parts is not */
    run(world, &plan, 400, 600);
    assert_int_equal(world->n_told, 3);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_true(world->last.resolved_at == WORLD_START + 400);
    assert_non_null(strstr(world->last.summary, " for h0 and 4 more is over since "));
    assert_int_equal(alert_set_count(world->set), 5); /* each is there on its own */
    for (size_t i = 1; i < 5; i++) {
        assert_string_equal(alert_set_at(world->set, i)->group, alert_set_at(world->set, 0)->id);
    }
    world_free(world);
}

static void one_that_fires_later_leads_itself(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 140, 0}, .end = {400, 400, 0}};
    run(world, &plan, 0, 200);
    assert_int_equal(world->n_told, 2);
    assert_string_equal(world->last.host, "h1");
    assert_string_equal(world->last.group, "");
    world_free(world);
}

static void a_part_that_is_worse_makes_the_group_worse(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 110, 0}, .end = {900, 900, 0}, .is_mild = {true}};
    run(world, &plan, 0, 109);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.severity, RULE_WARNING);
    run(world, &plan, 109, 112);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.severity, RULE_CRITICAL);
    assert_string_equal(world->last.host, "h0");
    assert_int_equal(world->last.n_parts, 1);
    world_free(world);
}

static void without_a_time_each_is_told_alone(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    rule.group_s = 0;
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 101, 105, 110, 0}, .end = {200, 200, 200, 220, 400, 0}};
    run(world, &plan, 0, 600);
    assert_int_equal(world->n_told, 10);
    world_free(world);
}

/* Whose silence that is hears of nothing, and leads nobody. */
static void a_silenced_one_has_no_part_in_it(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 102, 0}, .end = {200, 200, 200, 0}};
    assert_true(alert_set_silence(world->set, "spike", "h0", WORLD_START + 900, WORLD_START));
    run(world, &plan, 0, 180);
    assert_int_equal(world->n_told, 2);
    assert_string_equal(world->last.host, "h1");
    assert_int_equal(world->last.n_parts, 1);
    world_free(world);
}

static void parts_of_a_rule_that_is_gone_end_together(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST), other = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 102, 0}, .end = {900, 900, 900, 0}};
    run(world, &plan, 0, 180);
    assert_int_equal(world->n_told, 2);
    memcpy(other.name, "other", 6);
    alert_set_rules(world->set, &other, 1);
    assert_int_equal(world->n_told, 3);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    assert_non_null(strstr(world->last.summary, " is not watched any more since "));
    assert_int_equal(alert_set_firing(world->set), 0);
    world_free(world);
}

/* Of more alerts than are remembered the oldest go, and with them their places in groups. */
static void forgotten_alerts_leave_their_groups(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan none = {.onset = {0}};
    int64_t at = 0;
    for (int n = 0; n < 260; n++) {
        struct plan plan = {.onset = {at + 1, at + 2, at + 2, at + 3, at + 4, 0}};
        for (int h = 0; h < HOSTS; h++) {
            plan.end[h] = at + 10;
        }
        run(world, &plan, at, at + 10);
        run(world, &none, at + 10, at + 100);
        at += 100;
    }
    assert_true(alert_set_count(world->set) <= ALERT_KEPT + 5);
    assert_int_equal(alert_set_firing(world->set), 0);
    world_free(world);
}

/* One page at the end of the work, however many fired in it. */
static void what_outlasts_a_maintenance_is_told_together(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 101, 105, 110, 0}, .end = {900, 900, 900, 900, 900, 0}};
    struct maintenance m = {.from = WORLD_START + 50, .to = WORLD_START + 300};
    alert_set_maintenance(world->set, &m, 1);
    run(world, &plan, 0, 299);
    assert_int_equal(world->n_told, 0);
    run(world, &plan, 299, 400);
    assert_int_equal(world->n_told, 1);
    assert_int_equal(world->last.n_parts, 4);
    run(world, &plan, 400, 1000);
    assert_int_equal(world->n_told, 2);
    assert_int_equal(world->last.state, ALERT_RESOLVED);
    world_free(world);
}

/* Feeds the same as run, all of it at once. */
static void run_at_once(struct world *world, const struct plan *plan, int64_t from, int64_t to)
{
    struct window w = {.by = WINDOW_BY_HOST};
    for (int64_t i = from; i < to; i++) {
        add_hosts(&w, plan, i);
    }
    alert_set_feed(world->set, "a.log", &w, WORLD_START + to);
    window_done(&w);
}

static void assert_same_told(const struct plan *plan, const struct maintenance *m)
{
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *live = world_new(&rule), *replay = world_new(&rule);
    alert_set_maintenance(live->set, m, m ? 1 : 0);
    alert_set_maintenance(replay->set, m, m ? 1 : 0);
    run(live, plan, 0, 1000);
    run_at_once(replay, plan, 0, 1000);
    assert_true(live->n_told > 0);
    assert_string_equal(live->told.data, replay->told.data);
    for (size_t i = 0; i < alert_set_count(live->set); i++) {
        assert_int_equal(alert_set_at(live->set, i)->silenced,
                         alert_set_at(replay->set, i)->silenced);
    }
    world_free(live);
    world_free(replay);
}

static void a_replay_tells_of_growth_when_it_happened(void **state)
{
    (void)state;
    struct plan plan = {.onset = {100, 101, 101, 105, 110, 0}, .end = {200, 200, 200, 220, 400, 0}};
    assert_same_told(&plan, NULL);
}

static void a_replay_tells_what_outlasted_a_maintenance(void **state)
{
    (void)state;
    struct plan plan = {.onset = {100, 101, 105, 0}, .end = {400, 500, 200, 0}};
    struct maintenance m = {.from = WORLD_START + 50, .to = WORLD_START + 300};
    assert_same_told(&plan, &m);
}

static void it_does_not_grow_in_a_silence(void **state)
{
    (void)state;
    struct rule rule = group_rule(RULE_BY_HOST);
    struct world *world = world_new(&rule);
    struct plan plan = {.onset = {100, 101, 102, 0}, .end = {900, 900, 900, 0}};
    run(world, &plan, 0, 110);
    assert_int_equal(world->n_told, 1);
    assert_true(alert_set_silence(world->set, "spike", NULL, WORLD_START + 300, WORLD_START + 110));
    run(world, &plan, 110, 299);
    assert_int_equal(world->n_told, 1);
    run(world, &plan, 299, 310);
    assert_int_equal(world->n_told, 2); /* it is over */
    assert_int_equal(world->last.n_parts, 2);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_that_fire_together_are_told_three_times),
        cmocka_unit_test(one_that_fires_later_leads_itself),
        cmocka_unit_test(a_part_that_is_worse_makes_the_group_worse),
        cmocka_unit_test(without_a_time_each_is_told_alone),
        cmocka_unit_test(a_silenced_one_has_no_part_in_it),
        cmocka_unit_test(parts_of_a_rule_that_is_gone_end_together),
        cmocka_unit_test(forgotten_alerts_leave_their_groups),
        cmocka_unit_test(what_outlasts_a_maintenance_is_told_together),
        cmocka_unit_test(a_replay_tells_of_growth_when_it_happened),
        cmocka_unit_test(a_replay_tells_what_outlasted_a_maintenance),
        cmocka_unit_test(it_does_not_grow_in_a_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
