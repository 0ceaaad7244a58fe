/*
 * A place explains an alert by its share of the excess: what it has more than its part of the
 * errors that are usual. Of `usual` errors, a place gets the share that it had in the minutes
 * before the onset. Worked example: of 100 errors now 40 are usual; a host that always has errors
 * had all of those before, and has 40 now: its excess is 0 of 60. An upstream with 60 errors now
 * and none before has all of it, though only 60 % of the errors.
 *
 * Then the largest places of each dimension are taken together: those three, two or one of them
 * whose errors, counted where all of them agree, have four fifths of the excess. More of them is
 * narrower, so three are tried first.
 */
#include "alert/places.h"

#include "alert/privacy.h"
#include "base/alloc.h"

#include <stdlib.h>

enum {
    SHARE_PERCENT = 20,   /* of the excess that a place must have to be named */
    EXPLAIN_PERCENT = 80, /* … and that those have which explain the alert */
};

/* One mention of a place, for sorting; then the sum of all. */
struct mention {
    uint32_t dimension; /* index into `dimensions` */
    const struct label *name;
    uint64_t errors, before;
    double excess;
};

static const char *const dimensions[] = {"upstream", "host", "route"};

enum {
    DIMENSIONS = sizeof dimensions / sizeof *dimensions,
};

/* What all places share. */
struct survey {
    const struct diagnosis *diagnosis;
    const struct diagnosis_time *time;
    uint64_t total, before; /* errors of the alert, and of the minutes before */
    double usual;           /* so many of `total` are no news */
    double excess;          /* the others */
};

const char *places_dimension(struct span name)
{
    for (size_t i = 0; i < DIMENSIONS; i++) {
        if (span_is(name, dimensions[i])) {
            return dimensions[i];
        }
    }
    return NULL;
}

static const struct label *name_of(const struct diagnosis_error *e, uint32_t dimension)
{
    const struct label *const names[DIMENSIONS] = {e->upstream, e->host, e->route};
    return names[dimension];
}

/* The text decides and not the pointer, or the order would depend on where memory was. */
static int by_place(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    if (a->dimension != b->dimension) {
        return a->dimension < b->dimension ? -1 : 1;
    }
    return a->name == b->name ? 0 : span_compare(label_text(a->name), label_text(b->name));
}

/* Among equals the place decides, so that a second run names the same ones. */
static int by_excess(const void *left, const void *right)
{
    const struct mention *a = left, *b = right;
    if (a->excess < b->excess || a->excess > b->excess) {
        return a->excess > b->excess ? -1 : 1;
    }
    return a->errors != b->errors ? (a->errors > b->errors ? -1 : 1) : by_place(left, right);
}

/* Lists every mention of a place; `out` has room for all. */
static size_t list_mentions(const struct survey *s, struct mention *out)
{
    size_t n = 0;
    for (uint32_t i = 0; i < s->diagnosis->n_errors; i++) {
        const struct diagnosis_error *e = &s->diagnosis->errors[i];
        bool is_now = diagnosis_is_now(s->time, e);
        bool was_before = diagnosis_is_before(s->time, e);
        for (uint32_t k = 0; k < DIMENSIONS && (is_now || was_before); k++) {
            if (name_of(e, k)) {
                out[n++] = (struct mention){.dimension = k,
                                            .name = name_of(e, k),
                                            .errors = is_now ? e->count : 0,
                                            .before = was_before ? e->count : 0};
            }
        }
    }
    return n;
}

/* What there are more than is usual, of a place that had so many before. */
static double excess_of(const struct survey *s, uint64_t errors, uint64_t before)
{
    double usual = s->before ? s->usual * (double)before / (double)s->before : 0;
    return (double)errors > usual ? (double)errors - usual : 0;
}

/* Sorted twice: to bring the same places together, then to have the worst first. Returns how many
 * different ones there are. */
static size_t sum_mentions(const struct survey *s, struct mention *mentions, size_t n)
{
    size_t kept = 0;
    qsort(mentions, n, sizeof *mentions, by_place);
    for (size_t i = 0; i < n; i++) {
        if (kept && by_place(&mentions[kept - 1], &mentions[i]) == 0) {
            mentions[kept - 1].errors += mentions[i].errors;
            mentions[kept - 1].before += mentions[i].before;
        } else {
            mentions[kept++] = mentions[i];
        }
    }
    for (size_t i = 0; i < kept; i++) {
        mentions[i].excess = excess_of(s, mentions[i].errors, mentions[i].before);
    }
    qsort(mentions, kept, sizeof *mentions, by_excess);
    return kept;
}

/* The places of a set of dimensions (bits), one of each. */
struct narrow {
    unsigned set;
    const struct label *names[DIMENSIONS];
    uint64_t errors; /* at all of them at once */
};

/* Counts the errors of which all names are those; do they have most of the excess? */
static bool explains(const struct survey *s, struct narrow *n)
{
    uint64_t before = 0;
    n->errors = 0;
    for (uint32_t i = 0; i < s->diagnosis->n_errors; i++) {
        const struct diagnosis_error *e = &s->diagnosis->errors[i];
        bool is_one = true;
        for (uint32_t k = 0; k < DIMENSIONS; k++) {
            is_one = is_one && (!(n->set >> k & 1) || name_of(e, k) == n->names[k]);
        }
        n->errors += is_one && diagnosis_is_now(s->time, e) ? e->count : 0;
        before += is_one && diagnosis_is_before(s->time, e) ? e->count : 0;
    }
    return excess_of(s, n->errors, before) * 100 >= s->excess * EXPLAIN_PERCENT;
}

/* The first place of each dimension, if any has one, in the largest set that still explains. */
static struct narrow find_narrow(const struct survey *s, const struct mention *mentions, size_t n)
{
    static const unsigned sets[] = {7, 5, 3, 6, 1, 2, 4}; /* upstream before host before route */
    struct narrow narrow = {0};
    unsigned has = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t k = mentions[i].dimension;
        if (!(has >> k & 1)) {
            has |= 1U << k;
            narrow.names[k] = mentions[i].name;
        }
    }
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        narrow.set = sets[i];
        if ((sets[i] & ~has) == 0 && explains(s, &narrow)) {
            return narrow;
        }
    }
    narrow.set = 0;
    return narrow;
}

/* The worst come first, so the first that is too small ends the list. */
static void name_places(const struct survey *s, const struct mention *mentions, size_t n,
                        struct alert *out)
{
    struct narrow narrow = find_narrow(s, mentions, n);
    out->explained = narrow.set ? narrow.errors : 0;
    for (size_t i = 0; i < n && out->n_where < ALERT_WHERE; i++) {
        const struct mention *m = &mentions[i];
        if (m->errors == 0 || m->excess * 100 < s->excess * SHARE_PERCENT) {
            break;
        }
        struct alert_where *where = &out->where[out->n_where++];
        where->dimension = dimensions[m->dimension];
        privacy_copy(label_text(m->name), where->name, sizeof where->name);
        where->errors = m->errors;
        where->share = (double)m->errors / (double)s->total;
        where->before = s->before ? (double)m->before / (double)s->before : -1;
        where->explains = narrow.set >> m->dimension & 1 && narrow.names[m->dimension] == m->name;
    }
}

static uint64_t count_before(const struct diagnosis *d, const struct diagnosis_time *time)
{
    uint64_t before = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        before += diagnosis_is_before(time, &d->errors[i]) ? d->errors[i].count : 0;
    }
    return before;
}

void places_fill(const struct diagnosis *d, const struct diagnosis_time *time, uint64_t total,
                 struct alert *out)
{
    struct survey s = {d, time, total, count_before(d, time), 0, (double)total};
    if (s.before && time->usual < (double)total) {
        s.usual = time->usual;
        s.excess -= s.usual;
    }
    struct mention *mentions = alloc_zero((size_t)d->n_errors * DIMENSIONS, sizeof *mentions);
    size_t n = sum_mentions(&s, mentions, list_mentions(&s, mentions));
    out->n_where = 0;
    out->explained = 0;
    if (total) {
        name_places(&s, mentions, n, out);
    }
    free(mentions);
}
