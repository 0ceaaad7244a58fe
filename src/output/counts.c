/*
 * Written straight as text. Codes come by count, vendors and names likewise, ties by name, so that
 * equal tallies give equal bytes.
 */
#include "output/counts.h"

#include "base/alloc.h"
#include "output/members.h"
#include "output/merge.h"

#include <stdlib.h>

static void write_codes(struct buf *out, const struct tally *t)
{
    char word[STATUS_TEXT];
    uint32_t *order = alloc_zero(t->n_cells, sizeof(*order));
    size_t n = tally_order(t, order);
    members_open(out, "codes", '[');
    for (size_t i = 0; i < n; i++) {
        const struct tally_cell *cell = &t->cells[order[i]];
        const struct code *code = verdict_code(cell->verdict);
        members_open(out, NULL, '{');
        members_word(out, "code", status_text(cell->verdict.status, word));
        members_text(out, "name", span_of(code ? code->name : "Unassigned"));
        members_word(out, "class", status_class_name(status_class(cell->verdict.status)));
        members_word(out, "vendor", code ? code->owner : "");
        members_word(out, "kind", code ? code_kind_name(code->kind) : "unassigned");
        members_word(out, "blame", blame_name(cell->verdict.blame));
        members_number(out, "count", cell->count);
        members_close(out, '}');
    }
    members_close(out, ']');
    free(order);
}

struct vendor {
    const char *name;
    uint64_t count;
};

static int compare_vendors(const void *left, const void *right)
{
    const struct vendor *a = left, *b = right;
    return a->count != b->count ? (a->count < b->count ? 1 : -1) : strcmp(a->name, b->name);
}

/* Counts by owner, the largest first. What is unassigned has no owner and is left out. */
static void write_vendors(struct buf *out, const struct tally *t)
{
    struct vendor *vendors = alloc_zero(t->n_cells, sizeof(*vendors));
    size_t n = 0;
    for (uint32_t i = 0; i < t->n_cells; i++) {
        const char *name = verdict_vendor(t->cells[i].verdict);
        size_t at = 0;
        while (at < n && strcmp(vendors[at].name, name) != 0) {
            at++;
        }
        n += at == n;
        vendors[at] = (struct vendor){name, vendors[at].count + t->cells[i].count};
    }
    qsort(vendors, n, sizeof(*vendors), compare_vendors);
    members_open(out, "vendors", '{');
    for (size_t i = 0; i < n; i++) {
        if (vendors[i].name[0]) {
            members_number(out, vendors[i].name, vendors[i].count);
        }
    }
    members_close(out, '}');
    free(vendors);
}

static void write_classes(struct buf *out, const struct tally *t)
{
    uint64_t counts[STATUS_CLASSES];
    tally_classes(t, counts);
    members_open(out, "classes", '{');
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        members_number(out, status_class_name(c), counts[c]);
    }
    members_close(out, '}');
}

static void write_blame(struct buf *out, const struct tally *t)
{
    uint64_t counts[BLAMES];
    tally_blames(t, counts);
    members_open(out, "blame", '{');
    for (enum blame blame = BLAME_NONE; blame < BLAMES; blame++) {
        members_number(out, blame_name(blame), counts[blame]);
    }
    members_close(out, '}');
}

static void write_reason(struct buf *out, const struct causes_row *row)
{
    char text[REASON_TEXT];
    members_open(out, NULL, '{');
    members_text(out, "reason", span_of(reason_text(row->reason, text)));
    members_word(out, "blame", blame_name(reason_blame(row->reason)));
    members_word(out, "confidence",
                 row->reason == REASON_UNKNOWN ? "unknown"
                 : row->is_sure                ? "certain"
                                               : "likely");
    members_number(out, "count", row->count);
    members_close(out, '}');
}

/* Why requests failed, when the log says. */
static void write_reasons(struct buf *out, const struct tally *t)
{
    struct causes_row *rows = alloc_zero(2 * (size_t)reason_count(), sizeof(*rows));
    size_t n = causes_rows(t->causes, rows);
    if (n) {
        members_open(out, "reasons", '[');
        for (size_t i = 0; i < n; i++) {
            write_reason(out, &rows[i]);
        }
        members_close(out, ']');
    }
    if (t->causes && t->causes->masked) {
        members_number(out, "masked_retries", t->causes->masked);
    }
    free(rows);
}

/* One status of a server behind. */
static void write_origin(struct buf *out, const struct top_entry *e, struct span status)
{
    members_open(out, NULL, '{');
    members_text(out, "code", status);
    members_number(out, "count", e->n[CAUSES_TRIES]);
    if (e->n[CAUSES_MASKED]) {
        members_number(out, "masked", e->n[CAUSES_MASKED]);
    }
    members_number(out, "error", e->error);
    members_close(out, '}');
}

/* Servers behind with the failures that were theirs, in the order of each one's largest count. */
static void write_upstreams(struct buf *out, const struct tally *t)
{
    const struct top_entry *entries[TOP_NAMES];
    struct span server, status, other;
    const struct top *top = t->causes ? t->causes->origins : NULL;
    size_t n = top ? top_largest(top, false, entries, COUNTS_NAMES) : 0;
    if (n == 0) {
        return;
    }
    members_open(out, "upstreams", '[');
    for (size_t i = 0; i < n; i++) {
        if (!entries[i]) {
            continue;
        }
        server = causes_server(top_name(top, entries[i]), &status);
        members_open(out, NULL, '{');
        members_text(out, "name", server);
        members_open(out, "codes", '[');
        for (size_t k = i; k < n; k++) {
            if (entries[k] &&
                span_equal(causes_server(top_name(top, entries[k]), &other), server)) {
                write_origin(out, entries[k], other);
                entries[k] = NULL;
            }
        }
        members_close(out, ']');
        members_close(out, '}');
    }
    members_close(out, ']');
}

static void write_durations(struct buf *out, const struct tally *t)
{
    struct sketch sketch;
    if (tally_durations(t, &sketch)) {
        members_open(out, "duration_seconds", '{');
        members_number(out, "count", sketch.count);
        members_real(out, "sum", sketch_sum_s(&sketch));
        members_real(out, "p50", sketch_quantile(&sketch, 0.5));
        members_real(out, "p90", sketch_quantile(&sketch, 0.9));
        members_real(out, "p99", sketch_quantile(&sketch, 0.99));
        members_real(out, "p999", sketch_quantile(&sketch, 0.999));
        members_real(out, "max", (double)sketch.max_ns / 1e9);
        members_close(out, '}');
    }
    sketch_done(&sketch);
}

void counts_lines(struct buf *out, const struct tally *t)
{
    members_number(out, "lines", t->lines);
    members_number(out, "requests", t->requests);
    members_number(out, "unparsed", t->unparsed);
    members_number(out, "ignored", t->ignored);
}

void counts_write(struct buf *out, const struct tally *t)
{
    counts_lines(out, t);
    members_number(out, "late", t->late);
    if (t->has_bytes) {
        members_number(out, "bytes", t->bytes);
    }
    write_classes(out, t);
    write_codes(out, t);
    write_vendors(out, t);
    write_blame(out, t);
    write_reasons(out, t);
    write_upstreams(out, t);
    write_durations(out, t);
}

/* Routes and clients are counted on errors only, so they have no number of requests. */
static void write_name(struct buf *out, const struct top *top, const struct top_entry *e,
                       bool on_every_request)
{
    members_open(out, NULL, '{');
    members_text(out, "name", top_name(top, e));
    if (on_every_request) {
        members_number(out, "requests", e->n[TOP_REQUESTS]);
    }
    members_number(out, "4xx", e->n[TOP_4XX]);
    members_number(out, "5xx", e->n[TOP_5XX]);
    members_number(out, "error", e->error);
    members_close(out, '}');
}

/* The largest names of one dimension; nothing when there are none. */
static void write_dimension(struct buf *out, const struct tally *t, enum tally_dimension d,
                            size_t max)
{
    const struct top_entry *entries[TOP_NAMES];
    bool on_every_request = d == TALLY_HOSTS || d == TALLY_UPSTREAMS;
    size_t n = t->tops[d] ? top_largest(t->tops[d], !on_every_request, entries, max) : 0;
    if (n == 0) {
        return;
    }
    members_open(out, merge_dimension_name(d), '[');
    for (size_t i = 0; i < n; i++) {
        write_name(out, t->tops[d], entries[i], on_every_request);
    }
    members_close(out, ']');
}

void counts_top(struct buf *out, const struct tally *t, int only, size_t max)
{
    members_open(out, "top", '{');
    for (enum tally_dimension d = TALLY_HOSTS; d < TALLY_DIMENSIONS; d++) {
        if (only < 0 || only == (int)d) {
            write_dimension(out, t, d, max);
        }
    }
    members_close(out, '}');
}

/* No member at all is clearer than an empty one: the dimensions may not be kept. What was begun is
 * taken back. */
void counts_tops(struct buf *out, const struct tally *t)
{
    size_t len = out->len;
    counts_top(out, t, -1, COUNTS_NAMES);
    if (span_ends(buf_span(out), SPAN("{}"))) {
        out->len = len;
        out->data[len] = '\0';
    }
}

void counts_samples(struct buf *out, const struct tally *t)
{
    if (t->n_samples == 0) {
        return;
    }
    members_open(out, "unparsed_samples", '[');
    for (uint32_t i = 0; i < t->n_samples; i++) {
        members_text(out, NULL, (struct span){t->samples[i].text, t->samples[i].len});
    }
    members_close(out, ']');
}
