/*
 * An upstream that answered in a share r of the seconds before the onset has none in n seconds with
 * a chance of (1 - r)^n, if it answers at random. It has fallen silent when that is less than one
 * in a hundred thousand. So one that answers in every second is named after four, one in every
 * tenth second after two minutes; and what is rarer than that seldom.
 */
#include "alert/answers.h"

#include "base/alloc.h"
#include "base/floor.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MINUTE_S = 60,
    FIRST_CAP = 4,
    KNOWN_S = 60, /* before the onset: what is not known of it counts as if nothing answered */
};

#define CHANCE     1e-5
#define SHARE_MOST 0.95 /* no traffic is so even that one second without an answer tells */

/* Of one upstream, before and since the onset. */
struct count {
    const struct label *upstream;
    unsigned before, since;
    int64_t last; /* second of an answer before */
};

void answers_done(struct answers *a, struct label_table *labels)
{
    for (uint32_t i = 0; i < a->n; i++) {
        label_drop(labels, a->minutes[i].upstream);
    }
    free(a->minutes);
    *a = (struct answers){0};
}

/* Drops minutes before one; the order of the others stays. */
static void drop_before(struct answers *a, struct label_table *labels, int64_t minute)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        if (a->minutes[i].minute < minute) {
            label_drop(labels, a->minutes[i].upstream);
        } else {
            a->minutes[kept++] = a->minutes[i];
        }
    }
    a->n = kept;
}

static void forget(struct answers *a, struct label_table *labels, int64_t oldest)
{
    if (oldest >= INT64_MIN + ANSWERS_REMEMBER_S + MINUTE_S) {
        drop_before(a, labels, oldest - ANSWERS_REMEMBER_S - MINUTE_S + 1);
    }
}

static void make_room(struct answers *a, struct label_table *labels, int64_t oldest)
{
    if (a->n < a->cap) {
        return;
    }
    forget(a, labels, oldest);
    if (a->n == ANSWERS_MOST) {
        drop_before(a, labels, a->minutes[ANSWERS_MOST / 4].minute + MINUTE_S);
    }
    if (a->n >= a->cap / 2 && a->cap < ANSWERS_MOST) {
        a->cap = a->cap ? 2 * a->cap : FIRST_CAP;
        a->minutes = alloc_resize(a->minutes, a->cap, sizeof *a->minutes);
    }
}

/* The latest come first: usually it is one of them. */
static struct answers_minute *find(const struct answers *a, const struct label *upstream,
                                   int64_t minute)
{
    for (uint32_t i = a->n; i-- > 0;) {
        if (a->minutes[i].upstream == upstream && a->minutes[i].minute == minute) {
            return &a->minutes[i];
        }
    }
    return NULL;
}

static void add_seconds(struct answers *a, struct label_table *labels, struct span upstream,
                        int64_t minute, uint64_t seconds, int64_t oldest)
{
    struct label *label = label_take(labels, upstream);
    struct answers_minute *m = find(a, label, minute);
    if (m) {
        label_drop(labels, label);
    } else {
        make_room(a, labels, oldest);
        m = &a->minutes[a->n++];
        *m = (struct answers_minute){.minute = minute, .upstream = label};
    }
    m->seconds |= seconds;
}

void answers_add(struct answers *a, struct label_table *labels, struct span upstream,
                 int64_t second, int64_t oldest)
{
    int64_t minute = floor_div(second, MINUTE_S) * MINUTE_S;
    add_seconds(a, labels, upstream, minute, UINT64_C(1) << (second - minute), oldest);
    a->first = a->has_any && a->first < second ? a->first : second;
    a->has_any = true;
}

bool answers_restore(struct answers *a, struct label_table *labels, struct span upstream,
                     int64_t minute, uint64_t seconds)
{
    bool is_sane = upstream.len && minute % MINUTE_S == 0 && seconds >> MINUTE_S == 0;
    if (is_sane && seconds) {
        add_seconds(a, labels, upstream, minute, seconds, INT64_MIN);
    }
    return is_sane;
}

void answers_rest(struct answers *a, struct label_table *labels, int64_t oldest)
{
    forget(a, labels, oldest);
    if (a->n == 0) {
        free(a->minutes);
        a->minutes = NULL;
    } else if (a->n < a->cap) {
        a->minutes = alloc_resize(a->minutes, a->n, sizeof *a->minutes);
    }
    a->cap = a->n;
}

/* The bits of a minute that lie in seconds from `from` to before `to`. */
static uint64_t bits_within(const struct answers_minute *m, int64_t from, int64_t to)
{
    uint64_t bits = m->seconds;
    if (from >= m->minute + MINUTE_S || to <= m->minute) {
        return 0;
    }
    if (from > m->minute) {
        bits &= ~UINT64_C(0) << (from - m->minute);
    }
    if (to < m->minute + MINUTE_S) {
        bits &= (UINT64_C(1) << (to - m->minute)) - 1;
    }
    return bits;
}

static struct count *count_of(struct count *counts, uint32_t *n, const struct label *upstream)
{
    uint32_t i = 0;
    while (i < *n && counts[i].upstream != upstream) {
        i++;
    }
    if (i == *n) {
        counts[(*n)++] = (struct count){.upstream = upstream, .last = INT64_MIN};
    }
    return &counts[i];
}

static void add_minute(struct count *c, const struct answers_minute *m, int64_t from, int64_t onset,
                       int64_t second)
{
    uint64_t before = bits_within(m, from, onset + 1);
    c->before += (unsigned)__builtin_popcountll(before);
    c->since += (unsigned)__builtin_popcountll(bits_within(m, onset + 1, second + 1));
    if (before) {
        int64_t last = m->minute + 63 - __builtin_clzll(before);
        c->last = last > c->last ? last : c->last;
    }
}

/* The busier one first, of equals by name: the order is the same in every run. */
static bool is_first(const struct count *a, const struct count *b)
{
    if (a->before != b->before) {
        return a->before > b->before;
    }
    return span_compare(label_text(a->upstream), label_text(b->upstream)) < 0;
}

static void insert(struct count best[ALERT_GONE], uint32_t *n, const struct count *c)
{
    uint32_t at = *n;
    while (at > 0 && is_first(c, &best[at - 1])) {
        at--;
    }
    if (at == ALERT_GONE) {
        return;
    }
    *n += *n < ALERT_GONE;
    memmove(&best[at + 1], &best[at], (*n - at - 1) * sizeof *best);
    best[at] = *c;
}

static bool is_silent(const struct count *c, int64_t before_s, int64_t since_s)
{
    double share = (double)c->before / (double)before_s;
    share = share < SHARE_MOST ? share : SHARE_MOST;
    return c->before && !c->since && (double)since_s * log1p(-share) < log(CHANCE);
}

void answers_fill(const struct answers *a, int64_t onset, int64_t second, int window_s,
                  struct alert *out)
{
    int64_t from = onset - ANSWERS_BEFORE_S, known = second - window_s - ANSWERS_REMEMBER_S;
    from = from > known ? from : known;
    from = a->has_any && a->first > from ? a->first : from;
    out->n_gone = 0;
    if (a->n == 0) {
        return;
    }
    int64_t before_s = onset + 1 - from > KNOWN_S ? onset + 1 - from : KNOWN_S;
    struct count *counts = alloc_zero(a->n, sizeof *counts), best[ALERT_GONE];
    uint32_t n = 0;
    for (uint32_t i = 0; i < a->n; i++) {
        const struct answers_minute *m = &a->minutes[i];
        add_minute(count_of(counts, &n, m->upstream), m, from, onset, second);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (is_silent(&counts[i], before_s, second - onset)) {
            insert(best, &out->n_gone, &counts[i]);
        }
    }
    for (uint32_t i = 0; i < out->n_gone; i++) {
        struct span name = label_text(best[i].upstream);
        snprintf(out->gone[i].upstream, sizeof out->gone[i].upstream, "%.*s", (int)name.len,
                 name.ptr);
        out->gone[i].last = best[i].last;
    }
    free(counts);
}
