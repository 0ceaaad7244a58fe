/*
 * The burn rate detector: how fast an objective's error budget is used up. With an objective of
 * 99.9 % the budget is 0.1 % of the requests; a burn rate of 14.4 means 1.44 % of errors, which in
 * an hour uses up 2 % of the budget of 30 days. An alert needs the rate over a long window, so that
 * it matters, and over one of a twelfth of that, so that it is going on and ends soon after. Rates
 * and windows: Beyer et al., The Site Reliability Workbook (2018), chapter 5, "Multiwindow,
 * Multi-Burn-Rate Alerts", table 5-8: 14.4 over 1 h and 6 over 6 h page, 3 over 1 d and 1 over 3 d
 * make tickets (there 1 over 3 d alone; 3 over 1 d is from its text).
 *
 * Counts are in rings of steps, 10 s, 5 min and 1 h, with a running sum for each window: a window
 * is the step under way and as many before it as it needs, so it is up to a step longer than its
 * name says. A day's ring of 30 has the budget. Worked example, 99.9 %: a day at 100
 * requests a second without an error, then half of them fail. After 104 s, 5,200 of an hour's
 * 361,000 are 1.44 %, and over 5 min it is 17 %: it fires.
 *
 * A finding begins in a second with requests, and not by good ones getting old; so seconds without
 * any may be left out while there is none.
 */
#include "alert/change.h"
#include "alert/rule.h"
#include "base/floor.h"

#include <math.h>
#include <stdio.h>

enum {
    DAY_S = 86400,
    FINE_S = 10, /* widths of steps … */
    MIDDLE_S = 300,
    COARSE_S = 3600,
    FINE = 361, /* … and how many there are: those of the longest window, and the one under way */
    MIDDLE = 73,
    COARSE = 73,
    DAYS = 30,
    WINDOWS = 7,
    USUAL_REQUESTS = 100, /* with fewer, a ratio says nothing about what is usual */
};

/* The windows, in the order of their length; those of one ring stand together. */
enum { MIN_5, MIN_30, HOUR_1, HOUR_2, HOUR_6, DAY_1, DAY_3 };

/* Small, for there are thousands of series: 1.2 million requests a second fill an hour's. */
struct step {
    uint32_t requests, errors;
};

struct sum {
    uint64_t requests, errors;
};

struct slo {
    bool has_ticked;
    int8_t pair; /* number of the pair that is over, or -1 */
    int64_t last, onset;
    double usual;
    struct sum sums[WINDOWS];
    struct step fine[FINE], middle[MIDDLE], coarse[COARSE];
    struct sum days[DAYS];
};

struct range {
    int step_s, steps; /* beside the one under way */
    const char *name;
};

static const struct range windows[WINDOWS] = {
    [MIN_5] = {FINE_S, 30, "5 min"},  [MIN_30] = {FINE_S, 180, "30 min"},
    [HOUR_1] = {FINE_S, 360, "1 h"},  [HOUR_2] = {MIDDLE_S, 24, "2 h"},
    [HOUR_6] = {MIDDLE_S, 72, "6 h"}, [DAY_1] = {COARSE_S, 24, "1 d"},
    [DAY_3] = {COARSE_S, 72, "3 d"},
};

/* The first one that is over counts; the worse ones stand first. */
static const struct {
    double rate;
    int longer, shorter; /* of windows */
    enum rule_severity severity;
} pairs[] = {
    {14.4, HOUR_1, MIN_5, RULE_CRITICAL},
    {6, HOUR_6, MIN_30, RULE_CRITICAL},
    {3, DAY_1, HOUR_2, RULE_WARNING},
    {1, DAY_3, HOUR_6, RULE_WARNING},
};

enum {
    PAIRS = sizeof pairs / sizeof *pairs,
};

static uint64_t less(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

/* Makes room in one ring for the steps up to that of `second`, and takes what leaves its windows
 * from their sums. `first` to `end` are the ring's windows. */
static void advance_ring(struct slo *s, struct step *ring, int size, int first, int end,
                         int64_t second)
{
    int step_s = windows[first].step_s;
    int64_t now = floor_div(second, step_s), at = floor_div(s->last, step_s);
    if (now - at > size) {
        at = now - size; /* after a round all are empty */
    }
    while (at < now) {
        at++;
        for (int w = first; w < end; w++) {
            const struct step *leaving = &ring[floor_place(at - windows[w].steps - 1, size)];
            s->sums[w].requests = less(s->sums[w].requests, leaving->requests);
            s->sums[w].errors = less(s->sums[w].errors, leaving->errors);
        }
        ring[floor_place(at, size)] = (struct step){0};
    }
}

static void advance(struct slo *s, int64_t second)
{
    const int64_t oldest = second - (DAYS + 1) * (int64_t)DAY_S;
    s->last = s->last > second ? second : s->last < oldest ? oldest : s->last;
    int64_t day = floor_div(second, DAY_S), at = floor_div(s->last, DAY_S);
    advance_ring(s, s->fine, FINE, MIN_5, HOUR_2, second);
    advance_ring(s, s->middle, MIDDLE, HOUR_2, DAY_1, second);
    advance_ring(s, s->coarse, COARSE, DAY_1, WINDOWS, second);
    for (at = day - at > DAYS ? day - DAYS : at; at < day;) {
        s->days[floor_place(++at, DAYS)] = (struct sum){0};
    }
    s->last = second;
}

static void add_step(struct step *step, uint64_t requests, uint64_t errors)
{
    step->requests += (uint32_t)requests;
    step->errors += (uint32_t)errors;
}

/* A step that is full takes no more: it is a sample of its requests then. That of an hour is full
 * first. */
static void take(struct slo *s, int64_t second, uint64_t requests, uint64_t errors)
{
    struct step *coarse = &s->coarse[floor_place(floor_div(second, COARSE_S), COARSE)];
    if (requests > UINT32_MAX - coarse->requests) {
        return;
    }
    add_step(coarse, requests, errors);
    add_step(&s->middle[floor_place(floor_div(second, MIDDLE_S), MIDDLE)], requests, errors);
    add_step(&s->fine[floor_place(floor_div(second, FINE_S), FINE)], requests, errors);
    for (int w = 0; w < WINDOWS; w++) {
        s->sums[w].requests += requests;
        s->sums[w].errors += errors;
    }
    struct sum *day = &s->days[floor_place(floor_div(second, DAY_S), DAYS)];
    day->requests += requests;
    day->errors += errors;
}

static double ratio_of(struct sum sum)
{
    return sum.requests ? (double)sum.errors / (double)sum.requests : 0;
}

static bool is_over(const struct slo *s, int pair, double budget)
{
    double limit = pairs[pair].rate * budget;
    return ratio_of(s->sums[pairs[pair].longer]) > limit &&
           ratio_of(s->sums[pairs[pair].shorter]) > limit;
}

/* What began as critical ends when that is over: what it used up may be worth a warning of its own
 * for hours. */
static int find_pair(const struct slo *s, const struct rule *rule)
{
    bool is_going_on = s->pair >= 0 && s->pair < PAIRS;
    enum rule_severity least = is_going_on ? pairs[s->pair].severity : RULE_WARNING;
    for (int i = 0; i < PAIRS && pairs[i].severity >= least; i++) {
        bool is_enough = s->sums[pairs[i].shorter].requests > rule->min_requests;
        if ((is_enough || is_going_on) && is_over(s, i, 1 - rule->objective)) {
            return i;
        }
    }
    return -1;
}

static struct change_step fine_step(const void *ctx, size_t i)
{
    const struct slo *s = ctx;
    int64_t step = floor_div(s->last, FINE_S) - FINE + 1 + (int64_t)i;
    const struct step *at = &s->fine[floor_place(step, FINE)];
    return (struct change_step){at->requests, at->errors};
}

/* What is usual is the ratio of three days, without the windows that are over. */
static void begin(struct slo *s, int pair)
{
    struct sum all = s->sums[DAY_3], now = s->sums[pairs[pair].longer];
    struct sum before = {less(all.requests, now.requests), less(all.errors, now.errors)};
    s->usual = before.requests < USUAL_REQUESTS ? -1 : ratio_of(before);
    int64_t first = floor_div(s->last, FINE_S) - FINE + 1;
    s->onset = (first + (int64_t)change_find(s, fine_step, FINE)) * FINE_S;
    s->onset = s->onset < s->last ? s->onset : s->last;
}

/* Of the budget that the requests of 30 days have; below 0 when more than that was used up. */
static double budget_left(const struct slo *s, double budget)
{
    struct sum all = {0};
    for (size_t i = 0; i < DAYS; i++) {
        all.requests += s->days[i].requests;
        all.errors += s->days[i].errors;
    }
    return all.requests ? 1 - ratio_of(all) / budget : 1;
}

static void describe(const struct slo *s, const struct rule *rule, struct rule_finding *out)
{
    double budget = 1 - rule->objective;
    struct sum shorter = s->sums[pairs[s->pair].shorter];
    out->severity = pairs[s->pair].severity;
    out->onset = s->onset;
    out->requests = shorter.requests;
    out->errors = shorter.errors;
    out->ratio = ratio_of(shorter);
    out->baseline = s->usual;
    out->windows = s->pair;
    out->burn_rate = ratio_of(s->sums[pairs[s->pair].longer]) / budget;
    out->has_budget = true;
    out->budget_left = budget_left(s, budget);
}

static void slo_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                     uint64_t errors, struct rule_finding *out)
{
    struct slo *s = state;
    if (!s->has_ticked) {
        s->has_ticked = true;
        s->pair = -1;
        s->last = second;
    }
    advance(s, second);
    take(s, second, requests, errors < requests ? errors : requests);
    *out = (struct rule_finding){.onset = second, .baseline = -1};
    if (s->pair < 0 && requests == 0) {
        return;
    }
    int pair = find_pair(s, rule);
    bool is_new = s->pair < 0 && pair >= 0;
    s->pair = (int8_t)pair;
    if (is_new) {
        begin(s, pair);
    }
    if (pair >= 0) {
        describe(s, rule, out);
    }
}

static size_t slo_state_size(const struct rule *rule)
{
    (void)rule;
    return sizeof(struct slo);
}

static bool slo_is_settled(const void *state)
{
    return ((const struct slo *)state)->pair < 0;
}

static bool slo_can_wait(const void *state, const struct rule *rule)
{
    (void)rule;
    return slo_is_settled(state);
}

static void slo_evidence(const struct rule *rule, const struct rule_finding *finding, char *out,
                         size_t size)
{
    int pair = finding->windows < PAIRS ? finding->windows : 0;
    char left[RULE_PERCENT];
    snprintf(out, size,
             "burns the error budget of %.7g %% at %.3g times its rate over %s, limit %g there and "
             "over %s; %s of 30 days' budget left",
             rule->objective * 100, finding->burn_rate, windows[pairs[pair].longer].name,
             pairs[pair].rate, windows[pairs[pair].shorter].name,
             finding->budget_left > 0 ? rule_percent(finding->budget_left, left) : "nothing");
}

const struct rule_detector rule_slo = {
    .name = "slo",
    .memory_s = DAYS * DAY_S,
    .state_size = slo_state_size,
    .tick = slo_tick,
    .is_settled = slo_is_settled,
    .can_wait = slo_can_wait,
    .evidence = slo_evidence,
};
