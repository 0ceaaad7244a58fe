/*
 * Errors are looked through only when an alert is written. A full list first joins those before the
 * window by blocks of minutes and loses what is too old; then, from the older half on, kinds that
 * differ in names only become one, so that the counts by code and blame stay exact; only a list
 * that is still full loses its oldest errors.
 */
#include "alert/diagnosis.h"

#include "alert/privacy.h"
#include "base/alloc.h"
#include "base/floor.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    FIRST_ERRORS = 4,
    BLOCK_S = 300,
    BEFORE_S = 600,     /* before the onset: what is usual there */
    REMEMBERED_S = 900, /* before the window: the onset may lie before that */
};

/* The errors of one code. */
struct code_count {
    uint16_t status, entry;
    uint64_t total, of[BLAMES];
};

static void drop_names(struct diagnosis_error *e, struct label_table *labels)
{
    label_drop(labels, e->host);
    label_drop(labels, e->route);
    label_drop(labels, e->upstream);
    e->host = e->route = e->upstream = NULL;
}

void diagnosis_done(struct diagnosis *d, struct label_table *labels)
{
    for (uint32_t i = 0; i < d->n_errors; i++) {
        drop_names(&d->errors[i], labels);
    }
    for (uint32_t i = 0; i < d->n_samples; i++) {
        free(d->samples[i].text);
    }
    free(d->errors);
    free(d->samples);
    *d = (struct diagnosis){0};
}

/* The order of the others stays. */
static void forget_older(struct diagnosis *d, struct label_table *labels, int64_t oldest)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        if (d->errors[i].second < oldest) {
            drop_names(&d->errors[i], labels);
        } else {
            d->errors[kept++] = d->errors[i];
        }
    }
    d->n_errors = kept;
}

static int64_t block_of(int64_t second)
{
    return floor_div(second, BLOCK_S) * BLOCK_S;
}

struct diagnosis_time diagnosis_time(int64_t second, int window_s, int64_t onset, double usual)
{
    int64_t remembered = block_of(second - window_s) - REMEMBERED_S;
    int64_t from = block_of(onset) - BEFORE_S;
    return (struct diagnosis_time){.first = second - window_s + 1,
                                   .last = second,
                                   .before_from = from > remembered ? from : remembered,
                                   .before_to = block_of(onset),
                                   .usual = usual};
}

static int by_kind(const void *left, const void *right)
{
    const struct diagnosis_error *a = left, *b = right;
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    if (a->status != b->status) {
        return a->status < b->status ? -1 : 1;
    }
    if (a->entry != b->entry) {
        return a->entry < b->entry ? -1 : 1;
    }
    return (int)a->blame - (int)b->blame;
}

/* Sorts the errors and joins those of the first `n` that differ in names only. */
static void join_names(struct diagnosis *d, struct label_table *labels, uint32_t n)
{
    qsort(d->errors, d->n_errors, sizeof *d->errors, by_kind);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        struct diagnosis_error *e = &d->errors[i];
        if (i < n) {
            drop_names(e, labels);
        }
        if (i < n && kept && by_kind(&d->errors[kept - 1], e) == 0) {
            d->errors[kept - 1].count += e->count;
        } else {
            d->errors[kept++] = *e;
        }
    }
    d->n_errors = kept;
}

/* An order that is the same in every run: by what the text says, not by where it is. */
static int compare_labels(const struct label *a, const struct label *b)
{
    uint64_t x = a ? a->hash : 0, y = b ? b->hash : 0;
    if (a == b || x != y) {
        return (x > y) - (x < y);
    }
    return !a || !b ? (a ? 1 : -1) : span_compare(label_text(a), label_text(b));
}

static int by_all(const void *left, const void *right)
{
    const struct diagnosis_error *a = left, *b = right;
    int order = by_kind(a, b);
    order = order ? order : compare_labels(a->host, b->host);
    order = order ? order : compare_labels(a->route, b->route);
    return order ? order : compare_labels(a->upstream, b->upstream);
}

/* Of what is older than `oldest`, seconds become blocks of five minutes, each kind of error one
 * entry; and what is too old even for that is forgotten. The time of an entry stays within its
 * block, so it does not matter when this is done. */
static void age(struct diagnosis *d, struct label_table *labels, int64_t oldest)
{
    if (oldest < INT64_MIN + 2 * REMEMBERED_S) {
        return;
    }
    forget_older(d, labels, block_of(oldest) - REMEMBERED_S);
    for (uint32_t i = 0; i < d->n_errors; i++) {
        struct diagnosis_error *e = &d->errors[i];
        e->second = e->second < oldest ? block_of(e->second) : e->second;
    }
    if (d->n_errors) {
        qsort(d->errors, d->n_errors, sizeof *d->errors, by_all);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        struct diagnosis_error *e = &d->errors[i];
        if (kept && by_all(&d->errors[kept - 1], e) == 0) {
            d->errors[kept - 1].count += e->count;
            drop_names(e, labels);
        } else {
            d->errors[kept++] = *e;
        }
    }
    d->n_errors = kept;
}

/* Has memory for all that the list may hold. */
static void use_cap(struct diagnosis *d)
{
    if (d->n_errors == d->room_errors) {
        d->errors = alloc_resize(d->errors, d->cap_errors, sizeof *d->errors);
        d->room_errors = d->cap_errors;
    }
}

/* From what costs nothing to what loses most. Each step leaves a part of the list free, so that the
 * next error does not begin all over again. */
static void make_room(struct diagnosis *d, struct label_table *labels, int64_t oldest)
{
    if (d->n_errors < d->cap_errors) {
        use_cap(d);
        return;
    }
    age(d, labels, oldest);
    if (d->n_errors < d->cap_errors / 2) {
        return;
    }
    if (d->cap_errors < DIAGNOSIS_KINDS) {
        uint32_t cap = d->cap_errors ? d->cap_errors * 2 : FIRST_ERRORS;
        d->cap_errors = cap < DIAGNOSIS_KINDS ? cap : DIAGNOSIS_KINDS;
        use_cap(d);
        return;
    }
    join_names(d, labels, d->n_errors / 2);
    if (d->n_errors > d->cap_errors / 4 * 3) {
        join_names(d, labels, d->n_errors);
    }
    if (d->n_errors > d->cap_errors / 4 * 3) {
        forget_older(d, labels, d->errors[d->n_errors / 4].second + 1);
    }
}

void diagnosis_add(struct diagnosis *d, struct label_table *labels,
                   const struct diagnosis_error *error, int64_t oldest)
{
    make_room(d, labels, oldest);
    d->errors[d->n_errors++] = *error;
}

/* Drops the first `gone` samples, and all that are older than `oldest`. */
static void drop_samples(struct diagnosis *d, uint32_t gone, int64_t oldest)
{
    uint16_t kept = 0;
    for (uint32_t i = 0; i < d->n_samples; i++) {
        if (i >= gone && d->samples[i].second >= oldest) {
            d->samples[kept++] = d->samples[i];
        } else {
            free(d->samples[i].text);
        }
    }
    d->n_samples = kept;
}

void diagnosis_keep(struct diagnosis *d, const struct window_sample *sample, enum rule_samples how,
                    int64_t oldest)
{
    if (how == RULE_SAMPLES_NONE) {
        return;
    }
    drop_samples(d, d->n_samples == DIAGNOSIS_SAMPLES, oldest);
    if (d->n_samples == d->cap_samples) {
        d->samples = alloc_resize(d->samples, ++d->cap_samples, sizeof *d->samples);
    }
    struct diagnosis_sample *s = &d->samples[d->n_samples++];
    s->second = sample->second;
    size_t len = sample->len < WINDOW_SAMPLE_BYTES ? sample->len : WINDOW_SAMPLE_BYTES;
    char clean[ALERT_SAMPLE_BYTES];
    (how == RULE_SAMPLES_RAW ? privacy_copy : privacy_clean)((struct span){sample->text, len},
                                                             clean, sizeof clean);
    s->text = alloc_text(span_of(clean));
}

/* A list in no more memory than it needs. */
static void *fitted(void *list, size_t n, size_t size)
{
    if (n) {
        return alloc_fitted(list, n * size);
    }
    free(list);
    return NULL;
}

void diagnosis_fit(struct diagnosis *d)
{
    if (d->n_errors < d->room_errors) {
        d->errors = fitted(d->errors, d->n_errors, sizeof *d->errors);
        d->room_errors = d->n_errors;
    }
    if (d->n_samples < d->cap_samples) {
        d->samples = fitted(d->samples, d->n_samples, sizeof *d->samples);
        d->cap_samples = d->n_samples;
    }
}

void diagnosis_rest(struct diagnosis *d, struct label_table *labels, int64_t oldest)
{
    age(d, labels, oldest);
    drop_samples(d, 0, oldest);
    diagnosis_fit(d);
    d->cap_errors = d->n_errors;
}

static struct alert_code code_of(const struct code_count *n)
{
    enum blame most = BLAME_NONE;
    for (enum blame b = BLAME_NONE; b < BLAMES; b++) {
        most = n->of[b] > n->of[most] ? b : most;
    }
    return (struct alert_code){n->status, n->entry, most, n->total, false};
}

/* Of equals the lower status stands first, and of one status the one that comes first in the book.
 */
static bool is_more(const struct alert_code *a, const struct alert_code *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    return a->status != b->status ? a->status < b->status : a->entry < b->entry;
}

/* Puts a code at its place among the largest. */
static void insert_code(struct alert *out, struct alert_code code)
{
    uint32_t at = out->n_codes;
    while (at > 0 && is_more(&code, &out->codes[at - 1])) {
        at--;
    }
    if (at == ALERT_CODES) {
        return;
    }
    out->n_codes += out->n_codes < ALERT_CODES;
    memmove(&out->codes[at + 1], &out->codes[at], (out->n_codes - at - 1) * sizeof code);
    out->codes[at] = code;
}

/* The counts of a code, appended when it is new. There are few different ones. */
static struct code_count *count_of(struct code_count *counts, uint32_t *n,
                                   const struct diagnosis_error *e)
{
    uint32_t i = 0;
    while (i < *n && (counts[i].status != e->status || counts[i].entry != e->entry)) {
        i++;
    }
    if (i == *n) {
        counts[(*n)++] = (struct code_count){.status = e->status, .entry = e->entry};
    }
    return &counts[i];
}

/* One pass over the errors, whatever their order is. Returns the sum, of which the shares of places
 * are taken. */
static uint64_t fill_codes(const struct diagnosis *d, const struct diagnosis_time *time,
                           struct alert *out)
{
    struct code_count *counts = alloc_zero((size_t)d->n_errors, sizeof *counts);
    uint32_t n = 0;
    uint64_t total = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        const struct diagnosis_error *e = &d->errors[i];
        if (diagnosis_is_now(time, e)) {
            struct code_count *of_code = count_of(counts, &n, e);
            of_code->total += e->count;
            of_code->of[e->blame] += e->count;
            out->blame[e->blame] += e->count;
            total += e->count;
        }
    }
    out->n_codes = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (counts[i].total) {
            insert_code(out, code_of(&counts[i]));
        }
    }
    free(counts);
    return total;
}

/* Lists the samples of the given seconds, in the order in which they came. */
static uint32_t list_samples(const struct diagnosis *d, int64_t first, int64_t last,
                             uint32_t out[DIAGNOSIS_SAMPLES])
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->n_samples; i++) {
        if (d->samples[i].second >= first && d->samples[i].second <= last) {
            out[n++] = i;
        }
    }
    return n;
}

/* The last lines of the window; when later ones pushed all of them out, the first of those. What is
 * older than the window is not shown: whether it is still there depends on how long nothing came.
 */
static void fill_samples(const struct diagnosis *d, int64_t first, int64_t last, struct alert *out)
{
    uint32_t chosen[DIAGNOSIS_SAMPLES], n = list_samples(d, first, last, chosen);
    uint32_t skip = n > ALERT_SAMPLES ? n - ALERT_SAMPLES : 0;
    if (n == 0) {
        n = list_samples(d, last + 1, INT64_MAX, chosen);
    }
    out->n_samples = n - skip < ALERT_SAMPLES ? n - skip : ALERT_SAMPLES;
    for (uint32_t i = 0; i < out->n_samples; i++) {
        snprintf(out->samples[i], sizeof out->samples[i], "%s", d->samples[chosen[skip + i]].text);
    }
}

static uint64_t count_masked(const struct diagnosis *d, const struct diagnosis_time *time)
{
    uint64_t masked = 0;
    for (uint32_t i = 0; i < d->n_errors; i++) {
        const struct diagnosis_error *e = &d->errors[i];
        bool is_now = e->second >= time->first && e->second <= time->last;
        masked += is_now && e->blame == WINDOW_MASKED ? e->count : 0;
    }
    return masked;
}

uint64_t diagnosis_fill(const struct diagnosis *d, const struct diagnosis_time *time,
                        struct alert *out)
{
    memset(out->blame, 0, sizeof out->blame);
    out->masked = count_masked(d, time);
    fill_samples(d, time->first, time->last, out);
    return fill_codes(d, time, out);
}
