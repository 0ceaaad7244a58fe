/*
 * Written straight as text: thousands of small integers, for which a tree of nodes would cost more
 * than all the rest of a summary. Layout, by example:
 *
 *   {"cells":[["499","nginx","client",7]],
 *    "durations":{"2xx":{"count":1,"sum_s":0,"sum_ns":5000,"max_ns":5000,
 *                        "low":460,"buckets":[1],"below":[1,0,…]}},
 *    "top":{"hosts":{"floor":[0,0,0],"entries":[["a.example",9,1,0,0]]}},
 *    "reasons":[[1,0,3]],"masked":1,
 *    "origins":{"floor":[0,0,0],"entries":[["10.0.0.7:80 502",3,0,1,0]]},
 *    "timeline":{"shift":0,"first":1795343000,"steps":[[9,1,0]]},
 *    "clock":1795343001,"seconds":[[1795343000,"",9,1,0]]}
 */
#include "output/merge.h"

#include "base/alloc.h"
#include "output/escape.h"

#include <inttypes.h>
#include <stdlib.h>

/* One second of one series, summed over sources. */
struct second {
    int64_t second;
    struct span host;
    uint64_t requests, e4xx, e5xx;
};

static void separate(struct buf *out, bool first)
{
    if (!first) {
        buf_byte(out, ',');
    }
}

/* A list of numbers in brackets. */
static void write_numbers(struct buf *out, const uint64_t *numbers, size_t n)
{
    buf_byte(out, '[');
    for (size_t i = 0; i < n; i++) {
        separate(out, i == 0);
        buf_number(out, numbers[i]);
    }
    buf_byte(out, ']');
}

static void write_cells(struct buf *out, const struct tally *t)
{
    char word[STATUS_TEXT];
    buf_text(out, "\"cells\":[");
    for (uint32_t i = 0; i < t->n_cells; i++) {
        struct verdict v = t->cells[i].verdict;
        separate(out, i == 0);
        buf_printf(out, "[\"%s\",\"%s\",\"%s\",%" PRIu64 "]", status_text(v.status, word),
                   verdict_vendor(v), blame_name(v.blame), t->cells[i].count);
    }
    buf_byte(out, ']');
}

/* Only the used buckets, from `low` up: of the thousands that a sketch has, a log fills some
 * hundred. */
static void write_sketch(struct buf *out, const struct sketch *s)
{
    uint32_t used = s->high > s->low ? s->high - s->low : 0;
    buf_printf(out,
               "{\"count\":%" PRIu64 ",\"sum_s\":%" PRIu64 ",\"sum_ns\":%" PRIu64
               ",\"max_ns\":%" PRIu64 ",\"low\":%" PRIu32 ",\"buckets\":",
               s->count, s->sum_s, s->sum_ns, s->max_ns, s->low);
    write_numbers(out, used ? s->buckets + (s->low - s->first) : NULL, used);
    buf_text(out, ",\"below\":");
    write_numbers(out, s->below, SKETCH_BOUNDS + 1);
    buf_byte(out, '}');
}

static void write_durations(struct buf *out, const struct tally *t)
{
    bool first = true;
    buf_text(out, ",\"durations\":{");
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        if (t->durations[c] && t->durations[c]->count) {
            separate(out, first);
            buf_printf(out, "\"%s\":", status_class_name(c));
            write_sketch(out, t->durations[c]);
            first = false;
        }
    }
    buf_byte(out, '}');
}

const char *merge_dimension_name(enum tally_dimension dimension)
{
    static const char *const names[TALLY_DIMENSIONS] = {"hosts", "upstreams", "routes", "clients"};
    return names[dimension];
}

/* All names of a table, in no order, with its floor: without it, bounds could not stay true in a
 * merge. */
static void write_top(struct buf *out, const struct top *top)
{
    buf_text(out, "{\"floor\":");
    write_numbers(out, top->floor, TOP_COLUMNS);
    buf_text(out, ",\"entries\":[");
    for (uint32_t i = 0; i < top->n_entries; i++) {
        const struct top_entry *e = &top->entries[i];
        separate(out, i == 0);
        buf_byte(out, '[');
        escape_json(out, top_name(top, e));
        buf_printf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", e->n[TOP_REQUESTS],
                   e->n[TOP_4XX], e->n[TOP_5XX], e->error);
    }
    buf_text(out, "]}");
}

static void write_tops(struct buf *out, const struct tally *t)
{
    bool first = true;
    buf_text(out, ",\"top\":{");
    for (enum tally_dimension d = TALLY_HOSTS; d < TALLY_DIMENSIONS; d++) {
        if (t->tops[d] && t->tops[d]->n_entries) {
            separate(out, first);
            buf_printf(out, "\"%s\":", merge_dimension_name(d));
            write_top(out, t->tops[d]);
            first = false;
        }
    }
    buf_byte(out, '}');
}

/* Reasons by their number (codes/reasons.def), unsure and sure ones. */
static void write_causes(struct buf *out, const struct causes *c)
{
    bool first = true;
    if (!c) {
        return;
    }
    buf_text(out, ",\"reasons\":[");
    for (size_t i = 0; i < reason_count(); i++) {
        const uint64_t row[] = {i, c->counts[2 * i], c->counts[2 * i + 1]};
        if (row[1] || row[2]) {
            separate(out, first);
            write_numbers(out, row, 3);
            first = false;
        }
    }
    buf_printf(out, "],\"masked\":%" PRIu64 ",\"origins\":", c->masked);
    write_top(out, c->origins);
}

static void write_timeline(struct buf *out, const struct timeline *t)
{
    if (t->used == 0) {
        return;
    }
    buf_printf(out, ",\"timeline\":{\"shift\":%u,\"first\":%" PRId64 ",\"steps\":[",
               (unsigned)t->shift, t->first);
    for (uint32_t i = 0; i < t->used; i++) {
        const uint64_t step[] = {t->steps[i].requests, t->steps[i].e4xx, t->steps[i].e5xx};
        separate(out, i == 0);
        write_numbers(out, step, 3);
    }
    buf_text(out, "]}");
}

/* Order of time, the series of the whole source first, then hosts by name. */
static int compare_seconds(const void *left, const void *right)
{
    const struct second *a = left, *b = right;
    if (a->second != b->second) {
        return a->second < b->second ? -1 : 1;
    }
    return span_compare(a->host, b->host);
}

static size_t add_seconds(struct second *to, const struct window *w)
{
    size_t n = 0;
    for (uint32_t i = 0; i < w->n_records; i++) {
        const struct window_record *r = &w->records[i];
        bool is_apart = window_is_whole(r) || r->host;
        if (r->requests && is_apart) { /* else there were only lines that no format read */
            to[n++] =
                (struct second){r->second, window_name(w, r->host), r->requests, r->e4xx, r->e5xx};
        }
    }
    return n;
}

/* Sorts, and adds up what is of the same second and host. Returns how many are left. */
static size_t join_seconds(struct second *seconds, size_t n)
{
    size_t kept = 0;
    qsort(seconds, n, sizeof(*seconds), compare_seconds);
    for (size_t i = 0; i < n; i++) {
        if (kept && compare_seconds(&seconds[kept - 1], &seconds[i]) == 0) {
            seconds[kept - 1].requests += seconds[i].requests;
            seconds[kept - 1].e4xx += seconds[i].e4xx;
            seconds[kept - 1].e5xx += seconds[i].e5xx;
        } else {
            seconds[kept++] = seconds[i];
        }
    }
    return kept;
}

/* A sum over sources has no window of its own, since each source is on its own clock. */
static const struct window *window_of(const struct summary *s, size_t i)
{
    return s->all->window.has_clock ? &s->all->window : &s->sources[i].tally->window;
}

static void write_seconds(struct buf *out, const struct summary *s)
{
    size_t windows = s->all->window.has_clock ? 1 : s->n_sources, room = 0, n = 0;
    const struct window *latest = NULL;
    for (size_t i = 0; i < windows; i++) {
        const struct window *w = window_of(s, i);
        room += w->n_records;
        if (w->has_clock && (!latest || w->clock > latest->clock)) {
            latest = w;
        }
    }
    if (!latest) {
        return;
    }
    struct second *seconds = alloc_zero(room, sizeof(*seconds));
    for (size_t i = 0; i < windows; i++) {
        n += add_seconds(seconds + n, window_of(s, i));
    }
    n = join_seconds(seconds, n);
    buf_printf(out, ",\"clock\":%" PRId64 ",\"seconds\":[", latest->clock);
    for (size_t i = 0; i < n; i++) {
        separate(out, i == 0);
        buf_printf(out, "[%" PRId64 ",", seconds[i].second);
        escape_json(out, seconds[i].host);
        buf_printf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "]", seconds[i].requests,
                   seconds[i].e4xx, seconds[i].e5xx);
    }
    buf_byte(out, ']');
    free(seconds);
}

void merge_write(struct buf *out, const struct summary *s)
{
    buf_byte(out, '{');
    write_cells(out, s->all);
    write_durations(out, s->all);
    write_tops(out, s->all);
    write_causes(out, s->all->causes);
    write_timeline(out, tally_timeline(s->all));
    write_seconds(out, s);
    buf_byte(out, '}');
}
