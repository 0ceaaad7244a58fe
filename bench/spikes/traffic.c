#include "traffic.h"

#include <math.h>
#include <string.h>

enum {
    STEP_S = 10, /* rates change so often */
    RATE_NOISE_S = 600,
    DRIFT_S = 20 * 86400, /* in which a drift comes back */
    DAY_S = 86400,
    BUSIEST_S = 14 * 3600, /* of the day */
    FEW = 15, /* means below that are counted out, others taken from a normal distribution */
};

static const double whole_turn = 6.283185307179586, most_ratio = 0.5;

/* Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014. */
static uint64_t next(struct random *r)
{
    uint64_t z = r->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* States that are near each other make the same numbers at another time: so it starts from one that
 * was made from the seed. */
void random_begin(struct random *r, uint64_t seed)
{
    *r = (struct random){.state = seed};
    r->state = next(r);
}

/* Above 0 and below 1. */
static double uniform(struct random *r)
{
    return ((double)(next(r) >> 11) + 0.5) * 0x1p-53;
}

double random_between(struct random *r, double least, double most)
{
    return least + uniform(r) * (most - least);
}

/* Box and Muller's two at a time. */
static double normal(struct random *r)
{
    if (r->has_spare) {
        r->has_spare = false;
        return r->spare;
    }
    double far = sqrt(-2 * log(uniform(r))), turn = whole_turn * uniform(r);
    r->spare = far * sin(turn);
    r->has_spare = true;
    return far * cos(turn);
}

static double rounded_normal(struct random *r, double mean, double variance)
{
    return fmax(0, floor(mean + sqrt(variance) * normal(r) + 0.5));
}

static double poisson(struct random *r, double mean)
{
    if (mean <= 0) {
        return 0;
    }
    if (mean >= FEW) {
        return rounded_normal(r, mean, mean);
    }
    double left = exp(-mean), n = 0;
    for (double product = uniform(r); product > left; product *= uniform(r)) {
        n++;
    }
    return n;
}

static double binomial(struct random *r, double n, double p)
{
    double mean = n * p;
    if (n <= 0 || p <= 0) {
        return 0;
    }
    if (p >= 1) {
        return n;
    }
    if (n < 20) {
        double hits = 0;
        for (double i = 0; i < n; i++) {
            hits += uniform(r) < p;
        }
        return hits;
    }
    if (mean < FEW) {
        return fmin(n, poisson(r, mean));
    }
    if (n - mean < FEW) {
        return n - fmin(n, poisson(r, n - mean));
    }
    return fmin(n, rounded_normal(r, mean, mean * (1 - p)));
}

/* Groups of a geometric size, as many as make up the mean. */
static double clustered(struct random *r, double n, double p, double size)
{
    double groups = poisson(r, n * p / size), errors = 0;
    for (; groups > 0; groups--) {
        do {
            errors++;
        } while (uniform(r) > 1 / size);
    }
    return fmin(n, errors);
}

const struct kind *traffic_kind(const char *name)
{
    const struct kind *kind = traffic_kinds;
    while (kind->name && strcmp(kind->name, name) != 0) {
        kind++;
    }
    return kind->name ? kind : NULL;
}

void traffic_begin(struct traffic *t, const struct kind *kind, uint64_t seed)
{
    *t = (struct traffic){.kind = kind};
    random_begin(&t->random, seed);
}

/* A noise that forgets itself in so many seconds; its standard deviation is 1. */
static double wander(struct random *r, double noise, double seconds)
{
    double keep = exp(-STEP_S / seconds);
    return keep * noise + sqrt(1 - keep * keep) * normal(r);
}

/* exp of a normal number, with a mean of 1. */
static double lognormal(double noise, double deviation)
{
    return exp(deviation * noise - deviation * deviation / 2);
}

static void change_rates(struct traffic *t, int64_t second)
{
    const struct kind *k = t->kind;
    double day = cos(whole_turn * (double)(second % DAY_S - BUSIEST_S) / DAY_S);
    t->rate_noise = wander(&t->random, t->rate_noise, RATE_NOISE_S);
    if (k->ratio_noise > 0) {
        t->ratio_noise = wander(&t->random, t->ratio_noise, k->noise_s);
    }
    if (k->ratio_drift > 0) {
        t->ratio_drift += k->ratio_drift * sqrt((double)STEP_S / DAY_S) * normal(&t->random);
        t->ratio_drift *= exp(-(double)STEP_S / DRIFT_S);
    }
    t->rate = k->rate * exp(k->rate_swing * day - k->rate_swing * k->rate_swing / 4) *
              lognormal(t->rate_noise, k->rate_noise);
    t->ratio = fmin(most_ratio, k->ratio * exp(k->ratio_swing * day + t->ratio_drift) *
                                    lognormal(t->ratio_noise, k->ratio_noise));
}

/* Does one of them come, or last? */
static bool is_on(struct random *r, const struct nuisance *n, struct spell *spell, int64_t second)
{
    if (n->per_day > 0 && second >= spell->until && uniform(r) < n->per_day / DAY_S) {
        double lasts = floor(random_between(r, n->seconds.least, n->seconds.most + 1));
        spell->until = second + (int64_t)lasts;
        spell->errors = random_between(r, n->errors.least, n->errors.most);
        if (n->requests.least > 0) {
            double all = log(n->requests.most / n->requests.least);
            spell->rate = n->requests.least * exp(uniform(r) * all) / lasts;
        }
    }
    return second < spell->until;
}

void traffic_next(struct traffic *t, int64_t second, double added, uint64_t *requests,
                  uint64_t *errors)
{
    const struct kind *k = t->kind;
    struct random *r = &t->random;
    if (second % STEP_S == 0) {
        change_rates(t, second);
    }
    bool is_gap = is_on(r, &k->gaps, &t->gap, second);
    bool is_clump = is_on(r, &k->clumps, &t->clump, second);
    bool is_blip = is_on(r, &k->blips, &t->blip, second);
    double n = poisson(r, t->rate);
    double x = k->cluster > 0 ? clustered(r, n, t->ratio, k->cluster) : binomial(r, n, t->ratio);
    x += binomial(r, n - x, is_blip ? 1 - (1 - added) * (1 - t->blip.errors) : added);
    if (is_clump) {
        double more = poisson(r, t->clump.rate);
        n += more;
        x += binomial(r, more, t->clump.errors);
    }
    *requests = is_gap ? 0 : (uint64_t)n;
    *errors = is_gap ? 0 : (uint64_t)x;
}
