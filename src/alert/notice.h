/*
 * An alert as a value: what a person is told of it. The set that raises alerts is in alert.h, which
 * is what others include.
 */
#ifndef TEAPOT_ALERT_NOTICE_H
#define TEAPOT_ALERT_NOTICE_H

#include "alert/rule.h"
#include "codes/codes.h"

enum {
    ALERT_NAME_BYTES = 200,
    ALERT_CODES = 8, /* codes that an alert names */
    ALERT_WHERE = 6, /* places that it names */
    ALERT_GONE = 4,  /* upstreams that fell silent */
    ALERT_SAMPLES = 3,
    ALERT_SAMPLE_BYTES = 480,
    ALERT_SERIES = 2000, /* series per rule; further hosts are watched together, and counted */
    ALERT_KEPT = 1000,   /* resolved alerts that are remembered */
};

enum alert_state {
    ALERT_PENDING,
    ALERT_FIRING,
    ALERT_RESOLVED,
};

struct alert_code {
    uint16_t status, entry; /* as in struct verdict */
    enum blame blame;
    uint64_t count;
    bool is_new; /* the series never had it before */
};

struct alert_where {
    const char *dimension; /* "host", "route", "upstream". Static */
    char name[ALERT_NAME_BYTES];
    uint64_t errors;
    double share;  /* of the alert's errors, 0 to 1 */
    double before; /* of the errors in the ten minutes before; below 0: there were none */
    bool explains; /* with the others of which that is true, it has most of what is not usual */
};

/* An upstream that answered before the onset, and no more. */
struct alert_gone {
    char upstream[ALERT_NAME_BYTES];
    int64_t last; /* second of its last answer */
};

struct alert {
    char group[40]; /* id of the alert that this is a part of, for those who are told; or empty */
    struct alert **parts; /* of one that leads: those of which that is true, in order of time */
    uint32_t n_parts;
    bool has_grown;          /* has parts that nobody was told of yet */
    enum rule_severity told; /* the highest that was told, of it and its parts */
    char id[40]; /* stable: the same rule, series and onset give the same id in every run */
    char rule[RULE_NAME_BYTES];
    enum alert_state state;
    bool silenced;               /* remembered, but nobody is to be told */
    enum rule_severity severity; /* the highest that it reached */
    /* Of its series; empty: not by that. */
    char source[ALERT_NAME_BYTES], host[ALERT_NAME_BYTES];
    char route[ALERT_NAME_BYTES], upstream[ALERT_NAME_BYTES];
    int64_t since;       /* second of its estimated onset */
    int64_t at;          /* when it fired */
    int64_t resolved_at; /* 0 while it is not */
    /* In the rule's window, when it fired or got worse; so are the codes, blame and places. */
    uint64_t requests, errors;
    double ratio, baseline; /* baseline below 0: not known */
    double expected; /* requests that are usual, of a rule for traffic that is gone; else 0 */
    /* Of a burn rate rule, as in struct rule_finding. */
    bool has_budget;
    double burn_rate, budget_left;
    char evidence[160];
    uint32_t n_codes, n_where, n_samples, n_gone;
    struct alert_code codes[ALERT_CODES]; /* most first */
    uint64_t blame[BLAMES];
    uint64_t masked; /* tries at upstreams that failed, and that a retry hid from the client */
    struct alert_where where[ALERT_WHERE]; /* those with a fifth of what is not usual, most first */
    struct alert_gone gone[ALERT_GONE];    /* the busiest first */
    uint64_t explained; /* errors that all places which explain it have in common */
    char samples[ALERT_SAMPLES][ALERT_SAMPLE_BYTES]; /* addresses cut, queries taken out */
    unsigned repeats;  /* of what is told: how often this was told again, unchanged; else 0 */
    char summary[640]; /* one sentence */
};

/* Called on each change that a person should hear of: fired, got worse, resolved. The alert is
 * valid during the call only. */
typedef void (*alert_change_fn)(const struct alert *alert, void *ctx);

#endif
