#include "trial.h"

#include "base/alloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    DAY_S = 86400,
    EARLY_S = 30 * DAY_S,
    GRACE_S = 300, /* after an incident an alert is still about it */
    AFTER_S = 1500,
    PAUSE_S = 3600, /* at least, from one to the next */
    PAUSE_MORE_S = 7200,
    LASTS_S = 300, /* at least */
    LASTS_MORE_S = 2100,
    RAMP_S = 120,
};

const double trial_magnitudes[TRIAL_MAGNITUDES] = {0.005, 0.01, 0.02, 0.05, 0.2, 0.5, 1};

enum shape {
    STEP,
    STEP_TOO, /* half of all */
    RAMP,
    ON_AND_OFF,
    SHAPES,
};

struct incident {
    bool is_there;
    int64_t from, until; /* or when the next one begins */
    int magnitude;
    enum shape shape;
};

/* A rule on one series. */
struct watch {
    struct series *series;
    bool is_firing, was_masked, has_seen, is_waiting;
};

static void add(struct numbers *numbers, double x)
{
    if (numbers->n == numbers->cap) {
        numbers->cap = numbers->cap ? 2 * numbers->cap : 64;
        numbers->items = alloc_resize(numbers->items, numbers->cap, sizeof *numbers->items);
    }
    numbers->items[numbers->n++] = x;
}

static double added_by(const struct incident *i, int64_t second)
{
    if (!i->is_there || second >= i->until) {
        return 0;
    }
    double all = trial_magnitudes[i->magnitude], since = (double)(second - i->from);
    if (i->shape == RAMP) {
        return all * fmin(1, (since + 1) / RAMP_S);
    }
    return i->shape == ON_AND_OFF && (second - i->from) / 20 % 3 == 2 ? 0 : all;
}

/* Begins an incident, or says when the next one will. */
static bool plan(const struct trial *trial, struct incident *i, struct random *r, int64_t second)
{
    if (i->is_there && second >= i->until + AFTER_S) {
        i->is_there = false;
        i->from = second + PAUSE_S + (int64_t)random_between(r, 0, PAUSE_MORE_S);
    }
    if (i->is_there || second < i->from) {
        return false;
    }
    i->is_there = true;
    i->until = second + LASTS_S + (int64_t)random_between(r, 0, LASTS_MORE_S);
    i->magnitude = (int)random_between(r, 0, TRIAL_MAGNITUDES);
    i->shape = (enum shape)random_between(r, 0, SHAPES);
    if (trial->are_stops) {
        i->magnitude = TRIAL_MAGNITUDES - 1;
        i->shape = STEP;
    }
    return true;
}

static void meet(struct watch *w, struct trial_score *score, const struct incident *i)
{
    score->incidents[i->magnitude]++;
    score->masked += w->is_firing;
    w->was_masked = w->is_firing;
    w->has_seen = w->is_waiting = false;
}

static void judge(struct watch *w, struct trial_score *score, const struct incident *i,
                  int64_t second)
{
    if (!i->is_there || second >= i->until + GRACE_S) {
        score->wrong_early += second < EARLY_S;
        score->wrong_late += second >= EARLY_S;
    } else if (w->has_seen || w->was_masked) {
        score->again++;
    } else {
        w->has_seen = w->is_waiting = true;
        add(&score->delays[i->magnitude], (double)(second - i->from + 1));
    }
}

bool trial_tick(struct series *series, const struct rule *rule, int64_t second, uint64_t requests,
                uint64_t errors)
{
    struct rule_finding found;
    if (!requests && series_is_settled(series, rule)) {
        return false;
    }
    series->requests = requests;
    series->errors = errors;
    if (series_tick(series, rule, second, &found) == SERIES_RESOLVED) {
        series->state = ALERT_RESOLVED;
        series->severity = RULE_NONE;
    }
    return series->state == ALERT_FIRING;
}

static void tick(struct watch *w, struct trial_score *score, const struct incident *i,
                 int64_t second, uint64_t requests, uint64_t errors)
{
    bool is_firing = trial_tick(w->series, score->rule, second, requests, errors);
    if (is_firing && !w->is_firing) {
        judge(w, score, i, second);
    } else if (!is_firing && w->is_firing && w->is_waiting && i->is_there && second >= i->until) {
        w->is_waiting = false;
        add(&score->healed, (double)(second - i->until + 1));
    }
    w->is_firing = is_firing;
}

static void run_series(const struct trial *trial, struct trial_score *scores, struct watch *watches,
                       size_t n, uint64_t seed)
{
    int64_t end = (int64_t)trial->days * DAY_S;
    struct traffic traffic;
    struct random random;
    struct incident incident = {.from = INT64_MAX};
    random_begin(&random, ~seed);
    traffic_begin(&traffic, trial->kind, seed);
    if (trial->quiet_days >= 0) {
        incident.from = (int64_t)trial->quiet_days * DAY_S;
        incident.from += (int64_t)random_between(&random, 0, PAUSE_MORE_S);
    }
    for (int64_t second = 0; second < end; second++) {
        bool is_new = plan(trial, &incident, &random, second);
        double added = added_by(&incident, second);
        uint64_t requests, errors;
        traffic_next(&traffic, second, trial->are_stops ? 0 : added, &requests, &errors);
        if (trial->are_stops && added > 0) {
            requests = errors = 0;
        }
        for (size_t k = 0; k < n; k++) {
            if (is_new) {
                meet(&watches[k], &scores[k], &incident);
            }
            tick(&watches[k], &scores[k], &incident, second, requests, errors);
        }
    }
}

void trial_run(const struct trial *trial, struct trial_score *scores, size_t n)
{
    for (int s = 0; s < trial->n_series; s++) {
        struct series_key key = {.host = SPAN("")};
        struct label_table labels = {0};
        struct watch *watches = alloc_zero(n, sizeof *watches);
        for (size_t k = 0; k < n; k++) {
            watches[k].series = series_new(1, &key);
        }
        run_series(trial, scores, watches, n, trial->seed * 1000003 + (uint64_t)s);
        for (size_t k = 0; k < n; k++) {
            series_free(watches[k].series, &labels);
        }
        free(watches);
        label_table_done(&labels);
    }
}

void trial_done(struct trial_score *score)
{
    for (int m = 0; m < TRIAL_MAGNITUDES; m++) {
        free(score->delays[m].items);
    }
    free(score->healed.items);
}

static void print_numbers(const struct numbers *numbers)
{
    printf("[");
    for (size_t i = 0; i < numbers->n; i++) {
        printf("%s%.0f", i ? "," : "", numbers->items[i]);
    }
    printf("]");
}

void trial_print(const struct trial *trial, const struct trial_score *score)
{
    printf("{\"kind\": \"%s\", \"rule\": \"%s\", \"series\": %d, \"days\": %d, ", trial->kind->name,
           score->rule->name, trial->n_series, trial->days);
    printf("\"wrong_early\": %" PRIu64 ", \"wrong_late\": %" PRIu64 ", \"again\": %" PRIu64
           ", \"masked\": %" PRIu64 ", \"healed\": ",
           score->wrong_early, score->wrong_late, score->again, score->masked);
    print_numbers(&score->healed);
    printf(", \"incidents\": [");
    for (int m = 0; m < TRIAL_MAGNITUDES; m++) {
        printf("%s{\"added\": %g, \"n\": %" PRIu64 ", \"delays\": ", m ? ", " : "",
               trial_magnitudes[m], score->incidents[m]);
        print_numbers(&score->delays[m]);
        printf("}");
    }
    printf("]}\n");
    fflush(stdout);
}
