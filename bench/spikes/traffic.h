/*
 * Made-up counts per second of a web site without incidents, of twelve kinds: so much traffic that
 * it can be told how often an alert is wrong in months of it.
 */
#ifndef TEAPOT_BENCH_TRAFFIC_H
#define TEAPOT_BENCH_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span_of_values {
    double least, most;
};

/* Something that comes by itself, is over by itself, and is nothing to wake anybody for. */
struct nuisance {
    double per_day;
    struct span_of_values seconds, errors, requests; /* errors: their ratio; requests: in all */
};

struct kind {
    const char *name, *about;
    double rate;            /* requests a second, mean */
    double rate_swing;      /* over the day, as an exponent */
    double rate_noise;      /* standard deviation of its logarithm, over ten minutes */
    double ratio;           /* of errors */
    double ratio_swing;     /* over the day, as an exponent */
    double ratio_drift;     /* of its logarithm, in a day */
    double ratio_noise;     /* standard deviation of its logarithm … */
    double noise_s;         /* … over so long */
    double cluster;         /* errors come in groups of so many on average; 0: each by itself */
    struct nuisance clumps; /* of requests on top of the others */
    struct nuisance blips;  /* of errors among the others */
    struct nuisance gaps;   /* in which nothing is logged */
};

/* All kinds, the last without a name. Static. */
extern const struct kind traffic_kinds[];

const struct kind *traffic_kind(const char *name);

struct random {
    uint64_t state;
    double spare; /* another normal number */
    bool has_spare;
};

/* Of a nuisance: what it is now. */
struct spell {
    int64_t until; /* first second without it */
    double errors, rate;
};

struct traffic {
    const struct kind *kind;
    struct random random;
    double rate, ratio; /* now */
    double rate_noise, ratio_noise, ratio_drift;
    struct spell clump, blip, gap;
};

void random_begin(struct random *r, uint64_t seed);
double random_between(struct random *r, double least, double most);

/* Starts a series; the same seed makes the same one. */
void traffic_begin(struct traffic *t, const struct kind *kind, uint64_t seed);

/* Makes the next second; `second` is counted from 0. Of the requests that are none of the usual
 * errors `added`, 0 to 1, become errors: an incident. */
void traffic_next(struct traffic *t, int64_t second, double added, uint64_t *requests,
                  uint64_t *errors);

#endif
