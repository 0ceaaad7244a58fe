/*
 * Requests and errors over the whole time of a log, in at most 256 steps: when a log is longer than
 * they reach, steps are joined in twos. Steps are aligned to multiples of their width, a power of
 * two of seconds, so timelines merge whatever their widths.
 */
#ifndef TEAPOT_TALLY_TIMELINE_H
#define TEAPOT_TALLY_TIMELINE_H

#include <stdint.h>

enum {
    TIMELINE_STEPS = 256,
};

struct timeline_step {
    uint64_t requests, e4xx, e5xx;
};

struct timeline {
    int64_t first; /* number of the first step: time / width */
    uint32_t used; /* steps from there on; 0: empty */
    uint8_t shift; /* width = 1 << shift seconds */
    struct timeline_step steps[TIMELINE_STEPS];
};

/* Counts requests of a second. A zeroed struct is an empty timeline. */
void timeline_add(struct timeline *t, int64_t second, struct timeline_step n);

/* Counts one request that is no error: the usual case, without a struct to be passed. */
static inline void timeline_count(struct timeline *t, int64_t second)
{
    uint64_t at = (uint64_t)(second >> t->shift) - (uint64_t)t->first;
    if (at < t->used) {
        t->steps[at].requests++;
    } else {
        timeline_add(t, second, (struct timeline_step){1, 0, 0});
    }
}

/* Empties a timeline. */
void timeline_clear(struct timeline *t);

/* Takes back requests of a second that were added before; never below zero. */
void timeline_take(struct timeline *t, int64_t second, struct timeline_step n);

/* Adds what `from` counted. Associative and commutative. */
void timeline_merge(struct timeline *into, const struct timeline *from);

#endif
