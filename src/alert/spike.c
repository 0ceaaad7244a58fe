/*
 * The spike detector: is the ratio of errors above what is usual for this series, with one knob,
 * how often it may be wrong?
 *
 * It is an e-detector (Shin, Ramdas, Rinaldo, "E-detectors: a nonparametric framework for
 * sequential change detection", 2022) made of sums as in Page's CUSUM ("Continuous inspection
 * schemes", 1954). Six bets say each that the ratio is now p1[k], against "it is at most q"; a
 * seventh, the ceiling, that nearly all is lost, 97 %, against "it is at most a half". A second
 * with n requests, x of them errors, moves a bet's sum by the tempered log likelihood ratio
 *
 *     S[k] = max(0, S[k]) + min(4, 2 A[k] + 4 n D[k], x A[k] + (n - x) B[k]),
 *     A[k] = ln(p1[k] / q) / F,  B[k] = ln((1 - p1[k]) / (1 - q)) / F,
 *     D[k] = p1[k] A[k] + (1 - p1[k]) B[k],
 *
 * which is clipped (Huber, "A robust version of the probability ratio test", 1965) at two errors
 * and four times what the bet itself expects of n requests: so a short burst of many errors is no
 * evidence for a small change. What a bet has been fooled by before is its discount L[k], and the
 * evidence is the log of the mean of exp(S[k] - L[k]), in nats; the ceiling has a tenth of the
 * weight. If no second's ratio is really above q, the chance that it passes ln(T) within T seconds
 * with traffic is at most 1 / (T / budget), as clips and discounts only take away: so the threshold
 * is h0 = ln(budget in such seconds). One false alarm in 30 days is 14.8 nats.
 *
 * Worked example. q = 0.7 %, p1 = 95 %, F = 1: A = ln(0.95 / 0.007) = 4.9, B = ln(0.05 / 0.993) =
 * -3.0. In a full outage of 50 requests a second each bet gains 4 nats in each second: after four
 * they are at 16, and pass 14.8. Where blips of up to 60 % for 20 seconds are usual, the six have
 * discounts of 100 nats and more. The ceiling has none: its A is ln(0.97 / 0.5) = 0.66, its B
 * ln(0.03 / 0.5) = -2.8, so that nothing below 81 % moves it. Of a full outage it gains 4 a second
 * too, and with its weight it passes 14.8 + ln(10) = 17.1 in the fifth.
 *
 * The rest makes it usable. q is a practical floor above the baseline, so that a tenth more of next
 * to nothing is no alarm. F tempers for counts that scatter more than a binomial (phi), less as far
 * as the floor gives slack. What rose and healed by itself within a minute is a lesson: for 30 days
 * each bet's discount is above how high it got then, so blips at deploys are learned, and by those
 * bets that they fool. What comes briefly may come with a higher ratio, so bets learn from those
 * below them; the ceiling learns for itself. What is healed, as an alert would be, counts no more.
 * The baseline is fed with minutes that are ten minutes old and were not suspicious. In its first
 * day a series needs 100 nats, and 40 at the ceiling, since its own blips are not known yet. Only
 * the first part is a theorem, and it holds as far as q bounds the ratio; the others are
 * heuristics, measured in docs/alerts.md.
 */
#include "alert/rule.h"
#include "base/floor.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    PLAIN = 6, /* bets against q; they go up with k */
    CEILING = PLAIN,
    BETS,
    LAG = 10,       /* minutes before one enters the baseline */
    SPANS = 4,      /* lessons are kept for this one and the three before … */
    SPAN_DAYS = 10, /* … each of so many */
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
    LESSON_PARTS = 16,
};

static const double cap_nats = 4, cap_errors = 2, cap_expected = 4;
static const double ceiling_ratio = 0.97, ceiling_null = 0.5, ceiling_weight = 0.1;
static const double apprentice_nats = 100, apprentice_ceiling_nats = 40;
static const double excursion = 0.6, over = 0.5;
static const double floor_times = 1.5, floor_more = 0.002, most_nats = 2000, heal_nats = 4.6;
/* Per minute: half-lives of an hour, a day; five days of data of an hour of the day. */
static const double keep_fast = 0.98851402, keep_slow = 0.99951877, keep_hour = 0.9977;
static const double keep_active = 0.9995, keep_last_hour = 1 - 1.0 / 60;

struct bet {
    double requests, errors; /* the totals at its onset */
    int64_t onset;
    float sum;                           /* since then */
    float error, success;                /* what one of them adds */
    float expected;                      /* most that a request may add, beside two errors */
    float peak;                          /* of the sum in this excursion */
    float discount;                      /* by what was learned: the highest lessons of each span */
    uint16_t strong[SPANS], weak[SPANS]; /* in parts of a nat (LESSON_PARTS), rounded up */
};

struct pending {
    float requests; /* below 0: it was not clean, and teaches nothing */
    float errors;
};

struct baseline {
    double slow_requests, slow_errors, fast_requests, fast_errors;
    double scatter, expected;         /* sums of (x - m)^2 and of m */
    float active, active_all;         /* seconds with traffic, and all, of the recent past */
    float hour_requests, hour_errors; /* of about the last hour, whatever it was */
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
    double q, h0;
    double before;                    /* highest sum of the second before */
    double peak;                      /* highest of the excursion */
    int64_t peak_at, began, worse_at; /* of the excursion; when it last got worse */
    int64_t fired, onset, healthy_from, resolved;
    double onset_requests, onset_errors, worst_ratio, heal;
    double evidence; /* of the alert, at most so far */
    struct bet bets[BETS];
    struct baseline baseline;
};

_Static_assert(sizeof(struct spike) <= 1024, "thousands of series are kept");

static void make_bet(struct bet *b, double q, double p1, double temper)
{
    double error = log(p1 / q) / temper, success = log((1 - p1) / (1 - q)) / temper;
    b->error = (float)error;
    b->success = (float)success;
    b->expected = (float)(cap_expected * (p1 * error + (1 - p1) * success));
}

/* Plain ones are geometric from 1.5 q to 95 %. */
static void make_bets(struct spike *s, double q, double temper)
{
    s->q = fmin(q, 0.6);
    double high = log(0.95), low = log(1.5 * s->q);
    low = low > high ? high - 0.1 : low;
    for (int k = 0; k < PLAIN; k++) {
        make_bet(&s->bets[k], s->q, exp(low + (high - low) * k / (PLAIN - 1)), temper);
    }
    make_bet(&s->bets[CEILING], fmin(0.9, fmax(ceiling_null, 2 * s->q)), ceiling_ratio, 1);
}

static double highest(const uint16_t lessons[SPANS])
{
    uint16_t most = 0;
    for (int i = 0; i < SPANS; i++) {
        most = lessons[i] > most ? lessons[i] : most;
    }
    return (double)most / LESSON_PARTS;
}

/* Sums go up to most_nats, so what is taught fits. */
static void teach(uint16_t *lesson, double nats)
{
    double parts = ceil(nats * LESSON_PARTS);
    uint16_t taught = parts < UINT16_MAX ? (uint16_t)parts : UINT16_MAX;
    *lesson = taught > *lesson ? taught : *lesson;
}

/* Threshold and discounts. A plain bet has the strong lessons of those below it, too: the next blip
 * may be one with more errors. */
static void set_threshold(struct spike *s, double budget)
{
    const struct baseline *b = &s->baseline;
    double share = b->minutes > 60 ? fmax(0.01, (double)(b->active / b->active_all)) : 1,
           strong = 0;
    double times = 1.3 + 0.4 * fmax(0, 1 - b->minutes / 20160.0); /* more in the first two weeks */
    s->h0 = log(budget * share);
    for (int k = 0; k < BETS; k++) {
        struct bet *bet = &s->bets[k];
        double weak = highest(bet->weak), first_day = b->minutes < 1440 ? apprentice_nats : 0;
        if (k == CEILING) {
            strong = 0;
            first_day = fmin(first_day, apprentice_ceiling_nats);
        }
        strong = fmax(strong, highest(bet->strong));
        double h = fmax(first_day, fmax(times * strong, 1.3 * weak) + 2);
        bet->discount = (float)fmax(0, h - s->h0);
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
    make_bets(s, b->upper, 1);
    set_threshold(s, budget);
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
    b->active = (float)((double)b->active * keep_active + s->active);
    b->active_all = (float)((double)b->active_all * keep_active + MINUTE_S);
    b->hour_requests = (float)((double)b->hour_requests * keep_last_hour + s->minute_requests);
    b->hour_errors = (float)((double)b->hour_errors * keep_last_hour + s->minute_errors);
    if (b->minutes < LAG) {
        if (is_clean) {
            fold(b, s->minute_requests, s->minute_errors, hour);
        }
        is_clean = false; /* it is in already */
    } else if (p->requests >= 0) {
        fold(b, (double)p->requests, (double)p->errors, hour);
    }
    *p = (struct pending){is_clean ? (float)s->minute_requests : -1, (float)s->minute_errors};
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
        b->pending[(b->minutes - (uint32_t)i) % LAG].requests = -1;
    }
}

/* What a new span overwrites is forgotten. */
static void advance_days(struct spike *s, int64_t day)
{
    int64_t to = floor_div(day, SPAN_DAYS), span = floor_div(s->day, SPAN_DAYS);
    s->day = day;
    for (span = to - span > SPANS ? to - SPANS : span; span < to; span++) {
        size_t next = floor_place(span + 1, SPANS);
        for (int k = 0; k < BETS; k++) {
            s->bets[k].strong[next] = s->bets[k].weak[next] = 0;
        }
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

/* What a second leads to. */
struct evidence {
    double nats; /* of the mixture */
    int best;    /* bet in it */
    int highest; /* bet, without discounts */
    double highest_sum;
};

/* In every second for each bet: fmin would be a call of a function. */
static double least(double a, double b)
{
    return a < b ? a : b;
}

static void move_sum(struct spike *s, struct bet *b, int64_t second, double n, double x)
{
    if (b->sum <= 0) {
        b->sum = 0;
        b->onset = second;
        b->requests = s->requests - n;
        b->errors = s->errors - x;
    }
    double gain = x * (double)b->error + (n - x) * (double)b->success;
    double most = least(cap_nats, cap_errors * (double)b->error + n * (double)b->expected);
    b->sum = (float)least(most_nats, (double)b->sum + least(most, gain));
}

/* Excursions and lessons are about the sums, alerts about the mixture, which needs exponentials
 * only where it comes near the threshold. */
static void add_evidence(struct spike *s, int64_t second, double n, double x, struct evidence *e)
{
    double most = -DBL_MAX;
    *e = (struct evidence){.highest_sum = -1};
    for (int k = 0; k < BETS; k++) {
        struct bet *b = &s->bets[k];
        move_sum(s, b, second, n, x);
        double nats = (double)(b->sum - b->discount);
        if (nats > most) {
            most = nats;
            e->best = k;
        }
        if ((double)b->sum > e->highest_sum) {
            e->highest_sum = (double)b->sum;
            e->highest = k;
        }
    }
    e->nats = most;
    if (most > excursion * s->h0) {
        double sum = 0;
        for (int k = 0; k < BETS; k++) {
            double weight = k == CEILING ? ceiling_weight : (1 - ceiling_weight) / PLAIN;
            sum += weight * exp(fmax((double)(s->bets[k].sum - s->bets[k].discount) - most, -50));
        }
        e->nats += log(sum);
    }
}

/* An excursion that healed by itself is a lesson, when it was short or weak; anything else was an
 * incident and teaches nothing. */
static void learn(struct spike *s)
{
    int64_t lasted = (s->peak_at > s->worse_at ? s->peak_at : s->worse_at) - s->began;
    size_t now = floor_place(floor_div(s->day, SPAN_DAYS), SPANS);
    bool is_weak = lasted <= WEAK_S && s->peak <= 3 * s->h0;
    s->is_excursion = false;
    for (int k = 0; k < BETS; k++) {
        struct bet *b = &s->bets[k];
        if (lasted <= BLIP_S) {
            teach(&b->strong[now], (double)b->peak);
        } else if (is_weak) {
            teach(&b->weak[now], (double)b->peak);
        }
    }
}

static void forget_sums(struct spike *s)
{
    for (int k = 0; k < BETS; k++) {
        s->bets[k].sum = 0;
    }
}

/* Another sum of the same kind says whether it is over: q against `bad`, for so long. */
static bool is_healed(struct spike *s, int64_t second, double n, double x, double bad, int quiet)
{
    double gain = x * log(s->q / bad) + (n - x) * log((1 - s->q) / (1 - bad));
    s->heal += fmin(0.5, fmax(-3, gain));
    if (s->heal <= 0) {
        s->heal = 0;
        s->healthy_from = second;
    }
    return s->heal > heal_nats && second - s->healthy_from >= quiet;
}

static void begin_excursion(struct spike *s, int64_t second, int highest)
{
    s->is_excursion = true;
    s->peak = 0;
    s->began = s->bets[highest].onset;
    s->worse_at = INT64_MIN / 2;
    for (int k = 0; k < BETS; k++) {
        s->bets[k].peak = 0;
    }
    if (!s->is_firing) {
        s->heal = 0;
        s->healthy_from = second;
    }
}

static void follow_excursion(struct spike *s, int64_t second, double highest)
{
    if (highest > s->peak) {
        s->peak = highest;
        s->peak_at = second;
    }
    for (int k = 0; k < BETS; k++) {
        s->bets[k].peak = fmaxf(s->bets[k].peak, s->bets[k].sum);
    }
}

/* Rising by more than a nat in a second is getting worse: so an outage that comes and goes is no
 * blip. */
static void watch_excursion(struct spike *s, int64_t second, double n, double x,
                            const struct evidence *e)
{
    double highest = e->highest_sum;
    bool is_high = highest > excursion * s->h0;
    if (is_high && !s->is_excursion) {
        begin_excursion(s, second, e->highest);
    }
    if (is_high && highest > s->before + 1) {
        s->worse_at = second;
    }
    s->before = highest;
    if (s->is_excursion) {
        follow_excursion(s, second, highest);
    }
    if (s->is_excursion && !s->is_firing) {
        if (is_healed(s, second, n, x, fmin(0.9, 2 * s->q), QUIET_S)) {
            learn(s);
            forget_sums(s);
        } else if (highest < over * s->h0) {
            learn(s);
        }
    }
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
    forget_sums(s);
}

/* The new ratio has lasted too long to be an incident. */
static void rebase(struct spike *s, int64_t second, double budget)
{
    struct baseline *b = &s->baseline;
    double n = (double)b->hour_requests, x = (double)b->hour_errors;
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

/* Is it over? Bad is a third of the worst ratio. */
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
    int quiet = QUIET_S << s->flaps;
    if (is_healed(s, second, n, x, bad, quiet < QUIET_MOST_S ? quiet : QUIET_MOST_S)) {
        end(s, second);
        if (s->is_excursion) {
            learn(s);
        }
    }
}

static void take_second(struct spike *s, int64_t second, double n, double x, double budget)
{
    struct evidence e;
    s->requests += n;
    s->errors += x;
    s->last_seen = second;
    add_evidence(s, second, n, x, &e);
    watch_excursion(s, second, n, x, &e);
    if (s->is_firing) {
        s->evidence = fmax(s->evidence, e.nats);
        recover(s, second, n, x, budget);
    } else if (e.nats > s->h0) {
        fire(s, second, e.best);
        s->evidence = e.nats;
    }
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
    double budget = rule_budget_s(rule), n = (double)requests;
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
    .layout = 2,
    .memory_s = 7 * DAY_S,
    .state_size = spike_state_size,
    .tick = spike_tick,
    .is_settled = spike_is_settled,
    .can_wait = spike_can_wait,
    .evidence = spike_evidence,
};
