/*
 * What makes an alert: a rule watches one kind of error ratio over its series, and a detector
 * decides, second by second, how bad it is. Detectors are pure: counts and seconds in, a finding
 * out.
 */
#ifndef TEAPOT_ALERT_RULE_H
#define TEAPOT_ALERT_RULE_H

#include "alert/on.h"
#include "base/span.h"

enum rule_by {
    RULE_BY_SOURCE = 1, /* bits */
    RULE_BY_HOST = 2,   /* this and the next ones are those of enum window_by, doubled */
    RULE_BY_ROUTE = 4,
    RULE_BY_UPSTREAM = 8,
    RULE_BY_PLACE = RULE_BY_HOST | RULE_BY_ROUTE | RULE_BY_UPSTREAM,
};

enum rule_kind {
    RULE_THRESHOLD, /* fixed limits (threshold.c) */
    RULE_SPIKE,     /* learned, with a budget of false alarms (spike.c) */
    RULE_BURN,      /* burn rates of an objective's error budget (slo.c) */
    RULE_SILENT,    /* no request for a while (silent.c) */
    RULE_FIRST,     /* codes that were never seen before (first.c) */
    RULE_GONE,      /* fewer requests than usual (gone.c) */
};

enum rule_severity {
    RULE_NONE,
    RULE_WARNING,
    RULE_CRITICAL,
    RULE_INFO, /* last, since kept states have these numbers; a rule has this severity or others */
};

/* How lines of the log are shown in alerts. */
enum rule_samples {
    RULE_SAMPLES_CLEAN, /* addresses cut, query strings taken out (privacy.h) */
    RULE_SAMPLES_RAW,
    RULE_SAMPLES_NONE,
};

enum {
    RULE_NAME_BYTES = 64,
    RULE_WINDOW_MAX_S = 3600, /* a series remembers every second of it; not of a silence, which has
                                 RULE_WAIT_MAX_S */
    RULE_WAIT_MAX_S = 86400,
    RULE_FALSE_ALARM_S = 2592000, /* once in 30 days, by default */
    RULE_FALSE_ALARM_LEAST_S = 3600,
    RULE_LEARN_S = 86400, /* a day, by default */
    RULE_LEARN_MOST_S = 2592000,
    RULE_GROUP_S = 30, /* by default in configurations */
    RULE_PERCENT = 24, /* bytes that rule_percent needs */
    RULE_RARITY = 48,  /* … and rule_rarity */
};

/* Of a threshold rule: over the last `window_s` seconds with more than `min_requests` requests, a
 * ratio of errors above `warning` (or `critical`) raises it; it is over when the ratio is at most
 * the matching clear value. A ratio of 0 turns that severity off. Ratios are 0 to 1. */
struct rule {
    char name[RULE_NAME_BYTES];
    enum rule_kind kind;
    struct rule_on on;
    unsigned by; /* bits of enum rule_by; 0: all sources as one series */
    int window_s;
    uint64_t min_requests;
    double warning, warning_clear, critical, critical_clear;
    int for_s;       /* it must hold so long before the alert fires */
    int clear_for_s; /* it must be over so long before the alert is resolved */
    /* Of a spike rule, and one for traffic that is gone, which have no limits and waits: it may be
     * wrong once in so many seconds, all its series together. */
    int64_t false_alarm_s;
    /* Of a rule for new codes, which has no limits: a series must be known for so long. */
    int learn_s;
    /* Of a burn rate rule, which has no limits: of so many requests, 0 to 1, none may be an error.
     */
    double objective;
    enum rule_samples samples;
    int group_s; /* alerts that fire so soon after another of the rule are told with it; 0: never */
    size_t n_series; /* how many there are now; kept by whoever watches them */
};

/* What a detector finds at the end of a second. */
struct rule_finding {
    enum rule_severity severity;
    int64_t onset; /* estimated second in which it began, when severity is not RULE_NONE */
    uint64_t requests, errors; /* in the window */
    double ratio, baseline;    /* baseline below 0: not known */
    bool is_news;              /* there is more to be told of the alert, though it got no worse */
    int64_t known_s;           /* of a rule for new codes: how old the series is */
    double expected;           /* of a rule for traffic that is gone: how many requests are usual */
    double evidence; /* of a spike rule, in nats: exp of it is how many seconds chance needs */
    /* Of a burn rate rule: which of its windows, how fast the error budget is used up in the longer
     * one, and what is left of 30 days' (1: all; below 0: less than nothing). */
    bool has_budget;
    int windows;
    double burn_rate, budget_left;
};

/* How a detector looks to the alerts. */
struct rule_detector {
    const char *name;
    int layout; /* of its state, which is kept as its bytes: another number, and what was kept by an
                   older version is left out. 0 for the first */
    int memory_s; /* a series that was quiet for so long, beside its window, knows nothing more */
    /* Bytes of state for one series of this rule; zeroed before the first tick. */
    size_t (*state_size)(const struct rule *rule);
    /* Takes the counts of one second. Seconds are consecutive, empty ones included; only where
     * `is_settled` is true, any number of empty ones may be left out. */
    void (*tick)(void *state, const struct rule *rule, int64_t second, uint64_t requests,
                 uint64_t errors, struct rule_finding *out);
    /* Would more empty seconds find nothing, and change nothing but the time? */
    bool (*is_settled)(const void *state);
    /* Would more empty seconds find nothing, so that it does not matter when they are ticked? */
    bool (*can_wait)(const void *state, const struct rule *rule);
    /* Writes in words what speaks for the finding: "31.0 % of 840 requests in 60 s, limit 5 %". */
    void (*evidence)(const struct rule *rule, const struct rule_finding *finding, char *out,
                     size_t size);
};

/* Fills in a preset, "spike", "netdata", "prometheus", "sre", "drift", "silent", "first" or "gone"
 * (figures and sources in rule.c); `name`, `by`, `group_s` and `samples` stay. False, with the rule
 * untouched, when there is no preset of that name. */
bool rule_preset(struct rule *rule, struct span preset);

/* The names of the presets, NULL at the end. Static. */
const char *const *rule_presets(void);

/* Is every figure of the rule sensible? 0, or -EINVAL with `why` filled. */
int rule_check(const struct rule *rule, struct problem *why);

/* Do its alerts say which upstreams fell silent? */
bool rule_wants_answers(const struct rule *rule);

/* Do both find the same, and have the same name? How it is told does not matter. */
bool rule_equal(const struct rule *a, const struct rule *b);

/* How many seconds of a series there may be for each false alarm: the rule's budget is shared by
 * its series. */
double rule_budget_s(const struct rule *rule);

/* Writes a ratio as a person says it, "31 %", "0.12 %", "under 0.01 %", and returns `out`. */
char *rule_percent(double ratio, char out[RULE_PERCENT]);

/* Writes how long chance needs for so much evidence, in nats: exp of it is seconds. "12 days", "900
 * years". Returns `out`. */
char *rule_rarity(double nats, char out[RULE_RARITY]);

/* "none", "warning", "critical", "info". Static. */
const char *rule_severity_name(enum rule_severity severity);

/* The detectors of each kind. Static. */
extern const struct rule_detector rule_threshold, rule_spike, rule_slo, rule_silent, rule_first,
    rule_gone;

#endif
