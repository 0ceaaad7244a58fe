/*
 * A timeline is in one normal form: its first and last step are the outermost that were counted in,
 * and its width is the least with which all fit (or the widest that was merged). Both depend only
 * on what was counted, not on the order, hence merging commutes. Steps beyond `used` are zero.
 */
#include "tally/timeline.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Most are nearly empty, and zeroing them whole would cost more than counting. */
void timeline_clear(struct timeline *t)
{
    memset(t->steps, 0, t->used * sizeof t->steps[0]);
    t->first = 0;
    t->used = 0;
    t->shift = 0;
}

/* Joins steps in twos; those that share their number at double width are one. */
static void widen(struct timeline *t)
{
    int64_t first = t->first >> 1;
    uint32_t used = 0;
    for (uint32_t i = 0; i < t->used; i++) {
        struct timeline_step s = t->steps[i];
        uint32_t at = (uint32_t)(((t->first + i) >> 1) - first);
        t->steps[i] = (struct timeline_step){0};
        t->steps[at].requests += s.requests;
        t->steps[at].e4xx += s.e4xx;
        t->steps[at].e5xx += s.e5xx;
        used = at + 1;
    }
    t->first = first;
    t->used = used;
    t->shift++;
}

/* The difference of two step numbers, a <= b: in unsigned numbers it can't overflow. */
static uint64_t distance(int64_t a, int64_t b)
{
    return (uint64_t)b - (uint64_t)a;
}

/* Would the timeline reach this step at its present width? */
static bool fits(const struct timeline *t, int64_t step)
{
    int64_t last = t->first + (int64_t)(t->used - 1);
    return distance(step < t->first ? step : t->first, step > last ? step : last) < TIMELINE_STEPS;
}

/* Makes the timeline reach a second that it does not cover. */
__attribute__((noinline)) static void reach(struct timeline *t, int64_t second)
{
    if (t->used == 0) {
        t->first = second >> t->shift;
    }
    while (t->used && !fits(t, second >> t->shift)) {
        widen(t);
    }
    int64_t step = second >> t->shift;
    if (step < t->first) {
        uint32_t by = (uint32_t)distance(step, t->first);
        memmove(t->steps + by, t->steps, t->used * sizeof t->steps[0]);
        memset(t->steps, 0, by * sizeof t->steps[0]);
        t->first = step;
        t->used += by;
    }
    uint32_t need = (uint32_t)distance(t->first, step) + 1;
    t->used = need > t->used ? need : t->used;
}

/* Where in `steps` a second stands; not below `used` when it is not covered, before or after. */
static uint64_t index_of(const struct timeline *t, int64_t second)
{
    return distance(t->first, second >> t->shift);
}

void timeline_add(struct timeline *t, int64_t second, struct timeline_step n)
{
    if (index_of(t, second) >= t->used) {
        reach(t, second);
    }
    struct timeline_step *s = &t->steps[index_of(t, second)];
    s->requests += n.requests;
    s->e4xx += n.e4xx;
    s->e5xx += n.e5xx;
}

/* Less than nothing can't be there: a piece that was put together by hand may say so. */
static void take(uint64_t *from, uint64_t n)
{
    *from -= n < *from ? n : *from;
}

void timeline_take(struct timeline *t, int64_t second, struct timeline_step n)
{
    uint64_t at = index_of(t, second);
    if (at < t->used) {
        take(&t->steps[at].requests, n.requests);
        take(&t->steps[at].e4xx, n.e4xx);
        take(&t->steps[at].e5xx, n.e5xx);
    }
}

void timeline_merge(struct timeline *into, const struct timeline *from)
{
    for (uint32_t i = 0; i < from->used; i++) {
        const struct timeline_step *s = &from->steps[i];
        /* Steps from which all was taken must not stretch the sum. */
        if (s->requests == 0 && s->e4xx == 0 && s->e5xx == 0) {
            continue;
        }
        while (into->shift < from->shift) {
            widen(into);
        }
        timeline_add(into, (from->first + i) * ((int64_t)1 << from->shift), *s);
    }
}
