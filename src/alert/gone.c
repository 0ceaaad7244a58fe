/*
 * The detector of traffic that is gone: are requests missing, against what is usual at this hour?
 * Its one knob is how often it may be wrong, as the spike detector's (spike.c), and it is an
 * e-detector of the same make: sums as in Page's CUSUM ("Continuous inspection schemes", 1954),
 * whose mixture passes ln(T) within T seconds with a chance of at most T / budget (Shin, Ramdas,
 * Rinaldo, "E-detectors: a nonparametric framework for sequential change detection", 2022).
 *
 * The usual rate is the lower one of two: the mean of the last hour, and the least mean of this
 * hour of the day and those beside it (of about five days each). The first is right on a Sunday,
 * the second on an evening when less comes every minute, and at a closing time. The null is "at
 * least `least` requests a second", which is half of the usual rate, or less where a healthy minute
 * had less. Bets say each that the rate is now a[k] times that. Requests of a second are taken as
 * Poisson, n of them move a sum by the tempered log likelihood ratio
 *
 *     S[k] = max(0, S[k]) + min(CAP, (n ln a[k] + (1 - a[k]) least) / F),
 *
 * where F is how much more the counts of seconds scatter within their minutes than a Poisson's do.
 *
 * Worked example. 50 requests a second are usual, so least = 25; a = 0.02, F = 1: a second without
 * any request gains min(4, 24.5) nats, and four of them pass 14.8, the threshold of one false alarm
 * in 30 days. At 0.1 requests a second least = 0.05, and the same takes 5 minutes.
 *
 * What heals by itself within five minutes is a lesson, as in spike.c: for 30 days the threshold is
 * above it. So a log that is written or shipped in batches teaches its pauses. In its first day a
 * series only learns, since no hour of the day is known before it has been seen. Suspicious minutes
 * are not learned. After 12 hours the alert is over, and a new day is learned.
 *
 * Only the bound on e-detectors is a theorem, and it holds as far as `least` is below the true rate
 * and seconds are independent; what the rest achieves is measured in docs/alerts.md.
 */
#include "alert/rule.h"
#include "base/floor.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    BETS = 2,
    LAG = 10, /* minutes before one is learned */
    HOURS = 24,
    DAYS = 32,
    MINUTE_S = 60,
    HOUR_S = 3600,
    DAY_S = 86400,
    FIRST_MINUTES = 1440, /* in which it only learns */
    BLIP_S = 300,         /* what healed within that is a lesson */
    REBASE_S = 43200,     /* an alert that lasts so long is the new normal */
    QUIET_S = 60,         /* healthy for so long before it is over */
    GAP_MINUTES = 2880,   /* a longer gap is as this one */
    MANY = 50,            /* usual requests of a minute whose share says something */
};

static const double bets[BETS] = {0.02, 0.4};
static const double cap_nats = 4, most_nats = 4000, heal_nats = 4.6;
static const double half = 0.5, share_margin = 0.8, healthy = 0.9;
static const double excursion = 0.6, over = 0.5, lesson_times = 1.3, lesson_more = 2;
/* Per minute: half-lives of an hour, and of five days' data of an hour of the day; of a day. */
static const double keep_fast = 0.98851402, keep_hour = 0.9977, keep_slow = 0.99951877;

struct pending {
    float requests, squares; /* of a minute: their sum, and the sum of squares of its seconds */
    uint32_t is_clean;
};

struct gone {
    uint32_t has_ticked, is_firing, is_excursion, is_dirty;
    int64_t minute; /* number since 1970 of the one that is being counted */
    int64_t day;
    uint32_t minutes; /* that the series has been known for */
    float fast_requests, fast_minutes;
    float hour_requests[HOURS], hour_minutes[HOURS];
    float scatter, expected; /* sums of (n - mean)^2 and of means, of seconds within minutes */
    float shares[DAYS];      /* 1 - the lowest share of the usual of each day's healthy minutes */
    float lessons[DAYS];     /* the highest of each day */
    struct pending pending[LAG]; /* a ring */
    double minute_requests, minute_squares;
    double usual, least, temper, h0, h; /* rates a second; 0: not known yet */
    double sums[BETS];
    int64_t onsets[BETS];
    double before[BETS]; /* requests in all until the onset */
    double requests, peak, evidence, heal;
    int64_t began, fired, onset, healthy_from;
    double onset_requests, onset_usual;
};

_Static_assert(sizeof(struct gone) <= 1024, "thousands of series are kept");

/* The mean of an hour of the day in requests a second; below 0 when too little is known of it. */
static double mean_of_hour(const struct gone *g, size_t hour)
{
    bool is_known = g->hour_minutes[hour] >= 20;
    return is_known ? (double)g->hour_requests[hour] / (double)g->hour_minutes[hour] / MINUTE_S
                    : -1;
}

/* The least of this hour's mean and those beside it: within an hour traffic may end for the day. */
static double by_hour(const struct gone *g, int64_t minute)
{
    size_t hour = floor_place(floor_div(minute, 60), HOURS);
    double least = mean_of_hour(g, hour);
    for (size_t i = 1; i < HOURS; i += HOURS - 2) { /* the next one, the one before */
        least = fmin(least, mean_of_hour(g, (hour + i) % HOURS));
    }
    return least;
}

static float highest(const float days[DAYS])
{
    float most = 0;
    for (size_t i = 0; i < DAYS; i++) {
        most = fmaxf(most, days[i]);
    }
    return most;
}

/* What is usual in this minute, and so the least that is fine. */
static void refresh(struct gone *g, double budget)
{
    double hour = by_hour(g, g->minute);
    double fast = g->fast_minutes > 0 ? (double)g->fast_requests / (double)g->fast_minutes / 60 : 0;
    bool is_ready = g->minutes >= FIRST_MINUTES && hour >= 0;
    double lowest = 1 - (double)highest(g->shares);
    g->usual = is_ready ? fmin(hour, fast) : 0;
    g->least = g->usual * fmin(half, share_margin * lowest);
    g->temper = fmax(1, g->expected > 0 ? (double)g->scatter / (double)g->expected : 1);
    g->h0 = log(budget);
    double lesson = (double)highest(g->lessons);
    g->h = lesson > 0 ? fmax(g->h0, lesson_times * lesson + lesson_more) : g->h0;
}

/* Puts a minute that is ten minutes old into what is usual. */
static void learn_minute(struct gone *g, const struct pending *p, int64_t minute)
{
    size_t hour = floor_place(floor_div(minute, 60), HOURS);
    double n = (double)p->requests, usual = g->usual * MINUTE_S;
    if (!p->is_clean) {
        return;
    }
    if (usual >= MANY) {
        float *share = &g->shares[floor_place(floor_div(minute, 1440), DAYS)];
        *share = fmaxf(*share, (float)(1 - n / usual));
    }
    g->fast_requests = (float)((double)g->fast_requests * keep_fast + n);
    g->fast_minutes = (float)((double)g->fast_minutes * keep_fast + 1);
    g->hour_requests[hour] = (float)((double)g->hour_requests[hour] * keep_hour + n);
    g->hour_minutes[hour] = (float)((double)g->hour_minutes[hour] * keep_hour + 1);
    g->scatter = (float)((double)g->scatter * keep_slow + (double)p->squares - n * n / MINUTE_S);
    g->expected = (float)((double)g->expected * keep_slow + n * (1 - 1.0 / MINUTE_S));
}

static void end_minute(struct gone *g)
{
    struct pending *slot = &g->pending[floor_place(g->minute, LAG)];
    if (g->minutes >= LAG) {
        learn_minute(g, slot, g->minute - LAG);
    }
    *slot = (struct pending){(float)g->minute_requests, (float)g->minute_squares, !g->is_dirty};
    g->minute_requests = g->minute_squares = 0;
    g->is_dirty = g->is_firing || g->is_excursion;
    g->minutes++;
    g->minute++;
    int64_t day = floor_div(g->minute, 1440);
    if (day != g->day) {
        g->shares[floor_place(day, DAYS)] = g->lessons[floor_place(day, DAYS)] = 0;
        g->day = day;
    }
}

/* Seconds are only left out before anything is usual, so minutes without any request were so. */
static void advance(struct gone *g, int64_t minute, double budget)
{
    if (minute <= g->minute) {
        return;
    }
    if (minute - g->minute > GAP_MINUTES) {
        end_minute(g);
        g->minute = minute - GAP_MINUTES;
        memset(g->pending, 0, sizeof g->pending);
    }
    while (g->minute < minute) {
        end_minute(g);
    }
    refresh(g, budget);
}

/* Nothing of the past is usual any more; pauses stay learned. */
static void forget(struct gone *g)
{
    g->minutes = 0;
    memset(g->shares, 0, sizeof g->shares);
    g->fast_requests = g->fast_minutes = 0;
    memset(g->hour_requests, 0, sizeof g->hour_requests);
    memset(g->hour_minutes, 0, sizeof g->hour_minutes);
    memset(g->pending, 0, sizeof g->pending);
    g->usual = g->least = 0;
}

static void end(struct gone *g)
{
    g->is_firing = g->is_excursion = false;
    memset(g->sums, 0, sizeof g->sums);
}

/* Moves the sums; returns the evidence, and the bet that has most of it. */
static double evidence_of(struct gone *g, int64_t second, double n, int *best)
{
    double most = -1, sum = 0;
    for (int k = 0; k < BETS; k++) {
        if (g->sums[k] <= 0) {
            g->sums[k] = 0;
            g->onsets[k] = second;
            g->before[k] = g->requests - n;
        }
        double gain = (n * log(bets[k]) + (1 - bets[k]) * g->least) / g->temper;
        g->sums[k] = fmin(most_nats, g->sums[k] + fmin(cap_nats, gain));
        if (g->sums[k] > most) {
            most = g->sums[k];
            *best = k;
        }
    }
    for (int k = 0; k < BETS; k++) {
        sum += exp(fmax(fmax(g->sums[k], 0) - most, -50));
    }
    return most > 0 ? most + log(sum / BETS) : 0;
}

/* A pause that healed by itself is a lesson when it was short. */
static void watch_excursion(struct gone *g, int64_t second, double evidence, int best)
{
    if (evidence > excursion * g->h0 && !g->is_excursion) {
        g->is_excursion = true;
        g->peak = 0;
        g->began = g->onsets[best];
    }
    g->is_dirty = g->is_dirty || g->is_excursion;
    g->peak = fmax(g->peak, evidence);
    if (g->is_excursion && evidence < over * g->h0 && !g->is_firing) {
        g->is_excursion = false;
        float *today = &g->lessons[floor_place(g->day, DAYS)];
        bool is_short = second - g->began <= BLIP_S && g->peak > g->h0;
        *today = is_short ? fmaxf(*today, (float)g->peak) : *today;
    }
}

static void fire(struct gone *g, int64_t second, int best, double evidence)
{
    g->is_firing = true;
    g->fired = second;
    g->onset = g->onsets[best];
    g->onset_requests = g->before[best];
    g->onset_usual = g->usual;
    g->evidence = evidence;
    g->heal = 0;
    g->healthy_from = second;
}

/* It is over when "nine tenths of the usual" has been likelier than "the least" for a minute. */
static void recover(struct gone *g, int64_t second, double n)
{
    double good = healthy * g->usual, gain = g->least - good;
    if (second - g->fired >= REBASE_S) {
        end(g);
        forget(g);
        return;
    }
    gain += n > 0 && g->least > 0 ? n * log(good / g->least) : 0;
    if (!(g->least > 0)) { /* nothing is usual at this hour, so any request is good news */
        gain = n > 0 ? 0.5 : 0;
    }
    g->heal += fmax(-3, fmin(0.5, gain / g->temper));
    if (g->heal <= 0) {
        g->heal = 0;
        g->healthy_from = second;
    }
    if (g->heal > heal_nats && second - g->healthy_from >= QUIET_S) {
        int64_t lasted = g->healthy_from - g->onset;
        float *today = &g->lessons[floor_place(g->day, DAYS)];
        *today = lasted <= BLIP_S ? fmaxf(*today, (float)g->peak) : *today;
        end(g);
    }
}

static void find(const struct gone *g, int64_t second, struct rule_finding *out)
{
    *out = (struct rule_finding){.onset = second, .baseline = -1};
    if (g->is_firing) {
        double expected = g->onset_usual * (double)(second - g->onset + 1);
        double n = g->requests - g->onset_requests;
        out->severity = n <= expected / 10 ? RULE_CRITICAL : RULE_WARNING;
        out->onset = g->onset;
        out->requests = (uint64_t)n;
        out->expected = expected;
        out->ratio = fmin(1, n / expected);
        out->evidence = g->evidence;
    }
}

static void gone_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                      uint64_t errors, struct rule_finding *out)
{
    struct gone *g = state;
    double n = (double)requests, budget = rule_budget_s(rule);
    int best = 0;
    (void)errors;
    if (!g->has_ticked) {
        g->has_ticked = true;
        g->minute = floor_div(second, MINUTE_S);
        g->day = floor_div(g->minute, 1440);
        refresh(g, budget);
    }
    advance(g, floor_div(second, MINUTE_S), budget);
    g->minute_requests += n;
    g->minute_squares += n * n;
    g->requests += n;
    if (g->least > 0) {
        double evidence = evidence_of(g, second, n, &best);
        watch_excursion(g, second, evidence, best);
        g->evidence = fmax(g->evidence, evidence);
        if (!g->is_firing && evidence > g->h) {
            fire(g, second, best, evidence);
        } else if (g->is_firing) {
            recover(g, second, n);
        }
    } else if (g->is_firing) {
        recover(g, second, n);
    }
    find(g, second, out);
}

static size_t gone_state_size(const struct rule *rule)
{
    (void)rule;
    return sizeof(struct gone);
}

/* Once something is usual, every second without a request says something. */
static bool gone_is_settled(const void *state)
{
    const struct gone *g = state;
    return !g->is_firing && !(g->least > 0);
}

static bool gone_can_wait(const void *state, const struct rule *rule)
{
    (void)rule;
    return gone_is_settled(state);
}

static void gone_evidence(const struct rule *rule, const struct rule_finding *finding, char *out,
                          size_t size)
{
    char rarity[RULE_RARITY];
    (void)rule;
    snprintf(out, size, "%llu requests since its onset, usually %.0f; by chance once in %s",
             (unsigned long long)finding->requests, finding->expected,
             rule_rarity(finding->evidence, rarity));
}

const struct rule_detector rule_gone = {
    .name = "gone",
    .memory_s = 8 * DAY_S,
    .state_size = gone_state_size,
    .tick = gone_tick,
    .is_settled = gone_is_settled,
    .can_wait = gone_can_wait,
    .evidence = gone_evidence,
};
