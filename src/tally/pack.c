/*
 * Layout: a version byte, then numbers and texts as base/packing.h has them. Reading trusts
 * nothing: a length beyond the end, a count beyond a table's bound and a status that is no slot end
 * it.
 */
#include "tally/pack.h"

#include "base/alloc.h"
#include "base/packing.h"

#include <stdlib.h>

enum {
    VERSION = 1,
    CELLS_MOST = 4096,
    WITH_MORE =
        8, /* added to the number of waiting lines: owners and masked tries are there, too */
};

/* Windows believe no second further from 1970 (window.c). */
#define SECONDS_MOST ((int64_t)1 << 41)

void pack_code(struct buf *out, uint16_t status, uint16_t entry)
{
    packing_put(out, status);
    packing_put_text(out, span_of(verdict_vendor((struct verdict){status, entry, BLAME_NONE})));
}

void pack_read_code(struct packing *in, uint16_t *status, uint16_t *entry)
{
    *status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
    *entry = verdict_entry_of(*status, packing_get_text(in));
}

static void pack_cells(const struct tally *t, struct buf *out)
{
    packing_put(out, t->n_cells);
    for (uint32_t i = 0; i < t->n_cells; i++) {
        const struct tally_cell *cell = &t->cells[i];
        pack_code(out, cell->verdict.status, cell->verdict.entry);
        packing_put(out, (uint64_t)cell->verdict.blame);
        packing_put(out, cell->count);
    }
}

static void read_cells(struct packing *in, struct tally *t)
{
    for (uint64_t n = packing_get_upto(in, CELLS_MOST); n > 0 && !in->is_bad; n--) {
        struct verdict v;
        pack_read_code(in, &v.status, &v.entry);
        v.blame = (enum blame)packing_get_upto(in, BLAMES - 1);
        uint64_t count = packing_get(in);
        if (!in->is_bad) {
            struct tally one = {0};
            struct tally_cell cell = {v, count};
            one.cells = &cell;
            one.n_cells = 1;
            tally_merge_counts(t, &one);
        }
    }
}

static void pack_sketch(const struct sketch *s, struct buf *out)
{
    packing_put(out, s->count);
    packing_put(out, s->sum_s);
    packing_put(out, s->sum_ns);
    packing_put(out, s->max_ns);
    for (size_t i = 0; i <= SKETCH_BOUNDS; i++) {
        packing_put(out, s->below[i]);
    }
    uint32_t low = s->high > s->low ? s->low : 0, high = s->high > s->low ? s->high : 0;
    packing_put(out, low);
    packing_put(out, high - low);
    for (uint32_t i = low; i < high; i++) {
        packing_put(out, sketch_bucket(s, i));
    }
}

static void read_sketch(struct packing *in, struct sketch *s)
{
    s->count = packing_get(in);
    s->sum_s = packing_get(in);
    s->sum_ns = packing_get_upto(in, 999999999);
    s->max_ns = packing_get(in);
    for (size_t i = 0; i <= SKETCH_BOUNDS; i++) {
        s->below[i] = packing_get(in);
    }
    s->low = s->first = (uint32_t)packing_get_upto(in, SKETCH_BUCKETS - 1);
    s->held = (uint32_t)packing_get_upto(in, SKETCH_BUCKETS - s->low);
    s->high = s->low + s->held;
    s->buckets = s->held ? alloc_zero(s->held, sizeof(s->buckets[0])) : NULL;
    for (uint32_t i = 0; i < s->held; i++) {
        s->buckets[i] = packing_get(in);
    }
}

static void pack_durations(const struct tally *t, struct buf *out)
{
    for (size_t c = 0; c < STATUS_CLASSES; c++) {
        bool has_any = t->durations[c] && t->durations[c]->count;
        packing_put(out, has_any);
        if (has_any) {
            pack_sketch(t->durations[c], out);
        }
    }
}

static void read_durations(struct packing *in, struct tally *t)
{
    for (size_t c = 0; c < STATUS_CLASSES; c++) {
        if (packing_get_upto(in, 1)) {
            struct sketch s = {0};
            struct tally one = {0};
            read_sketch(in, &s);
            one.durations[c] = &s;
            if (!in->is_bad) {
                tally_merge_counts(t, &one);
            }
            sketch_done(&s);
        }
    }
}

static void pack_top(const struct top *top, struct buf *out)
{
    packing_put(out, top ? top->n_entries : 0);
    for (size_t c = 0; top && c < TOP_COLUMNS; c++) {
        packing_put(out, top->floor[c]);
    }
    for (uint32_t i = 0; top && i < top->n_entries; i++) {
        const struct top_entry *e = &top->entries[i];
        packing_put_text(out, top_name(top, e));
        packing_put(out, e->error);
        for (size_t c = 0; c < TOP_COLUMNS; c++) {
            packing_put(out, e->n[c]);
        }
    }
}

/* The table that was packed, or NULL for none; to be freed. */
static struct top *read_top(struct packing *in, bool is_there)
{
    uint64_t entries = packing_get_upto(in, 2 * TOP_NAMES);
    if (!is_there) {
        return NULL;
    }
    struct top *top = top_new();
    for (size_t c = 0; c < TOP_COLUMNS; c++) {
        top->floor[c] = packing_get(in);
    }
    for (; entries > 0 && !in->is_bad; entries--) {
        struct span name = packing_get_text(in);
        uint64_t columns[TOP_COLUMNS], error = packing_get(in);
        for (size_t c = 0; c < TOP_COLUMNS; c++) {
            columns[c] = packing_get(in);
        }
        if (!in->is_bad && name.len) {
            top_restore(top, name, columns, error);
        }
    }
    return top;
}

static void pack_tops(const struct tally *t, struct buf *out)
{
    for (size_t d = 0; d < TALLY_DIMENSIONS; d++) {
        packing_put(out, t->tops[d] != NULL);
        pack_top(t->tops[d], out);
    }
}

static void read_tops(struct packing *in, struct tally *t)
{
    for (size_t d = 0; d < TALLY_DIMENSIONS; d++) {
        bool is_there = packing_get_upto(in, 1) != 0;
        struct tally one = {0};
        one.tops[d] = read_top(in, is_there);
        if (one.tops[d] && !in->is_bad) {
            tally_merge_counts(t, &one);
        }
        top_free(one.tops[d]);
    }
}

static void pack_causes(const struct causes *c, struct buf *out)
{
    packing_put(out, c != NULL);
    if (!c) {
        return;
    }
    packing_put(out, c->masked);
    for (uint16_t i = 0; i < reason_count(); i++) {
        if (c->counts[2 * i] || c->counts[2 * i + 1]) {
            packing_put(out, (uint64_t)i + 1);
            packing_put(out, c->counts[2 * i]);
            packing_put(out, c->counts[2 * i + 1]);
        }
    }
    packing_put(out, 0);
    pack_top(c->origins, out);
}

static void read_causes(struct packing *in, struct tally *t)
{
    if (!packing_get_upto(in, 1)) {
        return;
    }
    struct causes *c = causes_new();
    struct tally one = {.causes = c};
    uint64_t number;
    c->masked = packing_get(in);
    while ((number = packing_get_upto(in, reason_count())) > 0) {
        c->counts[2 * (number - 1)] += packing_get(in);
        c->counts[2 * (number - 1) + 1] += packing_get(in);
    }
    top_free(c->origins);
    c->origins = read_top(in, true);
    if (!in->is_bad) {
        tally_merge_counts(t, &one);
    }
    causes_free(c);
}

static void pack_timeline(const struct timeline *t, struct buf *out)
{
    packing_put(out, t->used);
    packing_put(out, t->shift);
    packing_put_signed(out, t->first);
    for (uint32_t i = 0; i < t->used; i++) {
        packing_put(out, t->steps[i].requests);
        packing_put(out, t->steps[i].e4xx);
        packing_put(out, t->steps[i].e5xx);
    }
}

static void read_timeline(struct packing *in, struct tally *t)
{
    struct timeline *line = alloc_zero(1, sizeof(*line));
    line->used = (uint32_t)packing_get_upto(in, TIMELINE_STEPS);
    line->shift = (uint8_t)packing_get_upto(in, 40);
    line->first = packing_get_signed(in);
    /* The first steps may be empty, and the sum then begins later: the last must be believed too.
     */
    int64_t most = SECONDS_MOST >> line->shift, last = line->used ? (int64_t)line->used - 1 : 0;
    in->is_bad = in->is_bad || line->first > most - last || line->first < -most;
    for (uint32_t i = 0; i < line->used; i++) {
        line->steps[i].requests = packing_get(in);
        line->steps[i].e4xx = packing_get(in);
        line->steps[i].e5xx = packing_get(in);
    }
    if (!in->is_bad && line->used) {
        struct tally one = {.timeline = line};
        tally_merge(t, &one, false);
    }
    free(line);
}

static void pack_samples(const struct tally *t, struct buf *out)
{
    packing_put(out, t->n_samples);
    for (uint32_t i = 0; i < t->n_samples; i++) {
        packing_put_text(out, (struct span){t->samples[i].text, t->samples[i].len});
    }
}

static void read_samples(struct packing *in, struct tally *t)
{
    struct tally one = {.n_samples = 1};
    for (uint64_t n = packing_get_upto(in, TALLY_SAMPLES); n > 0; n--) {
        struct tally_sample sample = {0};
        struct span text = span_head(packing_get_text(in), TALLY_SAMPLE_BYTES);
        sample.len = (uint16_t)text.len;
        if (text.len) {
            memcpy(sample.text, text.ptr, text.len);
        }
        one.samples = &sample;
        if (!in->is_bad) {
            tally_merge_counts(t, &one);
        }
    }
}

void pack_tally(const struct tally *t, struct buf *out)
{
    const uint64_t numbers[] = {t->lines, t->requests, t->unparsed,  t->ignored,
                                t->late,  t->bytes,    t->has_bytes, t->has_time};
    buf_byte(out, VERSION);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        packing_put(out, numbers[i]);
    }
    packing_put_signed(out, t->from_ms);
    packing_put_signed(out, t->to_ms);
    pack_cells(t, out);
    pack_durations(t, out);
    pack_tops(t, out);
    pack_causes(t->causes, out);
    pack_timeline(tally_timeline(t), out);
    pack_samples(t, out);
}

static void read_numbers(struct packing *in, struct tally *t)
{
    struct tally one = {0};
    one.lines = packing_get(in);
    one.requests = packing_get(in);
    one.unparsed = packing_get(in);
    one.ignored = packing_get(in);
    one.late = packing_get(in);
    one.bytes = packing_get(in);
    one.has_bytes = packing_get_upto(in, 1) != 0;
    one.has_time = packing_get_upto(in, 1) != 0;
    one.from_ms = packing_get_signed(in);
    one.to_ms = packing_get_signed(in);
    if (!in->is_bad) {
        tally_merge_counts(t, &one);
    }
}

bool pack_read(struct tally *t, struct span bytes)
{
    struct packing in = {.rest = bytes};
    if (bytes.len == 0 || bytes.ptr[0] != VERSION) {
        return false;
    }
    in.rest = span_after(bytes, 1);
    read_numbers(&in, t);
    read_cells(&in, t);
    read_durations(&in, t);
    read_tops(&in, t);
    read_causes(&in, t);
    read_timeline(&in, t);
    read_samples(&in, t);
    return !in.is_bad && in.rest.len == 0;
}

bool pack_has_waiting(const struct window *w)
{
    return w->has_pending || (!w->has_clock && (w->n_head || w->unparsed_first));
}

static void pack_line(struct buf *out, int64_t stamp, const struct window_line *line,
                      uint32_t unparsed)
{
    packing_put_signed(out, stamp);
    packing_put_text(out, line->host);
    packing_put_text(out, line->route);
    packing_put_text(out, line->upstream);
    packing_put_text(out, line->text);
    pack_code(out, line->status, line->entry);
    packing_put(out, (uint64_t)line->class);
    packing_put(out, (uint64_t)line->blame);
    packing_put(out, unparsed);
    packing_put(out, line->masked);
    packing_put(out, line->masked_status);
    packing_put_text(out, line->masked_upstream);
}

/* As if the line had come just now: it waits for the same reason as before. */
static void read_line(struct packing *in, struct window *w, bool is_new)
{
    int64_t stamp = packing_get_signed(in);
    struct window_line line = {.entry = VERDICT_UNASSIGNED};
    line.host = packing_get_text(in);
    line.route = packing_get_text(in);
    line.upstream = packing_get_text(in);
    line.text = packing_get_text(in);
    if (is_new) {
        pack_read_code(in, &line.status, &line.entry);
    } else {
        line.status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
    }
    line.class = (enum status_class)packing_get_upto(in, STATUS_CLASSES - 1);
    line.blame = (enum blame)packing_get_upto(in, BLAMES - 1);
    uint32_t unparsed = (uint32_t)packing_get_upto(in, UINT32_MAX);
    if (is_new) {
        line.masked = (uint32_t)packing_get_upto(in, UINT32_MAX);
        line.masked_status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
        line.masked_upstream = packing_get_text(in);
    }
    if (!in->is_bad) {
        window_add(w, stamp, &line);
        window_unparsed(w, unparsed);
    }
}

void pack_waiting(const struct window *w, struct buf *out)
{
    uint32_t n_head = w->has_clock ? 0 : w->n_head;
    packing_put(out, w->has_clock ? 0 : w->unparsed_first);
    packing_put(out, WITH_MORE + n_head + w->has_pending);
    for (uint32_t i = 0; i < n_head; i++) {
        pack_line(out, w->head[i].stamp, &w->head[i].line, w->head[i].unparsed);
    }
    if (w->has_pending) {
        pack_line(out, w->pending, &w->waiting, w->unparsed_waiting);
    }
}

bool pack_read_waiting(struct window *w, struct span bytes)
{
    struct packing in = {.rest = bytes};
    window_unparsed(w, (uint32_t)packing_get_upto(&in, UINT32_MAX));
    uint64_t n = packing_get_upto(&in, WITH_MORE + WINDOW_HEAD + 1);
    bool is_new = n >= WITH_MORE;
    for (n -= is_new ? WITH_MORE : 0; n > 0 && !in.is_bad; n--) {
        read_line(&in, w, is_new);
    }
    return !in.is_bad && in.rest.len == 0;
}
