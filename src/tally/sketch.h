/*
 * Quantiles of durations in bounded memory: a histogram whose buckets grow with the value (64 to
 * each power of two, as in HdrHistogram), so that every quantile is within 1 % (half a bucket, 0.8
 * %) of a value that was counted, and two sketches merge by adding. Nanoseconds, 0 to 2^63.
 */
#ifndef TEAPOT_TALLY_SKETCH_H
#define TEAPOT_TALLY_SKETCH_H

#include <stddef.h>
#include <stdint.h>

enum {
    SKETCH_SUB_BITS = 6,
    SKETCH_BUCKETS = (64 - SKETCH_SUB_BITS) << SKETCH_SUB_BITS,
    SKETCH_BOUNDS = 14, /* OpenTelemetry's advised boundaries for http.server.request.duration */
};

struct sketch {
    uint64_t count;
    uint64_t sum_s, sum_ns; /* sum = sum_s seconds + sum_ns (below 10^9) nanoseconds: exact, it
                               can't overflow */
    uint64_t max_ns;
    uint64_t
        below[SKETCH_BOUNDS + 1]; /* exact counts per bound, not cumulative; the last is +Inf */
    uint32_t low, high;           /* used buckets, for quick walks: low <= i < high */
    uint32_t first, held;         /* buckets that there is memory for: first <= i < first + held */
    uint64_t *buckets;            /* those; all others are 0 */
};

/* The boundaries, in nanoseconds, ascending: 5 ms … 10 s, and one that nothing is above. */
extern const uint64_t sketch_bounds_ns[SKETCH_BOUNDS + 1];

/* Frees what a sketch holds and zeroes it. A zeroed struct is an empty sketch. */
void sketch_done(struct sketch *s);

/* Forgets all durations but keeps the memory. */
void sketch_clear(struct sketch *s);

/* Counts one duration. */
void sketch_add(struct sketch *s, uint64_t ns);

/* Counts `n` durations: the same as one after another, but quicker. */
void sketch_add_all(struct sketch *s, const uint64_t *ns, size_t n);

/* Adds what `from` counted. Associative, commutative; an empty sketch changes nothing. */
void sketch_merge(struct sketch *into, const struct sketch *from);

/* The value below which the share `q` (0 to 1) of all durations lies, in seconds; 0 when empty. */
double sketch_quantile(const struct sketch *s, double q);

/* Sum in seconds. */
double sketch_sum_s(const struct sketch *s);

/* How many durations are in bucket `i`. */
uint64_t sketch_bucket(const struct sketch *s, uint32_t i);

/* The least duration that falls into bucket `i`, in nanoseconds (for tests and for reading back).
 */
uint64_t sketch_bucket_floor(uint32_t i);

#endif
