/*
 * Values below 64 have a bucket of their own. From there on each power of two is cut into 64 equal
 * buckets: with e the number of the highest bit, the bucket is (e - 5) * 64 plus the six bits after
 * it. A bucket is at most 1/64 of its floor wide, so its middle is within 1/128 of every value in
 * it. Memory is taken for whole powers of two, from the least to the largest that was met:
 * durations of one site span a dozen of 58.
 */
#include "tally/sketch.h"

#include "base/alloc.h"

#include <stdlib.h>

enum {
    SUB = 1 << SKETCH_SUB_BITS,
};

#define NS_PER_S 1000000000U

/* opentelemetry.io, semantic conventions, http.server.request.duration: 0.005 … 10 seconds. */
const uint64_t sketch_bounds_ns[SKETCH_BOUNDS + 1] = {
    5000000,   10000000,   25000000,   50000000,   75000000,   100000000,   250000000,  500000000,
    750000000, 1000000000, 2500000000, 5000000000, 7500000000, 10000000000, UINT64_MAX,
};

static uint32_t bucket_of(uint64_t ns)
{
    if (ns < SUB) {
        return (uint32_t)ns;
    }
    uint32_t shift = 63 - SKETCH_SUB_BITS - (uint32_t)__builtin_clzll(ns);
    return (shift << SKETCH_SUB_BITS) + (uint32_t)(ns >> shift);
}

uint64_t sketch_bucket_floor(uint32_t i)
{
    if (i < SUB) {
        return i;
    }
    return (uint64_t)(SUB + i % SUB) << (i / SUB - 1);
}

void sketch_done(struct sketch *s)
{
    free(s->buckets);
    *s = (struct sketch){0};
}

/* Most are empty in a quiet interval. */
void sketch_clear(struct sketch *s)
{
    if (s->count) {
        memset(s->buckets, 0, s->held * sizeof s->buckets[0]);
        *s = (struct sketch){.first = s->first, .held = s->held, .buckets = s->buckets};
    }
}

uint64_t sketch_bucket(const struct sketch *s, uint32_t i)
{
    return i - s->first < s->held ? s->buckets[i - s->first] : 0;
}

/* Makes sure that there is memory for low <= i < high. */
__attribute__((noinline)) static void hold(struct sketch *s, uint32_t low, uint32_t high)
{
    uint32_t first = low / SUB * SUB, end = (high + SUB - 1) / SUB * SUB;
    if (s->held) {
        first = first < s->first ? first : s->first;
        end = end > s->first + s->held ? end : s->first + s->held;
    }
    uint32_t before = s->held ? s->first - first : 0;
    s->buckets = alloc_resize(s->buckets, end - first, sizeof s->buckets[0]);
    memmove(s->buckets + before, s->buckets, s->held * sizeof s->buckets[0]);
    memset(s->buckets, 0, before * sizeof s->buckets[0]);
    memset(s->buckets + before + s->held, 0,
           (end - first - before - s->held) * sizeof s->buckets[0]);
    s->first = first;
    s->held = end - first;
}

/* The number of the first bound that is not below `ns`: a binary search without branches, since the
 * next duration can't be guessed from the last. It needs no end, for nothing is above the last. */
static size_t bound_of(uint64_t ns)
{
    size_t at = (size_t)(sketch_bounds_ns[7] < ns) << 3;
    at += (size_t)(sketch_bounds_ns[at + 3] < ns) << 2;
    at += (size_t)(sketch_bounds_ns[at + 1] < ns) << 1;
    return at + (sketch_bounds_ns[at] < ns);
}

/* Widens the range of used buckets. */
static void include(struct sketch *s, uint32_t low, uint32_t high)
{
    if (s->high == 0 || low < s->low) {
        s->low = low;
    }
    if (high > s->high) {
        s->high = high;
    }
}

/* The sum is kept in two parts: in nanoseconds alone it would overflow after 584 years of waiting,
 * which a site with 1,000 requests in the air at any time has behind it in seven months. */
static void carry(struct sketch *s)
{
    s->sum_s += s->sum_ns / NS_PER_S;
    s->sum_ns %= NS_PER_S;
}

void sketch_add(struct sketch *s, uint64_t ns)
{
    sketch_add_all(s, &ns, 1);
}

/* What is the same for all durations stays out of memory, and is put down once at the end. */
void sketch_add_all(struct sketch *s, const uint64_t *ns, size_t n)
{
    uint32_t low = UINT32_MAX, high = 0;
    uint64_t most = s->max_ns, sum = s->sum_ns;
    for (size_t i = 0; i < n; i++) {
        uint64_t one = ns[i] > INT64_MAX ? INT64_MAX : ns[i];
        uint32_t bucket = bucket_of(one);
        if (bucket - s->first >= s->held) {
            hold(s, bucket, bucket + 1);
        }
        s->buckets[bucket - s->first]++;
        s->below[bound_of(one)]++;
        low = bucket < low ? bucket : low;
        high = bucket > high ? bucket : high;
        most = one > most ? one : most;
        sum += one;
        if (sum > INT64_MAX) {
            s->sum_ns = sum;
            carry(s);
            sum = s->sum_ns;
        }
    }
    if (n) {
        include(s, low, high + 1);
        s->count += n;
        s->max_ns = most;
        s->sum_ns = sum;
        carry(s);
    }
}

/* Only the used range is walked: durations of one site span a dozen powers of two. */
void sketch_merge(struct sketch *into, const struct sketch *from)
{
    if (from->count == 0) {
        return;
    }
    if (from->low - into->first >= into->held || from->high - into->first > into->held) {
        hold(into, from->low, from->high);
    }
    for (uint32_t i = from->low; i < from->high; i++) {
        into->buckets[i - into->first] += from->buckets[i - from->first];
    }
    include(into, from->low, from->high);
    into->count += from->count;
    for (size_t i = 0; i <= SKETCH_BOUNDS; i++) {
        into->below[i] += from->below[i];
    }
    into->max_ns = from->max_ns > into->max_ns ? from->max_ns : into->max_ns;
    into->sum_s += from->sum_s;
    into->sum_ns += from->sum_ns;
    carry(into);
}

/* The middle of a bucket, but never above the largest value that was seen. */
static double middle_s(const struct sketch *s, uint32_t i)
{
    uint64_t floor = sketch_bucket_floor(i);
    uint64_t width = i < SUB ? 1 : (uint64_t)1 << (i / SUB - 1);
    double middle = (double)floor + (double)(width - 1) / 2;
    double max = (double)s->max_ns;
    return (middle < max ? middle : max) / NS_PER_S;
}

double sketch_quantile(const struct sketch *s, double q)
{
    /* The least bit less, for 0.007 * 5000 comes out as a bit more than 35. */
    double rank = q * (double)s->count * (1 - 1e-12);
    if (s->count == 0) {
        return 0;
    }
    uint64_t seen = 0;
    for (uint32_t i = s->low; i < s->high && q < 1; i++) {
        seen += s->buckets[i - s->first];
        if (seen > 0 && (double)seen >= rank) {
            return middle_s(s, i);
        }
    }
    return (double)s->max_ns / NS_PER_S;
}

double sketch_sum_s(const struct sketch *s)
{
    return (double)s->sum_s + (double)s->sum_ns / NS_PER_S;
}
