/*
 * The threshold detector: the ratio of errors over the last window_s seconds against fixed limits,
 * with hysteresis. A ring of seconds and its running sums make a tick O(1).
 *
 * The onset (change.h) is looked for only when a finding begins; errors as old as the window began
 * in its first second with an error, as far as can be seen.
 *
 * Baseline: 60 buckets of a minute, filled with seconds as they leave the window, so that the
 * beginning of an outage is not in it; seconds from the onset until the finding is over are left
 * out for good. While there is a finding, the baseline is what it was when it began.
 */
#include "alert/change.h"
#include "alert/rule.h"
#include "base/floor.h"

#include <stdio.h>

enum {
    BASELINE_MINUTES = 60,
    MEMORY_S = 3600 + 120,   /* the baseline is empty, too */
    BASELINE_REQUESTS = 100, /* with fewer, a ratio says nothing about what is usual */
};

struct slot {
    uint32_t requests, errors;
    uint32_t is_bad; /* a bool as wide as its place; belongs to a finding: not for the baseline */
};

/* Small, for there are thousands of series: 71 million requests a second fill it. */
struct minute {
    uint32_t requests, errors;
};

struct threshold {
    bool has_ticked;
    enum rule_severity severity;
    int64_t last;  /* second of the last tick */
    int64_t onset; /* and baseline, of the present finding */
    double usual;
    uint64_t requests, errors;                   /* in the window */
    int64_t newest_minute;                       /* of the baseline */
    uint64_t baseline_requests, baseline_errors; /* the sums of the minutes */
    struct minute minutes[BASELINE_MINUTES];
    struct slot slots[]; /* window_s of them; a second's place is its number modulo window_s */
};

static size_t threshold_state_size(const struct rule *rule)
{
    return sizeof(struct threshold) + (size_t)rule->window_s * sizeof(struct slot);
}

/* After a gap longer than the ring only one round is made, since every bucket ends up empty. */
static void baseline_advance(struct threshold *t, int64_t minute)
{
    if (minute - t->newest_minute > BASELINE_MINUTES) {
        t->newest_minute = minute - BASELINE_MINUTES;
    }
    while (t->newest_minute < minute) {
        struct minute *oldest = &t->minutes[floor_place(++t->newest_minute, BASELINE_MINUTES)];
        t->baseline_requests -= oldest->requests;
        t->baseline_errors -= oldest->errors;
        *oldest = (struct minute){0};
    }
}

/* A minute that is full takes no more: it is a sample of its requests then. */
static void baseline_add(struct threshold *t, const struct slot *leaving)
{
    struct minute *m = &t->minutes[floor_place(t->newest_minute, BASELINE_MINUTES)];
    if (leaving->requests > UINT32_MAX - m->requests) {
        return;
    }
    m->requests += leaving->requests;
    m->errors += leaving->errors;
    t->baseline_requests += leaving->requests;
    t->baseline_errors += leaving->errors;
}

/* Below 0 when there were too few requests to say what is usual. */
static double baseline_ratio(const struct threshold *t)
{
    if (t->baseline_requests < BASELINE_REQUESTS) {
        return -1;
    }
    return (double)t->baseline_errors / (double)t->baseline_requests;
}

/* The window as a row of seconds, for change_find. */
struct row {
    const struct threshold *t;
    int64_t first;
    int window_s;
};

static struct change_step row_step(const void *ctx, size_t i)
{
    const struct row *row = ctx;
    const struct slot *slot = &row->t->slots[floor_place(row->first + (int64_t)i, row->window_s)];
    return (struct change_step){slot->requests, slot->errors};
}

static int64_t find_onset(const struct threshold *t, int window_s)
{
    struct row row = {t, t->last - window_s + 1, window_s};
    return row.first + (int64_t)change_find(&row, row_step, (size_t)window_s);
}

/* Hysteresis: a limit is reached by its own value and left by its clear value. The number of
 * requests matters on the way up only, so less traffic alone does not end a finding; none at all
 * does. */
static enum rule_severity judge(const struct threshold *t, const struct rule *rule, double ratio)
{
    if (t->requests == 0) {
        return RULE_NONE;
    }
    bool enough = t->requests > rule->min_requests;
    if (enough && rule->critical > 0 && ratio > rule->critical) {
        return RULE_CRITICAL;
    }
    if (enough && t->severity == RULE_NONE && rule->warning > 0 && ratio > rule->warning) {
        return RULE_WARNING;
    }
    if (t->severity == RULE_CRITICAL && ratio > rule->critical_clear) {
        return RULE_CRITICAL;
    }
    bool stays = t->severity != RULE_NONE && rule->warning > 0 && ratio > rule->warning_clear;
    return stays ? RULE_WARNING : RULE_NONE;
}

/* Seconds from the onset on went in as good ones. They are marked before they leave the window, so
 * they never reach the baseline. */
static void begin_finding(struct threshold *t, const struct rule *rule)
{
    t->usual = baseline_ratio(t);
    t->onset = find_onset(t, rule->window_s);
    for (int64_t s = t->onset; s <= t->last; s++) {
        t->slots[floor_place(s, rule->window_s)].is_bad = true;
    }
}

/* The slot still holds the second that leaves the window now, one whole window ago. */
static void take_second(struct threshold *t, const struct rule *rule, struct slot now)
{
    struct slot *slot = &t->slots[floor_place(t->last, rule->window_s)];
    if (!slot->is_bad) {
        baseline_add(t, slot);
    }
    t->requests += (uint64_t)now.requests - slot->requests;
    t->errors += (uint64_t)now.errors - slot->errors;
    *slot = now;
}

static uint32_t clamp(uint64_t n, uint32_t most)
{
    return n < most ? (uint32_t)n : most;
}

static void threshold_tick(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                           uint64_t errors, struct rule_finding *out)
{
    struct threshold *t = state;
    int64_t leaving = floor_div(second - rule->window_s, 60);
    if (!t->has_ticked) {
        t->has_ticked = true;
        t->newest_minute = leaving;
    }
    t->last = second;
    baseline_advance(t, leaving);
    uint32_t n = clamp(requests, UINT32_MAX);
    take_second(t, rule, (struct slot){n, clamp(errors, n), t->severity != RULE_NONE});
    double ratio = t->requests ? (double)t->errors / (double)t->requests : 0;
    enum rule_severity before = t->severity;
    t->severity = judge(t, rule, ratio);
    if (before == RULE_NONE && t->severity != RULE_NONE) {
        begin_finding(t, rule);
    }
    bool found = t->severity != RULE_NONE;
    *out = (struct rule_finding){.severity = t->severity,
                                 .onset = found ? t->onset : second,
                                 .requests = t->requests,
                                 .errors = t->errors,
                                 .ratio = ratio,
                                 .baseline = found ? t->usual : baseline_ratio(t)};
}

/* More ticks would only age the baseline, and the next one catches up with that. */
static bool threshold_is_settled(const void *state)
{
    const struct threshold *t = state;
    return t->requests == 0 && t->severity == RULE_NONE;
}

/* While seconds leave the window, the ratio may rise. It is a finding only with enough requests, of
 * which there will not be more. */
static bool threshold_can_wait(const void *state, const struct rule *rule)
{
    const struct threshold *t = state;
    return t->severity == RULE_NONE && (t->requests <= rule->min_requests || t->errors == 0);
}

static void threshold_evidence(const struct rule *rule, const struct rule_finding *finding,
                               char *out, size_t size)
{
    double limit = finding->severity == RULE_CRITICAL ? rule->critical : rule->warning;
    snprintf(out, size, "%.1f %% of %llu requests in %d s, limit %g %%", finding->ratio * 100,
             (unsigned long long)finding->requests, rule->window_s, limit * 100);
}

const struct rule_detector rule_threshold = {
    .name = "threshold",
    .memory_s = MEMORY_S,
    .state_size = threshold_state_size,
    .tick = threshold_tick,
    .is_settled = threshold_is_settled,
    .can_wait = threshold_can_wait,
    .evidence = threshold_evidence,
};
