/*
 * An entry is the source, what was called, and for a feed its window: names, then records, errors
 * and samples that refer to them by number, each second as the distance from the one before.
 */
#include "alert/journal.h"

#include "alert/piece.h"
#include "base/alloc.h"
#include "tally/nametable.h"
#include "tally/pack.h"

#include <stdlib.h>

enum {
    FEED,
    FEED_WINDOW,
    FEED_HOSTS, /* before version 3: a window by host */
    BUSY,
    IDLE,
    ENTRIES,
};

static uint32_t count_names(const struct window *w)
{
    return w->names && w->names->n > NAMETABLE_FIRST ? w->names->n - NAMETABLE_FIRST : 0;
}

static void put_window(struct buf *out, const struct window *w)
{
    int64_t before = 0;
    packing_put(out, w->by);
    packing_put(out, count_names(w));
    for (uint32_t i = 0; i < count_names(w); i++) {
        packing_put_text(out, nametable_text(w->names, NAMETABLE_FIRST + i));
    }
    packing_put(out, w->n_records);
    for (uint32_t i = 0; i < w->n_records; i++) {
        const struct window_record *r = &w->records[i];
        packing_put_signed(out, r->second - before);
        packing_put(out, r->host);
        if (w->by & (WINDOW_BY_ROUTE | WINDOW_BY_UPSTREAM)) {
            packing_put(out, r->route);
            packing_put(out, r->upstream);
        }
        packing_put(out, r->requests);
        packing_put(out, r->e4xx);
        packing_put(out, r->e5xx);
        packing_put(out, r->unparsed);
        before = r->second;
    }
    packing_put(out, w->n_errors);
    for (uint32_t i = 0; i < w->n_errors; i++) {
        const struct window_error *e = &w->errors[i];
        packing_put_signed(out, e->second - before);
        packing_put(out, e->host);
        packing_put(out, e->route);
        packing_put(out, e->upstream);
        packing_put(out, e->count);
        pack_code(out, e->status, e->entry);
        packing_put(out, (uint64_t)e->blame);
        before = e->second;
    }
    packing_put(out, w->n_samples);
    for (uint32_t i = 0; i < w->n_samples; i++) {
        const struct window_sample *s = &w->samples[i];
        packing_put_signed(out, s->second - before);
        packing_put(out, s->host);
        packing_put(out, s->route);
        packing_put(out, s->upstream);
        packing_put(out, s->status);
        packing_put_text(out, (struct span){s->text, s->len});
        before = s->second;
    }
}

static int64_t get_second(struct packing *in, int64_t *before)
{
    int64_t step = packing_get_signed(in);
    in->is_bad = in->is_bad || step > 2 * JOURNAL_SECOND_MOST || step < -2 * JOURNAL_SECOND_MOST;
    *before += in->is_bad ? 0 : step;
    in->is_bad = in->is_bad || *before > JOURNAL_SECOND_MOST || *before < -JOURNAL_SECOND_MOST;
    return *before;
}

/* A number that has a name, or none. */
static uint32_t get_name(struct packing *in, const struct window *w)
{
    uint32_t most = w->names ? w->names->n - 1 : NAMETABLE_OTHER;
    return (uint32_t)packing_get_upto(in, most);
}

/* Room for as many rows as there may be in what is left: each has at least `least` bytes. */
static void *get_rows(struct packing *in, size_t least, size_t size, uint32_t *n)
{
    *n = (uint32_t)packing_get_upto(in, in->rest.len / least);
    return *n ? alloc_zero(*n, size) : NULL;
}

static void get_window(struct packing *in, struct window *w)
{
    int64_t before = 0;
    uint32_t last = 0;
    w->by = in->version < 3 ? w->by : (uint8_t)packing_get_upto(in, UINT8_MAX);
    bool is_by_more = w->by & (WINDOW_BY_ROUTE | WINDOW_BY_UPSTREAM);
    for (uint64_t n = packing_get_upto(in, NAMETABLE_MAX); n > 0 && !in->is_bad; n--) {
        w->names = w->names ? w->names : nametable_new();
        nametable_number(w->names, packing_get_text(in), &last);
    }
    w->records = get_rows(in, 6, sizeof *w->records, &w->n_records);
    for (uint32_t i = 0; i < w->n_records; i++) {
        struct window_record *r = &w->records[i];
        r->second = get_second(in, &before);
        r->host = get_name(in, w);
        r->route = is_by_more ? get_name(in, w) : 0;
        r->upstream = is_by_more ? get_name(in, w) : 0;
        r->requests = (uint32_t)packing_get_upto(in, UINT32_MAX);
        r->e4xx = (uint32_t)packing_get_upto(in, UINT32_MAX);
        r->e5xx = (uint32_t)packing_get_upto(in, UINT32_MAX);
        r->unparsed = (uint32_t)packing_get_upto(in, UINT32_MAX);
    }
    w->errors = get_rows(in, in->version < 3 ? 7 : 8, sizeof *w->errors, &w->n_errors);
    for (uint32_t i = 0; i < w->n_errors; i++) {
        struct window_error *e = &w->errors[i];
        e->second = get_second(in, &before);
        e->host = get_name(in, w);
        e->route = get_name(in, w);
        e->upstream = get_name(in, w);
        e->count = (uint32_t)packing_get_upto(in, UINT32_MAX);
        piece_get_code(in, &e->status, &e->entry);
        e->blame = (enum blame)packing_get_upto(in, WINDOW_ANSWERED);
    }
    w->samples = get_rows(in, 4, sizeof *w->samples, &w->n_samples);
    for (uint32_t i = 0; i < w->n_samples; i++) {
        struct window_sample *s = &w->samples[i];
        s->second = get_second(in, &before);
        s->host = get_name(in, w);
        s->route = in->version < 3 ? 0 : get_name(in, w);
        s->upstream = in->version < 3 ? 0 : get_name(in, w);
        s->status = (uint16_t)packing_get_upto(in, STATUS_SLOTS - 1);
        struct span text = span_head(packing_get_text(in), WINDOW_SAMPLE_BYTES);
        s->len = (uint16_t)text.len;
        if (text.len) {
            memcpy(s->text, text.ptr, text.len);
        }
    }
}

static void begin(struct buf *out, const char *source, int what)
{
    packing_put_text(out, span_of(source));
    packing_put(out, (uint64_t)what);
}

void journal_feed(struct buf *out, const char *source, const struct window *w,
                  int64_t closed_before)
{
    bool has_any = w && w->n_records;
    begin(out, source, has_any ? FEED_WINDOW : FEED);
    packing_put_signed(out, closed_before);
    if (has_any) {
        put_window(out, w);
    }
}

void journal_idle(struct buf *out, const char *source, bool idle)
{
    begin(out, source, idle ? IDLE : BUSY);
}

bool journal_next(struct packing *in, struct journal_entry *out)
{
    if (in->rest.len == 0 || in->is_bad) {
        return false;
    }
    *out = (struct journal_entry){.source = alloc_text(packing_get_text(in))};
    uint64_t what = packing_get_upto(in, ENTRIES - 1);
    out->is_idle = what == IDLE;
    out->is_feed = what != IDLE && what != BUSY;
    out->has_window = what == FEED_WINDOW || what == FEED_HOSTS;
    if (out->is_feed) {
        out->closed_before = packing_get_signed(in);
    }
    if (out->has_window) {
        out->window.by = what == FEED_HOSTS ? WINDOW_BY_HOST : 0;
        get_window(in, &out->window);
    }
    if (in->is_bad) {
        journal_done(out);
    }
    return !in->is_bad;
}

void journal_done(struct journal_entry *e)
{
    window_done(&e->window);
    free(e->source);
}
