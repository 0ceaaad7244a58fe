/*
 * source_feed hands the seconds that were counted to the alerts, source_fold adds the live tally to
 * the interval and the total. A source that was read to its end sleeps until its next bytes.
 *
 * Most of many logs are quiet, so what a source keeps at rest is small: its total as bytes, and the
 * clock of its live tally.
 */
#include "run/source.h"

#include "base/alloc.h"
#include "tally/pack.h"

#include <assert.h>
#include <stdlib.h>

enum {
    LIVE_SKEW_S = 600, /* stamps this near to the wall clock are taken for live ones */
    FEW_READS = 2,     /* between two folds: then tables for lines are not worth keeping */
    FEW_NAMES = 32, /* in a total: then it is packed with each fold, else when the source sleeps */
};

struct source_packed {
    size_t len;
    char bytes[]; /* tally/pack.h */
};

/* At the front of the list: others may be walking it. */
static void join_awake(struct source *s)
{
    struct pipeline *p = s->shared;
    s->is_awake = true;
    s->prev_awake = NULL;
    s->next_awake = p->awake;
    if (p->awake) {
        p->awake->prev_awake = s;
    }
    p->awake = s;
}

static void leave_awake(struct source *s)
{
    if (s->is_awake) {
        *(s->prev_awake ? &s->prev_awake->next_awake : &s->shared->awake) = s->next_awake;
        if (s->next_awake) {
            s->next_awake->prev_awake = s->prev_awake;
        }
    }
    s->is_awake = false;
}

/* The format was tried when options or configuration were read, so it can not fail here. */
struct source *source_new(struct pipeline *p, const char *name, const char *format,
                          const char *vendor)
{
    struct source *s = alloc_zero(1, sizeof(*s) + strlen(name) + 1);
    struct problem ignored;
    s->shared = p;
    span_copy(s->name, span_of(name));
    source_set_vendor(s, vendor);
    format_read(&s->format, span_of(format), &ignored);
    s->state = "waiting";
    join_awake(s);
    return s;
}

static void free_tally(struct tally *t)
{
    if (t) {
        tally_done(t);
        free(t);
    }
}

void source_free(struct source *s)
{
    if (!s) {
        return;
    }
    leave_awake(s);
    reader_free(s->reader);
    free(s->time);
    free(s->failure);
    format_done(&s->format);
    buf_done(&s->held);
    free_tally(s->live);
    free_tally(s->interval);
    free_tally(s->total);
    free(s->packed);
    free(s->vendor);
    free(s);
}

void source_set_vendor(struct source *s, const char *vendor)
{
    free(s->vendor);
    s->vendor = vendor[0] ? alloc_text(span_of(vendor)) : NULL;
}

const char *source_vendor(const struct source *s)
{
    return s->vendor ? s->vendor : "";
}

void source_watch(struct source *s)
{
    struct tally *const tallies[] = {s->live, s->interval};
    for (size_t i = 0; i < sizeof(tallies) / sizeof(tallies[0]); i++) {
        if (tallies[i]) {
            tallies[i]->window.by = s->shared->by;
        }
    }
}

static struct tally *new_tally(const struct source *s)
{
    struct tally *t = alloc_zero(1, sizeof(*t));
    tally_init(t, s->shared->keep, s->shared->by);
    return t;
}

/* A tally of the source, made when it is needed first. */
static struct tally *made(const struct source *s, struct tally **tally)
{
    if (!*tally) {
        *tally = new_tally(s);
    }
    return *tally;
}

static struct span packed_bytes(const struct source *s)
{
    return (struct span){s->packed->bytes, s->packed->len};
}

/* What was packed here is read back whole. */
static void unpack(const struct source *s, struct tally *into)
{
    bool is_whole = pack_read(into, packed_bytes(s));
    assert(is_whole);
    (void)is_whole;
}

/* The total, to be added to. */
static struct tally *woken_total(struct source *s)
{
    struct tally *total = made(s, &s->total);
    if (s->packed) {
        unpack(s, total);
        free(s->packed);
        s->packed = NULL;
    }
    return total;
}

const struct tally *source_total(const struct source *s, struct tally *room)
{
    if (!s->packed) {
        return s->total;
    }
    unpack(s, room);
    return room;
}

void source_pack(const struct source *s, struct buf *out)
{
    if (s->packed) {
        buf_add(out, packed_bytes(s));
    } else if (s->total && s->total->lines) {
        pack_tally(s->total, out);
    }
}

/* Only the total of a service knows no times, which would not be packed. */
static void pack_total(struct source *s)
{
    struct buf bytes = {0};
    if (!s->total || !s->total->lines || !s->shared->has_sums) {
        return;
    }
    pack_tally(s->total, &bytes);
    s->packed = alloc_zero(1, sizeof(*s->packed) + bytes.len);
    s->packed->len = bytes.len;
    memcpy(s->packed->bytes, bytes.data, bytes.len);
    buf_done(&bytes);
    free_tally(s->total);
    s->total = NULL;
}

static bool has_few_names(const struct tally *t)
{
    uint32_t n = t->causes ? t->causes->origins->n_entries : 0;
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        n += t->tops[i] ? t->tops[i]->n_entries : 0;
    }
    return n <= FEW_NAMES;
}

bool source_restore(struct source *s, struct span packed)
{
    bool is_good = pack_read(woken_total(s), packed);
    pack_total(s);
    return is_good;
}

bool source_restore_interval(struct source *s, struct span packed)
{
    return pack_read(made(s, &s->interval), packed);
}

void source_restore_clock(struct source *s, int64_t clock, int64_t skew_s, bool is_needed)
{
    if (is_needed || !alert_set_rest(s->shared->alerts, s->name)) {
        struct window *w = &made(s, &s->live)->window;
        w->has_clock = true;
        w->clock = clock;
        s->skew_s = skew_s;
    }
}

bool source_restore_waiting(struct source *s, struct span packed)
{
    return pack_read_waiting(&made(s, &s->live)->window, packed);
}

static struct window *window_of(const struct source *s, struct window *room)
{
    if (s->live) {
        return &s->live->window;
    }
    *room = (struct window){.has_clock = true, .clock = s->clock};
    return s->has_clock ? room : NULL;
}

const struct window *source_window(const struct source *s, struct window *room)
{
    return window_of(s, room);
}

/* The alerts, the history and the interval read the records before window_drain takes them away. */
void source_feed(struct source *s, int64_t closed_before)
{
    struct window asleep, *w = window_of(s, &asleep);
    if (!w) {
        return;
    }
    if (w->has_clock && w->clock > closed_before) {
        closed_before = w->clock;
    }
    alert_set_feed(s->shared->alerts, s->name, w, closed_before);
    if (s->shared->has_history) {
        struct pipeline *p = s->shared;
        history_add_window(&p->history, w, &p->history_bounds);
    }
    if (s->shared->has_intervals && w->has_clock && w->n_records) {
        /* A line that still waits stays here: it comes with the records once it is settled. */
        struct window records = *w;
        records.has_pending = false;
        window_merge(&made(s, &s->interval)->window, &records);
    }
    window_drain(w);
}

/* Seconds before the returned one are over. Nothing can be said (INT64_MIN) before the first stamp;
 * otherwise the wall clock less the lateness closes them, or later lines do. */
int64_t source_closed_before(const struct source *s, int64_t wall_ms, int lateness_ms)
{
    struct window asleep, *w = window_of(s, &asleep);
    if (!w || !w->has_clock) {
        return INT64_MIN;
    }
    int64_t clock = w->clock, at = (wall_ms - lateness_ms) / 1000;
    bool is_live = s->skew_s > -LIVE_SKEW_S && s->skew_s < LIVE_SKEW_S;
    if (!is_live) { /* an old log, or one with a clock of its own: its time goes on as ours does */
        at -= s->skew_s;
    }
    return at > clock ? at : clock;
}

/* What the clock closed while the source rested is closed now, before a line can come for it. */
static void wake(struct source *s)
{
    const struct pipeline *p = s->shared;
    join_awake(s);
    if (p->closed_ms) {
        source_feed(s, source_closed_before(s, p->closed_ms, p->lateness_ms));
    }
}

void source_make_reader(struct source *s)
{
    s->reader = reader_new(&s->format, s->shared->dropped);
    reader_share(s->reader, &s->shared->states);
    struct span rest = buf_span(&s->held), line;
    while (rest.len) {
        line = span_head(rest, span_find(rest, '\n'));
        rest = span_after(rest, line.len + 1);
        if (line.len) {
            reader_vote(s->reader, line);
        }
    }
}

/* Is there anything to fold? A line that waited was counted when it came, its second only now. */
static bool has_counted(const struct tally *t)
{
    return t->lines || tally_timeline(t)->used;
}

static void wake_live(struct source *s)
{
    s->live = new_tally(s);
    struct window *w = &s->live->window;
    w->has_clock = s->has_clock;
    w->clock = s->clock;
    memcpy(w->has_sampled, s->has_sampled, sizeof(w->has_sampled));
    memcpy(w->sampled, s->sampled, sizeof(w->sampled));
}

/* Keeps the live tally while it holds more than can be put by. */
static void rest_live(struct source *s)
{
    const struct window *w = &s->live->window;
    if (has_counted(s->live) || s->held.len || w->n_records || pack_has_waiting(w)) {
        tally_rest(s->live);
        return;
    }
    s->has_clock = w->has_clock;
    s->clock = w->clock;
    memcpy(s->has_sampled, w->has_sampled, sizeof(s->has_sampled));
    memcpy(s->sampled, w->sampled, sizeof(s->sampled));
    free_tally(s->live);
    s->live = NULL;
    free(s->time);
    s->time = NULL;
}

void source_wake(struct source *s, int64_t wall_ms)
{
    s->shared->has_moved = true;
    s->n_reads++;
    if (!s->is_awake) {
        wake(s);
    }
    if (!s->time) {
        s->time = alloc_zero(1, sizeof(*s->time));
    }
    s->time->now_s = wall_ms / 1000;
    s->arrival_ms = wall_ms;
    if (!s->reader) {
        source_make_reader(s);
    }
    reader_wake(s->reader);
    if (!s->live) {
        wake_live(s);
    }
}

static void drop_reader(struct source *s)
{
    reader_free(s->reader);
    s->reader = NULL;
}

/* Not while workers read: they clone it. */
static void rest_reader(struct source *s)
{
    if (s->reader && reader_is_as_new(s->reader)) {
        drop_reader(s);
    }
}

/* Gives back what is for lines only. After a change of its format a source has no reader for a
 * while.
 */
static void give_back(struct source *s)
{
    if (s->live) {
        rest_live(s);
    }
    if (s->reader) {
        reader_rest(s->reader);
    }
    if (s->total && has_few_names(s->total)) {
        pack_total(s);
    }
}

/* Clears the live tally, so that each line is in the total exactly once. */
static void fold(struct source *s)
{
    struct pipeline *p = s->shared;
    struct tally *total = woken_total(s);
    if (p->has_intervals) {
        tally_merge_counts(made(s, &s->interval), s->live);
    }
    if (p->has_sums) {
        tally_merge_counts(total, s->live);
        tally_merge(&p->interval, s->live, false);
        tally_merge(&p->total, s->live, false);
    } else {
        tally_merge(total, s->live, false);
    }
    tally_clear(s->live);
}

void source_fold(struct source *s)
{
    if (s->live && has_counted(s->live)) {
        fold(s);
    }
    if (s->n_reads <= FEW_READS) {
        give_back(s);
    }
    s->n_reads = 0;
}

void source_caught_up(struct source *s)
{
    unsigned n = s->n_reads;
    if (n > FEW_READS) {
        return;
    }
    source_fold(s);
    s->n_reads = n;
    alert_set_pack(s->shared->alerts, s->name);
    if (s->held.len) { /* all formats are open in it, and it votes again */
        drop_reader(s);
    } else {
        rest_reader(s);
    }
}

void source_end_interval(struct source *s)
{
    if (s->interval && s->interval->lines && s->is_awake) {
        tally_clear(s->interval);
    } else if (s->interval) {
        free_tally(s->interval);
        s->interval = NULL;
    }
}

/* May a line that waits be settled by the clock? Not when its stamp is from long ago. */
static bool may_settle(const struct window *w, int64_t wall_ms)
{
    return w->has_pending && wall_ms / 1000 - w->pending < LIVE_SKEW_S;
}

bool source_sleep(struct source *s, int64_t wall_ms)
{
    bool is_counted = !s->live || !has_counted(s->live);
    if (!is_counted || s->held.len || (s->live && may_settle(&s->live->window, wall_ms)) ||
        !alert_set_rest(s->shared->alerts, s->name)) {
        return false;
    }
    give_back(s);
    rest_reader(s);
    if (s->reader) {
        reader_sleep(s->reader);
    }
    if (s->total) {
        pack_total(s);
    }
    memset(s->has_sampled, 0, sizeof(s->has_sampled)); /* those seconds are over */
    free(s->time);
    s->time = NULL;
    leave_awake(s);
    return true;
}

void source_rest(struct source *s)
{
    free_tally(s->live);
    s->live = NULL;
}

/* A stamp that waits to be believed may be, when it agrees with the wall clock and nothing came
 * after it. */
void source_settle(struct source *s, int64_t wall_ms)
{
    if (!s->live || !s->live->window.has_pending) {
        return;
    }
    int64_t skew = wall_ms / 1000 - s->live->window.pending;
    if (skew > -LIVE_SKEW_S && skew < LIVE_SKEW_S) {
        tally_settle(s->live);
        s->skew_s = skew;
    }
}

void source_set_state(struct source *s, const char *state, const char *why)
{
    free(s->failure);
    s->failure = why ? alloc_printf("%s: %s", state, why) : NULL;
    s->state = state;
}

/* No line can come late any more, so the last second is closed as well. */
void source_close(struct source *s)
{
    struct window asleep, *w = window_of(s, &asleep);
    if (w) {
        source_feed(s, w->has_clock ? w->clock + 1 : INT64_MIN);
        alert_set_idle(s->shared->alerts, s->name, true);
    }
}

struct summary_source source_summary(const struct source *s, const struct tally *tally)
{
    return (struct summary_source){
        .name = s->name,
        .format = s->reader          ? reader_format(s->reader)
                  : s->format.parser ? s->format.parser->name
                                     : "auto",
        .format_reason = s->reader ? reader_reason(s->reader) : NULL,
        .tally = tally,
        .lag_bytes = s->lag_bytes,
        .rotations = s->rotations,
        .truncations = s->truncations,
        .lost_bytes = s->lost_bytes,
        .long_lines = s->long_lines,
        .state = s->failure ? s->failure : s->state,
    };
}
