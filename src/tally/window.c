/*
 * How pieces merge. A stamp that is believed in a piece read alone is believed after any clock,
 * too: the clock is then at least the piece's own, and "not more than an hour ahead" or "confirmed
 * by the next" still holds. So a merge moves the piece's seconds up to the clock, and that is what
 * reading in sequence gives. What a piece can't know is whether stamps that it did not believe
 * would have been believed after a clock before it. Those at its head are kept (`head`) and are
 * added again by the merge, each as itself. One in the midst of a piece differs only when the clock
 * before the piece is ahead of the piece's own and within an hour of that stamp: when stamps jump
 * forth and back by more than an hour twice around the cut. Then that line counts at the clock, a
 * little early, and no count is lost.
 *
 * Example, in hours. A piece has the stamps 12:00, 10:00, 12:00, 12:00, for its second line is a
 * download that took two hours. Read alone, the first stamp is not confirmed, 10:00 is the first
 * believed, and the others follow it to 12:00: head 12:00, records 10:00 with two lines, 12:00 with
 * two. After a clock of 11:59 the merge adds the head as a line, which moves the clock to 12:00,
 * takes it out of the record of 10:00, and folds what is left there into 12:00: four lines at
 * 12:00, as in sequence. After a clock of 5:00 the head is not believed: one line at 5:00, then
 * one at 10:00 and two at 12:00.
 *
 * A line that no format read counts where the clock stands. Those before a first line count with
 * it, and are known to a merge (`unparsed_first`); those behind a line that waits, or stands at the
 * head, go with it.
 *
 * Without any clock, WINDOW_HEAD stamps in a row that don't confirm one another are kept; the line
 * after those is believed, so that memory stays bounded.
 */
#include "tally/window.h"

#include "base/alloc.h"
#include "tally/ledger.h"
#include "tally/nametable.h"

#include <stdlib.h>

enum {
    HELD_BYTES = 4 * NAMETABLE_BYTES + WINDOW_SAMPLE_BYTES,
};

_Static_assert((int)WINDOW_NAMES == NAMETABLE_MAX && (int)WINDOW_OTHER == NAMETABLE_OTHER,
               "same names");

/* Stamps are cut to ± 34,865 years, so that sums with them can't overflow. */
#define STAMP_MOST ((int64_t)1 << 40)

static void free_head(struct window *w)
{
    for (uint32_t i = 0; w->head && i < WINDOW_HEAD; i++) {
        free(w->head[i].bytes);
    }
    free(w->head);
    w->head = NULL;
}

static void free_waiting(struct window *w)
{
    free(w->waiting_bytes);
    w->waiting_bytes = NULL;
}

/* Records and what belongs to them. */
static void free_records(struct window *w)
{
    free(w->records);
    free(w->errors);
    free(w->samples);
    nametable_free(w->names);
    w->records = NULL;
    w->errors = NULL;
    w->samples = NULL;
    w->names = NULL;
    w->cap_records = w->cap_errors = w->cap_samples = 0;
}

void window_done(struct window *w)
{
    free_records(w);
    free_head(w);
    free_waiting(w);
    *w = (struct window){0};
}

/* Lines that still wait to be counted are kept. */
void window_rest(struct window *w)
{
    free_records(w);
    if (w->n_head == 0) {
        free_head(w);
    }
    if (!w->has_pending) {
        free_waiting(w);
    }
}

struct span window_name(const struct window *w, uint32_t number)
{
    return w->names ? nametable_text(w->names, number) : (struct span){NULL, 0};
}

/* Copies the first `most` bytes of a text to where `to` points, and moves that on. */
static struct span hold_text(char **to, struct span text, size_t most)
{
    struct span copy = {*to, text.len < most ? text.len : most};
    if (copy.len) {
        memcpy(*to, text.ptr, copy.len);
    }
    *to += copy.len;
    return copy;
}

/* Copies a line, its texts into `bytes`, which is allocated when it is NULL. */
static void hold(struct window_line *to, char **bytes, const struct window_line *line)
{
    if (!*bytes) {
        *bytes = alloc_zero(HELD_BYTES, 1);
    }
    char *at = *bytes;
    *to = *line;
    to->host = hold_text(&at, line->host, NAMETABLE_BYTES);
    to->route = hold_text(&at, line->route, NAMETABLE_BYTES);
    to->upstream = hold_text(&at, line->upstream, NAMETABLE_BYTES);
    to->masked_upstream = hold_text(&at, line->masked_upstream, NAMETABLE_BYTES);
    to->text = hold_text(&at, line->text, WINDOW_SAMPLE_BYTES);
}

/* Puts the clock to a believed stamp; with the first one, the lines before it are counted. */
static void believe(struct window *w, struct timeline *timeline, int64_t stamp)
{
    if (w->has_clock) {
        ledger_advance(w, stamp);
        return;
    }
    w->has_clock = true;
    w->clock = stamp;
    w->second_at = w->n_records;
    w->errors_at = w->n_errors;
    ledger_add_unparsed(w, w->unparsed_first);
    for (uint32_t i = 0; i < w->n_head; i++) {
        ledger_add_line(w, timeline, &w->head[i].line);
        ledger_add_unparsed(w, w->head[i].unparsed);
    }
    /* The second has a sample of its own beside one of the head's: a merge may take that away. */
    for (size_t i = 0; i < WINDOW_SAMPLED; i++) {
        w->has_sampled[i] = w->has_sampled[i] && w->n_head == 0;
    }
}

/* Decides about the line that waits, now that the next stamp is known. */
static void resolve(struct window *w, struct timeline *timeline, int64_t next)
{
    if (!w->has_pending) {
        return;
    }
    bool is_confirmed = next >= w->pending - WINDOW_JUMP_S;
    bool is_over = !w->has_clock && w->n_head == WINDOW_HEAD;
    w->has_pending = false;
    if (is_confirmed || is_over) {
        believe(w, timeline, w->pending);
    } else if (!w->has_clock) {
        if (!w->head) {
            w->head = alloc_zero(WINDOW_HEAD, sizeof w->head[0]);
        }
        struct window_head *h = &w->head[w->n_head++];
        h->stamp = w->pending;
        hold(&h->line, &h->bytes, &w->waiting);
        h->unparsed = w->unparsed_waiting;
        w->unparsed_waiting = 0;
        return;
    }
    ledger_add_line(w, timeline, &w->waiting);
    ledger_add_unparsed(w, w->unparsed_waiting);
    w->unparsed_waiting = 0;
}

/* The second must have its record: after a drain it has none, though the clock stands in it. */
bool window_add_plain(struct window *w, struct timeline *timeline, int64_t stamp, struct span host)
{
    bool is_by_more = w->by & (WINDOW_BY_ROUTE | WINDOW_BY_UPSTREAM);
    if (!w->has_clock || w->has_pending || stamp > w->clock || w->second_at == w->n_records ||
        is_by_more) {
        return false;
    }
    if (w->by & WINDOW_BY_HOST && host.len) {
        struct ledger_place at = {.host = ledger_number(w, host, &w->last_host)};
        ledger_add_place(w, at, (struct ledger_counts){.requests = 1});
    }
    w->records[w->second_at].requests++;
    timeline_count(timeline, w->clock);
    return true;
}

/* A parser may hand on whatever digits a log has. */
static int64_t sane(int64_t stamp)
{
    return stamp > STAMP_MOST ? STAMP_MOST : stamp < -STAMP_MOST ? -STAMP_MOST : stamp;
}

/* The first line of a window, of a second or after a jump: all that window_add_plain leaves. */
__attribute__((noinline)) static void add_carefully(struct window *w, struct timeline *timeline,
                                                    int64_t stamp, const struct window_line *line)
{
    resolve(w, timeline, stamp);
    if (w->has_clock && stamp - WINDOW_JUMP_S <= w->clock) {
        ledger_advance(w, stamp);
        ledger_add_line(w, timeline, line);
        return;
    }
    w->has_pending = true;
    w->pending = stamp;
    hold(&w->waiting, &w->waiting_bytes, line);
}

void window_add_to(struct window *w, struct timeline *timeline, int64_t stamp,
                   const struct window_line *line)
{
    if (w->has_clock && !w->has_pending && stamp <= w->clock) {
        ledger_add_line(w, timeline, line);
    } else {
        add_carefully(w, timeline, sane(stamp), line);
    }
}

void window_settle_to(struct window *w, struct timeline *timeline)
{
    if (w->has_pending) {
        resolve(w, timeline, w->pending);
    }
}

/* Which second that is, is not known before the first believed stamp: a merge may know. */
void window_unparsed(struct window *w, uint32_t n)
{
    if (w->has_pending) {
        w->unparsed_waiting += n;
    } else if (w->has_clock) {
        ledger_add_unparsed(w, n);
    } else {
        w->unparsed_first += n;
    }
}

/* Is the record that of the line's place? */
static bool is_at(const struct window *w, const struct window_record *r,
                  const struct window_line *line)
{
    struct ledger_place all = {nametable_find(w->names, line->host),
                               nametable_find(w->names, line->route),
                               nametable_find(w->names, line->upstream)};
    struct ledger_place at = ledger_place_of(w, all);
    return r->host == at.host && r->route == at.route && r->upstream == at.upstream;
}

/* What is left of a record of `from`'s first second without the lines at its head. */
static struct ledger_counts without_head(const struct window *from, const struct window_record *r)
{
    struct ledger_counts n = {r->requests, r->e4xx, r->e5xx};
    for (uint32_t i = 0; i < from->n_head && r->second == from->records[0].second; i++) {
        const struct window_line *line = &from->head[i].line;
        if (window_is_whole(r) || is_at(from, r, line)) {
            struct ledger_counts h = ledger_counts_of(line);
            n.requests -= h.requests;
            n.e4xx -= h.e4xx;
            n.e5xx -= h.e5xx;
        }
    }
    return n;
}

/* The same for lines that no format read, which the source's own record has. */
static uint32_t unparsed_without_head(const struct window *from, const struct window_record *r)
{
    uint32_t n = r->unparsed;
    if (r != from->records) {
        return n;
    }
    for (uint32_t i = 0; i < from->n_head; i++) {
        n -= from->head[i].unparsed;
    }
    return n - from->unparsed_first;
}

/* How many of a record of errors are the line's own: itself, or tries before it. */
static uint32_t errors_of(const struct window *w, const struct window_error *e,
                          const struct window_line *line)
{
    bool is_masked = e->blame == WINDOW_MASKED, is_answer = e->blame == WINDOW_ANSWERED;
    bool is_error = line->class == CLASS_4XX || line->class == CLASS_5XX;
    struct ledger_kind k = {.status = line->status, .entry = line->entry, .blame = line->blame};
    if (is_masked) {
        k = (struct ledger_kind){.status = line->masked_status, .blame = WINDOW_MASKED};
    }
    if (is_answer) {
        k = (struct ledger_kind){.blame = WINDOW_ANSWERED};
        is_error = ledger_is_answer(w, line);
    }
    if (w->names && !is_answer) {
        k.host = nametable_find(w->names, line->host);
        k.route = nametable_find(w->names, line->route);
    }
    if (w->names) {
        k.upstream = nametable_find(w->names, is_masked ? line->masked_upstream : line->upstream);
    }
    bool is_it = (is_masked || is_error) && ledger_is_kind(e, &k);
    return !is_it ? 0 : is_masked ? line->masked : 1;
}

/* The same for a record of errors. */
static uint32_t errors_without_head(const struct window *from, const struct window_error *e)
{
    uint32_t n = e->count;
    for (uint32_t i = 0; i < from->n_head && e->second == from->records[0].second; i++) {
        n -= errors_of(from, e, &from->head[i].line);
    }
    return n;
}

/* Gives the names of `from` numbers in `into`, in the order in which they came. */
static void map_names(struct window *into, const struct window *from,
                      uint32_t map[NAMETABLE_NUMBERS])
{
    uint32_t last = 0;
    map[NAMETABLE_NONE] = NAMETABLE_NONE;
    map[NAMETABLE_OTHER] = NAMETABLE_OTHER;
    for (uint32_t i = NAMETABLE_FIRST; from->names && i < from->names->n; i++) {
        map[i] = ledger_number(into, nametable_text(from->names, i), &last);
    }
}

/* Counts the records and errors of `from`, those older than the clock in the clock's second. */
static void fold(struct window *into, struct timeline *timeline, const struct window *from,
                 const uint32_t map[NAMETABLE_NUMBERS])
{
    uint32_t error = 0;
    for (uint32_t i = 0; i < from->n_records; i++) {
        const struct window_record *r = &from->records[i];
        struct ledger_counts n = without_head(from, r);
        ledger_advance(into, r->second);
        /* A host may be left without a line here. */
        ledger_add_unparsed(into, unparsed_without_head(from, r));
        if (window_is_whole(r) && n.requests) {
            ledger_add(into, timeline, n);
        } else if (n.requests) {
            struct ledger_place at = {map[r->host], map[r->route], map[r->upstream]};
            ledger_add_place(into, at, n);
        }
        for (; error < from->n_errors && from->errors[error].second <= r->second; error++) {
            const struct window_error *e = &from->errors[error];
            struct ledger_kind k = {map[e->host], map[e->route], map[e->upstream],
                                    e->status,    e->entry,      e->blame};
            uint32_t left = errors_without_head(from, e);
            if (left) {
                ledger_add_errors(into, k, left);
            }
        }
    }
}

/* Adds the samples of `from` but for those of lines at its head, which came with their lines. */
static void merge_samples(struct window *into, const struct window *from, int64_t clock,
                          const uint32_t map[NAMETABLE_NUMBERS])
{
    int64_t now = into->clock;
    bool is_heads[WINDOW_SAMPLED] = {false};
    for (uint32_t i = 0; i < from->n_head; i++) {
        bool is_error = from->head[i].line.class == CLASS_5XX ||
                        (from->head[i].line.class == CLASS_4XX && from->by & WINDOW_4XX_SAMPLES);
        is_heads[ledger_sampled(from->head[i].line.status)] |= is_error;
    }
    for (uint32_t i = 0; i < from->n_samples; i++) {
        const struct window_sample *s = &from->samples[i];
        size_t class = ledger_sampled(s->status);
        if (is_heads[class]) {
            is_heads[class] = false;
            continue;
        }
        struct ledger_place at = {map[s->host], map[s->route], map[s->upstream]};
        into->clock =
            s->second > clock ? s->second : clock; /* the second that it belongs to here */
        ledger_add_sample(into, at, s->status, (struct span){s->text, s->len});
    }
    into->clock = now;
}

void window_merge_to(struct window *into, struct timeline *timeline, const struct window *from)
{
    uint32_t map[NAMETABLE_NUMBERS];
    window_unparsed(into, from->unparsed_first);
    for (uint32_t i = 0; i < from->n_head; i++) {
        window_add_to(into, timeline, from->head[i].stamp, &from->head[i].line);
        window_unparsed(into, from->head[i].unparsed);
    }
    if (from->has_clock) {
        /* A piece begins with a believed stamp, but for its head; a drained one goes on from its
         * clock. */
        int64_t first = from->n_records ? from->records[0].second : from->clock;
        resolve(into, timeline, first);
        believe(into, timeline, first);
        int64_t clock = into->clock;
        map_names(into, from, map);
        fold(into, timeline, from, map);
        merge_samples(into, from, clock, map);
    }
    if (from->has_pending) {
        window_add_to(into, timeline, from->pending, &from->waiting);
        window_unparsed(into, from->unparsed_waiting);
    }
}

void window_add(struct window *w, int64_t stamp, const struct window_line *line)
{
    window_add_to(w, NULL, stamp, line);
}

void window_settle(struct window *w)
{
    window_settle_to(w, NULL);
}

void window_merge(struct window *into, const struct window *from)
{
    window_merge_to(into, NULL, from);
}

void window_drain(struct window *w)
{
    w->n_records = w->n_errors = w->n_samples = 0;
    w->second_at = w->errors_at = 0;
    w->last_host = w->last_route = w->last_upstream = w->last_answer = 0;
    if (w->names && w->names->n > NAMETABLE_FIRST) {
        nametable_clear(w->names);
    }
    if (w->has_clock) {
        w->n_head = 0; /* Else those lines are still to be counted. */
        w->unparsed_first = 0;
    }
}
