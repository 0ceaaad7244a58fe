/*
 * The spike detector: is the ratio of errors above what is usual for this series, with one knob,
 * how often it may be wrong?
 *
 * It is an e-detector (Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric framework for
 * sequential change detection", 2022) made of sums as in Page's CUSUM ("Continuous inspection
 * schemes", 1954). Six bets say each that the ratio is now p1[k], against "it is at most q". A
 * second with n requests, x of them errors, moves a bet's sum by the tempered log likelihood ratio
 *
 *     S[k] = max(0, S[k]) + min(CAP, x A[k] + (n - x) B[k]),
 *     A[k] = ln(p1[k] / q) / F,   B[k] = ln((1 - p1[k]) / (1 - q)) / F,
 *
 * and the evidence is the log of the mean of exp S[k], in nats. If no second's ratio is really
 * above q, the chance that it passes ln(T) within T seconds with traffic is at most 1 / (T /
 * budget): so the threshold is h0 = ln(budget in such seconds). One false alarm in 30 days is 14.8
 * nats.
 *
 * Worked example. q = 0.7 %, p1 = 95 %, F = 1: A = ln(0.95 / 0.007) = 4.9, B = ln(0.05 / 0.993) =
 * -3.0. In a full outage of 50 requests a second each bet gains the cap, 4 nats, in each second;
 * the mixture is at most ln 6 below the best of them: four seconds pass 14.8.
 *
 * The rest makes it usable. q is a practical floor above the baseline, so that a tenth more of next
 * to nothing is no alarm. F tempers for counts that scatter more than a binomial (phi), less as far
 * as the floor gives slack. What rose and healed by itself within a minute is a lesson: for 30 days
 * the threshold is above it, so blips at deploys are learned. The baseline is fed with minutes that
 * are ten minutes old and were not suspicious. In its first day a series needs 60 nats, since its
 * own blips are not known yet. Only the first part is a theorem, and it holds as far as q bounds
 * the ratio; the others are heuristics, measured in docs/alerts.md.
 */
#include "alert/rule.h"
#include "base/floor.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    BETS = 6,
    LAG = 10, /* minutes before one enters the baseline */
    DAYS = 32,
    MINUTE_S = 60,
    DAY_S = 86400,
    BLIP_S = 60,        /* what got no worse after that and healed is a lesson */
    WEAK_S = 600,       /* a weak one may last so long */
    REBASE_S = 43200,   /* an alert that lasts so long is the new normal */
    SILENCE_S = 3600,   /* without any request an alert is over */
    QUIET_S = 60,       /* healthy for so long before it is over */
    QUIET_MOST_S = 600, /* … when it keeps coming back */
    FLAP_S = 3600,
    GAP_MINUTES = 30 * 1440, /* a longer gap is as this one */
};

static const double cap_nats = 4, apprentice_nats = 60, excursion = 0.6, over = 0.5;
static const double floor_times = 1.5, floor_more = 0.002, most_nats = 2000, heal_nats = 4.6;
/* Per minute: half-lives of an hour, a day; five days of data of an hour of the day. */
static const double keep_fast = 0.98851402, keep_slow = 0.99951877, keep_hour = 0.9977;
static const double keep_active = 0.9995, keep_last_hour = 1 - 1.0 / 60;

struct bet {
    double sum, requests, errors; /* since its onset: the totals then */
    int64_t onset;
    float error, success; /* what one of them adds */
};

struct pending {
    float requests, errors;
    uint32_t is_clean; /* a bool as wide as its place: states are kept as their bytes */
};

struct baseline {
    double slow_requests, slow_errors, fast_requests, fast_errors;
    double scatter, expected;          /* sums of (x - m)^2 and of m */
    double active, active_all;         /* seconds with traffic, and all, of the recent past */
    double hour_requests, hour_errors; /* of about the last hour, whatever it was */
    double ratio, upper, phi;
    float by_hour_requests[24], by_hour_errors[24];
    struct pending pending[LAG]; /* a ring */
    uint32_t minutes;            /* that the series has been known for */
};

struct spike {
    bool has_ticked, is_firing, is_excursion, is_dirty;
    uint8_t flaps;
    uint32_t active;                /* seconds with traffic in this minute */
    int64_t minute, day, last_seen; /* numbers since 1970; second of the last request */
    double minute_requests, minute_errors;
    double requests, errors; /* in all */
    double q, h0, h;
    double before;                    /* evidence of the second before */
    double peak;                      /* of the excursion */
    int64_t peak_at, began, worse_at; /* of the excursion; when it last got worse */
    int64_t fired, onset, healthy_from, resolved;
    double onset_requests, onset_errors, worst_ratio, heal;
    double evidence; /* of the alert, at most so far */
    struct bet bets[BETS];
    struct baseline baseline;
    float strong[DAYS], weak[DAYS]; /* the highest lesson of each day */
};

_Static_assert(sizeof(struct spike) <= 1280, "thousands of series are kept");

/* Bets are geometric from 1.5 q to 95 %. */
static void make_bets(struct spike *s, double q, double temper)
{
    s->q = fmin(q, 0.6);
    double high = log(0.95), low = log(1.5 * s->q);
    low = low > high ? high - 0.1 : low;
    for (int k = 0; k < BETS; k++) {
        double p1 = exp(low + (high - low) * k / (BETS - 1));
        s->bets[k].error = (float)(log(p1 / s->q) / temper);
        s->bets[k].success = (float)(log((1 - p1) / (1 - s->q)) / temper);
    }
}

/* The prior is half an error in a hundred requests. */
static void begin(struct spike *s, int64_t second, double budget)
{
    struct baseline *b = &s->baseline;
    b->slow_requests = 100;
    b->slow_errors = 0.5;
    b->ratio = 0.005;
    b->upper = 0.037;
    b->phi = 2;
    s->has_ticked = true;
    s->minute = floor_div(second, MINUTE_S);
    s->day = floor_div(second, DAY_S);
    s->last_seen = second;
    s->resolved = INT64_MIN / 2;
    s->h0 = log(budget);
    s->h = fmax(s->h0, apprentice_nats);
    make_bets(s, b->upper, 1);
}

static void fold(struct baseline *b, double n, double x, size_t hour)
{
    if (n > 0) {
        double mean = n * b->ratio;
        b->scatter = b->scatter * keep_slow + (x - mean) * (x - mean);
        b->expected = b->expected * keep_slow + mean;
    }
    b->fast_requests = b->fast_requests * keep_fast + n;
    b->fast_errors = b->fast_errors * keep_fast + x;
    b->slow_requests = b->slow_requests * keep_slow + n;
    b->slow_errors = b->slow_errors * keep_slow + x;
    b->by_hour_requests[hour] = (float)((double)b->by_hour_requests[hour] * keep_hour + n);
    b->by_hour_errors[hour] = (float)((double)b->by_hour_errors[hour] * keep_hour + x);
}

/* The estimates of the last hour and of this hour of the day are shrunk to the slow one by ten
 * errors' worth of requests. */
static void estimate(struct baseline *b, size_t hour)
{
    double slow = (b->slow_errors + 0.1) / (b->slow_requests + 1);
    double shrink = 10 / fmax(slow, 1e-9);
    double fast = (b->fast_errors + 10) / (b->fast_requests + shrink);
    double same_hour =
        ((double)b->by_hour_errors[hour] + 10) / ((double)b->by_hour_requests[hour] + shrink);
    double root = sqrt(b->slow_errors + 0.375) + 1;
    b->ratio = 0.5 * (fast + same_hour);
    b->upper = fmax(fmin(1, root * root / b->slow_requests), fmax(fast, same_hour));
    b->phi = fmax(1, (b->scatter + 2 * 5) / (b->expected + 5));
}

/* A minute goes into the baseline when it is LAG minutes old and was clean; at first at once. */
static void end_minute(struct spike *s)
{
    struct baseline *b = &s->baseline;
    size_t hour = floor_place(floor_div(s->minute, 60), 24);
    struct pending *p = &b->pending[b->minutes % LAG];
    bool is_clean = !(s->is_dirty || s->is_firing || s->is_excursion);
    b->active = b->active * keep_active + s->active;
    b->active_all = b->active_all * keep_active + MINUTE_S;
    b->hour_requests = b->hour_requests * keep_last_hour + s->minute_requests;
    b->hour_errors = b->hour_errors * keep_last_hour + s->minute_errors;
    if (b->minutes < LAG) {
        if (is_clean) {
            fold(b, s->minute_requests, s->minute_errors, hour);
        }
        is_clean = false; /* it is in already */
    } else if (p->is_clean) {
        fold(b, (double)p->requests, (double)p->errors, hour);
    }
    *p = (struct pending){(float)s->minute_requests, (float)s->minute_errors, is_clean};
    b->minutes++;
    s->minute_requests = s->minute_errors = 0;
    s->active = 0;
    s->is_dirty = false;
    s->minute++;
}

/* Minutes since an onset are not for the baseline. */
static void drop_minutes(struct baseline *b, int64_t seconds)
{
    for (int64_t i = 1; i <= seconds / MINUTE_S + 2 && i <= LAG && i <= b->minutes; i++) {
        b->pending[(b->minutes - (uint32_t)i) % LAG].is_clean = false;
    }
}

static double highest(const float lessons[DAYS])
{
    float most = 0;
    for (int i = 0; i < DAYS; i++) {
        most = lessons[i] > most ? lessons[i] : most;
    }
    return (double)most;
}

/* A lesson lasts for 30 days: what is overwritten next is forgotten a day ahead. */
static void advance_days(struct spike *s, int64_t day)
{
    s->day = day - s->day > DAYS ? day - DAYS : s->day;
    while (s->day < day) {
        s->day++;
        size_t now = floor_place(s->day, DAYS), next = floor_place(s->day + 1, DAYS);
        s->strong[now] = s->strong[next] = s->weak[now] = s->weak[next] = 0;
    }
}

/* How much tempering noise of a Gaussian's tails needs at most, given how far q is above the ratio:
 * the largest theta^2 / (2 ((q / p)(e^theta - 1) - theta)). */
static double slack_of(double q, double ratio)
{
    double slack = q / fmax(ratio, 1e-9), most = 0;
    for (int i = 1; i < 15; i++) {
        double theta = 0.2 * i, d = 2 * (slack * (exp(theta) - 1) - theta);
        most = d > 0 ? fmax(most, theta * theta / d) : most;
    }
    return most;
}

static void set_threshold(struct spike *s, double budget)
{
    const struct baseline *b = &s->baseline;
    double share = b->minutes > 60 ? fmax(0.01, b->active / b->active_all) : 1;
    double strong = highest(s->strong), weak = highest(s->weak);
    double times = 1.3 + 0.7 * fmax(0, 1 - b->minutes / 20160.0); /* more in the first two weeks */
    s->h0 = log(budget * share);
    s->h = strong > 0 ? fmax(s->h0, times * strong + 2) : s->h0;
    s->h = weak > 0 ? fmax(s->h, 1.3 * weak + 2) : s->h;
    s->h = b->minutes < 1440 ? fmax(s->h, apprentice_nats) : s->h;
}

/* Floor, bets and threshold from what the baseline is now, in an hour of the day. */
static void refresh(struct spike *s, int64_t minute, double budget)
{
    struct baseline *b = &s->baseline;
    estimate(b, floor_place(floor_div(minute, 60), 24));
    double q = fmax(floor_times * b->upper, b->upper + floor_more);
    make_bets(s, q, fmax(1, fmin(1, 2 * slack_of(q, b->ratio)) * b->phi));
    set_threshold(s, budget);
}

/* Ends the minutes before the one that `second` is in; those without requests cost little each, and
 * what is estimated from them is estimated once. */
static void advance(struct spike *s, int64_t minute, double budget)
{
    if (minute <= s->minute) {
        return;
    }
    if (minute - s->minute > GAP_MINUTES) {
        end_minute(s);
        s->minute = minute - GAP_MINUTES;
    }
    while (s->minute < minute) {
        end_minute(s);
    }
    refresh(s, s->minute - 1, budget);
    advance_days(s, floor_div(s->minute - 1, 1440));
}

/* The mixture needs exponentials only where it comes near the threshold. */
static double evidence_of(struct spike *s, int64_t second, double n, double x, int *best)
{
    double most = -1;
    for (int k = 0; k < BETS; k++) {
        struct bet *b = &s->bets[k];
        if (b->sum <= 0) {
            b->sum = 0;
            b->onset = second;
            b->requests = s->requests - n;
            b->errors = s->errors - x;
        }
        double gain = x * (double)b->error + (n - x) * (double)b->success;
        b->sum = fmin(most_nats, b->sum + fmin(cap_nats, gain));
        if (b->sum > most) {
            most = b->sum;
            *best = k;
        }
    }
    if (most > excursion * s->h0) {
        double sum = 0;
        for (int k = 0; k < BETS; k++) {
            sum += exp(fmax(s->bets[k].sum - most, -50));
        }
        most += log(sum / BETS);
    }
    return most;
}

/* An excursion that healed by itself is a lesson, when it was short or weak; anything else was an
 * incident and teaches nothing. */
static void learn(struct spike *s, int64_t second)
{
    int64_t lasted = (s->peak_at > s->worse_at ? s->peak_at : s->worse_at) - s->began;
    size_t today = floor_place(floor_div(second, DAY_S), DAYS);
    s->is_excursion = false;
    if (s->peak <= s->h0) {
        return;
    }
    if (lasted <= BLIP_S) {
        s->strong[today] = fmaxf(s->strong[today], (float)s->peak);
    } else if (lasted <= WEAK_S && s->peak <= 3 * s->h0) {
        s->weak[today] = fmaxf(s->weak[today], (float)s->peak);
    }
}

/* Rising by more than a nat in a second is getting worse: so an outage that comes and goes is no
 * blip. */
static void watch_excursion(struct spike *s, int64_t second, double evidence, int best)
{
    bool is_high = evidence > excursion * s->h0;
    if (is_high && !s->is_excursion) {
        s->is_excursion = true;
        s->peak = 0;
        s->began = s->bets[best].onset;
        s->worse_at = INT64_MIN / 2;
    }
    if (is_high && evidence > s->peak) {
        s->peak = evidence;
        s->peak_at = second;
    }
    if (s->is_excursion && !s->is_firing && evidence < over * s->h0) {
        learn(s, second);
    }
    if (is_high && evidence > s->before + 1) {
        s->worse_at = second;
    }
    s->before = evidence;
}

static double ratio_since_onset(const struct spike *s)
{
    return (s->errors - s->onset_errors) / fmax(1, s->requests - s->onset_requests);
}

static void fire(struct spike *s, int64_t second, int best)
{
    const struct bet *b = &s->bets[best];
    s->is_firing = true;
    s->fired = s->healthy_from = second;
    s->onset = b->onset;
    s->onset_requests = b->requests;
    s->onset_errors = b->errors;
    s->heal = 0;
    s->evidence = 0;
    s->worst_ratio = ratio_since_onset(s);
    drop_minutes(&s->baseline, second - b->onset);
    bool is_back = second - s->resolved < FLAP_S;
    s->flaps = is_back ? (uint8_t)(s->flaps < 4 ? s->flaps + 1 : 4) : 0;
}

static void end(struct spike *s, int64_t second)
{
    s->is_firing = false;
    s->resolved = second;
    for (int k = 0; k < BETS; k++) {
        s->bets[k].sum = 0;
    }
}

/* The new ratio has lasted too long to be an incident. */
static void rebase(struct spike *s, int64_t second, double budget)
{
    struct baseline *b = &s->baseline;
    double n = b->hour_requests, x = b->hour_errors;
    if (n >= 20) {
        b->slow_requests = b->fast_requests = n;
        b->slow_errors = b->fast_errors = x;
        for (int i = 0; i < 24; i++) {
            b->by_hour_requests[i] = (float)n;
            b->by_hour_errors[i] = (float)x;
        }
        b->scatter = b->expected = 0;
        drop_minutes(b, LAG * MINUTE_S);
        refresh(s, s->minute, budget);
    }
    s->is_excursion = false;
    end(s, second);
}

/* Is it over? Another sum of the same kind says so: q against a third of the worst ratio. */
static void recover(struct spike *s, int64_t second, double n, double x, double budget)
{
    if (second - s->fired > REBASE_S) {
        rebase(s, second, budget);
        return;
    }
    if (second - s->fired < 60) {
        s->worst_ratio = fmax(s->worst_ratio, ratio_since_onset(s));
    }
    double bad = fmin(0.9, fmax(2 * s->q, s->worst_ratio / 3));
    double gain = x * log(s->q / bad) + (n - x) * log((1 - s->q) / (1 - bad));
    int quiet = QUIET_S << s->flaps;
    s->heal += fmin(0.5, fmax(-3, gain));
    if (s->heal <= 0) {
        s->heal = 0;
        s->healthy_from = second;
    }
    if (s->heal > heal_nats &&
        second - s->healthy_from >= (quiet < QUIET_MOST_S ? quiet : QUIET_MOST_S)) {
        end(s, second);
        if (s->is_excursion) {
            learn(s, second);
        }
    }
}

static void take_second(struct spike *s, int64_t second, double n, double x, double budget)
{
    int best = 0;
    s->requests += n;
    s->errors += x;
    s->last_seen = second;
    double evidence = evidence_of(s, second, n, x, &best);
    watch_excursion(s, second, evidence, best);
    if (s->is_firing) {
        s->evidence = fmax(s->evidence, evidence);
        recover(s, second, n, x, budget);
    } else if (evidence > s->h) {
        fire(s, second, best);
        s->evidence = evidence;
    }
}

/* How many seconds with traffic there may be for each false alarm: the rule's budget is shared by
 * its series. */
static double budget_of(const struct rule *rule)
{
    return (double)rule->false_alarm_s * (double)(rule->n_series ? rule->n_series : 1);
}

static void find(const struct spike *s, int64_t second, struct rule_finding *out)
{
    double n = s->requests - s->onset_requests, x = s->errors - s->onset_errors;
    *out = (struct rule_finding){.onset = second, .baseline = s->baseline.ratio};
    if (!s->is_firing) {
        return;
    }
    out->ratio = ratio_since_onset(s);
    bool is_bad = out->ratio >= 0.05 && out->ratio >= 10 * s->baseline.ratio;
    out->severity = is_bad || out->ratio >= 0.2 ? RULE_CRITICAL : RULE_WARNING;
    out->onset = s->onset;
    out->requests = (uint64_t)n;
    out->errors = (uint64_t)x;
    out->evidence = s->evidence;
}

static void spike_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                       uint64_t errors, struct rule_finding *out)
{
    struct spike *s = state;
    double budget = budget_of(rule), n = (double)requests;
    double x = errors < requests ? (double)errors : n;
    if (!s->has_ticked) {
        begin(s, second, budget);
    }
    advance(s, floor_div(second, MINUTE_S), budget);
    s->is_dirty = s->is_dirty || s->is_firing || s->is_excursion;
    s->minute_requests += n;
    s->minute_errors += x;
    s->active += n > 0;
    if (floor_place(second, MINUTE_S) == MINUTE_S - 1) {
        advance(s, floor_div(second, MINUTE_S) + 1, budget);
    }
    if (n > 0) {
        take_second(s, second, n, x, budget);
    } else if (s->is_firing && second - s->last_seen > SILENCE_S) {
        end(s, second);
        s->is_excursion = false;
    }
    find(s, second, out);
}

static size_t spike_state_size(const struct rule *rule)
{
    (void)rule;
    return sizeof(struct spike);
}

/* Empty seconds are no update; minutes are made up for with the next request. */
static bool spike_is_settled(const void *state)
{
    return !((const struct spike *)state)->is_firing;
}

static bool spike_can_wait(const void *state, const struct rule *rule)
{
    (void)rule;
    return spike_is_settled(state);
}

static void spike_evidence(const struct rule *rule, const struct rule_finding *finding, char *out,
                           size_t size)
{
    char rarity[RULE_RARITY], now[RULE_PERCENT], usual[RULE_PERCENT];
    (void)rule;
    rule_rarity(finding->evidence, rarity);
    snprintf(
        out, size,
        "%s of %llu requests since its onset, usually %s; by chance once in %s of such traffic",
        rule_percent(finding->ratio, now), (unsigned long long)finding->requests,
        rule_percent(finding->baseline, usual), rarity);
}

const struct rule_detector rule_spike = {
    .name = "spike",
    .memory_s = 7 * DAY_S,
    .state_size = spike_state_size,
    .tick = spike_tick,
    .is_settled = spike_is_settled,
    .can_wait = spike_can_wait,
    .evidence = spike_evidence,
};
