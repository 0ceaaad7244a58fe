/*
 * Rules over made-up traffic, and what they made of it: which alerts were wrong, which
 * incidents were seen, and after how long.
 */
#ifndef TEAPOT_BENCH_TRIAL_H
#define TEAPOT_BENCH_TRIAL_H

#include "alert/series.h"
#include "traffic.h"

enum {
    TRIAL_MAGNITUDES = 7,
};

/* How much errors an incident adds, as ratios, the least first. */
extern const double trial_magnitudes[TRIAL_MAGNITUDES];

struct trial {
    const struct kind *kind;
    uint64_t seed;
    int days;       /* of each series */
    int quiet_days; /* before the first incident; below 0: there is none */
    int n_series;
    bool are_stops; /* no requests at all in an incident, rather than errors */
};

struct numbers {
    double *items;
    size_t n, cap;
};

/* Of one rule. */
struct trial_score {
    const struct rule *rule;
    uint64_t wrong_early,
        wrong_late; /* alerts outside of incidents in the first 30 days, and after */
    uint64_t incidents[TRIAL_MAGNITUDES];
    struct numbers delays[TRIAL_MAGNITUDES]; /* seconds, the first one included, of those seen */
    struct numbers healed;                   /* seconds from an incident's end to its alert's */
    uint64_t again, masked; /* further alerts in an incident; incidents in an alert that went on */
};

/* Runs all rules over the same series and adds to their scores. What is in those is to be freed
 * with trial_done. */
void trial_run(const struct trial *trial, struct trial_score *scores, size_t n);
void trial_done(struct trial_score *score);

/* Closes a second of a series that has no alerts to tell of: is it firing now? Seconds without
 * requests are left out where the program leaves them out. */
bool trial_tick(struct series *series, const struct rule *rule, int64_t second, uint64_t requests,
                uint64_t errors);

/* Writes a score as a line of JSON. */
void trial_print(const struct trial *trial, const struct trial_score *score);

#endif
