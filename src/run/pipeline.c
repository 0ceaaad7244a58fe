/*
 * From bytes to counts. A source cuts bytes into lines, lets its reader parse them, and counts in
 * its live tally; source_feed hands the seconds of that to the alerts, source_fold adds it to the
 * interval and the total. Time comes in as an argument and nothing here does I/O, so a test can be
 * a loop over a day.
 */
#include "run/pipeline.h"

#include "base/alloc.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    LIVE_SKEW_S = 600, /* stamps this near to the wall clock are taken for live ones */
    BATCH_LINES = 64,
};

/* One for all sources: nothing in it is kept from one call to the next. */
struct batch {
    struct lines lines;
    struct event events[BATCH_LINES];
    struct tally_time times[BATCH_LINES];
};

/* What a status means depends on server and vendor only, so sources share one table for each pair;
 * it lives as long as the pipeline. */
struct verdict_cache {
    struct verdict_cache *next;
    enum server server;
    char *vendor;
    struct verdict_table table;
};

/* Fields that only a dimension of the tally is made from: without it, parsers need not look for
 * them. */
static const struct {
    enum tally_dimension dimension;
    enum field field;
} kept[] = {
    {TALLY_HOSTS, FIELD_HOST},
    {TALLY_UPSTREAMS, FIELD_UPSTREAM},
    {TALLY_CLIENTS, FIELD_CLIENT},
};

/* Hosts are looked for when a rule watches by host, even when they are not kept. */
void pipeline_init(struct pipeline *p, const struct rule *rules, size_t n_rules, unsigned keep,
                   alert_change_fn on_change, void *ctx)
{
    *p = (struct pipeline){.keep = keep, .alerts = alert_set_new(rules, n_rules, on_change, ctx)};
    p->by_host = alert_set_by_host(p->alerts);
    p->batch = alloc_zero(1, sizeof(*p->batch));
    tally_init(&p->total, keep, false);
    tally_init(&p->interval, keep, false);
    unsigned n = 0;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        bool is_watched = kept[i].field == FIELD_HOST && p->by_host;
        if (!(keep & 1u << kept[i].dimension) && !is_watched) {
            p->dropped[n++] = kept[i].field;
        }
    }
    p->dropped[n] = FIELD_SKIP;
    p->states.dropped = p->dropped;
}

void pipeline_init_apart(struct pipeline *p, const struct pipeline *of)
{
    *p = (struct pipeline){.keep = of->keep, .by_host = of->by_host};
    p->batch = alloc_zero(1, sizeof(*p->batch));
    memcpy(p->dropped, of->dropped, sizeof(p->dropped));
    p->states.dropped = p->dropped;
}

void pipeline_done(struct pipeline *p)
{
    while (p->verdicts) {
        struct verdict_cache *v = p->verdicts;
        p->verdicts = v->next;
        free(v->vendor);
        free(v);
    }
    tally_done(&p->total);
    tally_done(&p->interval);
    free(p->batch);
    states_done(&p->states);
    alert_set_free(p->alerts);
    *p = (struct pipeline){0};
}

static const struct verdict_table *table_for(struct pipeline *p, enum server server,
                                             const char *vendor)
{
    for (struct verdict_cache *v = p->verdicts; v; v = v->next) {
        if (v->server == server && strcmp(v->vendor, vendor) == 0) {
            return &v->table;
        }
    }
    struct verdict_cache *v = alloc_zero(1, sizeof(*v));
    v->server = server;
    v->vendor = alloc_text(span_of(vendor));
    verdict_table_init(&v->table, server, span_of(vendor));
    v->next = p->verdicts;
    p->verdicts = v;
    return &v->table;
}

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
    struct source *s = alloc_zero(1, sizeof(*s));
    struct problem ignored;
    s->shared = p;
    s->name = alloc_text(span_of(name));
    s->vendor = alloc_text(span_of(vendor));
    format_read(&s->format, span_of(format), &ignored);
    snprintf(s->state, sizeof(s->state), "waiting");
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
    format_done(&s->format);
    buf_done(&s->held);
    free_tally(s->live);
    free_tally(s->interval);
    free_tally(s->total);
    free(s->name);
    free(s->vendor);
    free(s);
}

/* Lines that were held back came under the old format, and are counted by it first. */
void source_set_format(struct source *s, const char *format, const char *vendor)
{
    struct problem ignored;
    source_decide(s);
    reader_free(s->reader);
    format_done(&s->format);
    free(s->vendor);
    s->reader = NULL;
    s->verdicts = NULL;
    format_read(&s->format, span_of(format), &ignored);
    s->vendor = alloc_text(span_of(vendor));
}

static struct tally *new_tally(const struct source *s)
{
    struct tally *t = alloc_zero(1, sizeof(*t));
    tally_init(t, s->shared->keep, s->shared->by_host);
    return t;
}

/* Verdicts are those of the server whose format read the last line, which may differ from the one
 * before. */
static const struct verdict_table *verdicts_of(struct source *s)
{
    if (s->server != reader_server(s->reader) || !s->verdicts) {
        s->server = reader_server(s->reader);
        s->verdicts = table_for(s->shared, s->server, s->vendor);
    }
    return s->verdicts;
}

/* A request whose stamp is missing or can not be read counts for the time at which it arrived. */
static inline struct tally_time time_of(struct source *s, const struct event *e)
{
    struct tally_time t = {.ms = s->arrival_ms};
    t.stamped =
        e->time_kind != LOGTIME_NONE && logtime_read(&s->time, e->time_kind, e->time, &t.ms);
    return t;
}

static void count_request(struct source *s, struct event *e, struct span line)
{
    struct tally_time time = time_of(s, e);
    e->line = line;
    e->same_time = false;
    tally_requests(s->live, e, &time, 1, verdicts_of(s));
}

/* The same for lines in a row, of one format. */
static void count_requests(struct source *s, struct batch *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!b->events[i].same_time) {
            b->times[i] = time_of(s, &b->events[i]);
        }
    }
    tally_requests(s->live, b->events, b->times, n, verdicts_of(s));
}

static void count_line(struct source *s, struct span line)
{
    struct event e;
    if (line.len == 0) {
        tally_ignored(s->live);
        return;
    }
    switch (reader_parse(s->reader, line, &e)) {
    case PARSE_OK: count_request(s, &e, line); break;
    case PARSE_SKIP: tally_ignored(s->live); break;
    case PARSE_BAD:
        if (line.ptr[0] == '#') { /* a comment in any format */
            tally_ignored(s->live);
        } else {
            tally_unparsed(s->live, line);
        }
        break;
    }
}

void source_decide(struct source *s)
{
    if (!s->reader || !reader_is_undecided(s->reader) || s->held.len == 0) {
        return;
    }
    reader_decide(s->reader);
    struct span rest = buf_span(&s->held);
    while (rest.len) {
        size_t n = span_find(rest, '\n');
        count_line(s, span_head(rest, n));
        rest = span_after(rest, n + 1);
    }
    buf_done(&s->held);
}

/* Lines of an undecided format are kept until enough of them have voted, or are blank. */
static void hold_line(struct source *s, struct span line)
{
    buf_add(&s->held, line);
    buf_byte(&s->held, '\n');
    if ((line.len && reader_vote(s->reader, line)) || s->held.len >= READER_VOTE_BYTES) {
        source_decide(s);
    }
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

static void begin(struct source *s, int64_t wall_ms)
{
    s->shared->has_moved = true;
    s->is_busy = s->is_awake && s->live;
    if (!s->is_awake) {
        wake(s);
    }
    s->time.now_s = wall_ms / 1000;
    s->arrival_ms = wall_ms;
    if (!s->reader) {
        s->reader = reader_new(&s->format, s->shared->dropped);
        reader_share(s->reader, &s->shared->states);
    }
    if (!s->live) {
        s->live = new_tally(s);
    }
}

/* Lines as usual, until one is not, or none is left. */
static void count_usual(struct source *s, struct lines *lines)
{
    struct batch *b = s->shared->batch;
    size_t n;
    while (lines->at < lines->end &&
           (n = reader_lines(s->reader, lines, b->events, BATCH_LINES)) > 0) {
        count_requests(s, b, n);
    }
}

/* One line the careful way; false when there is no whole one. */
static bool take_line(struct source *s, struct framer *framer, struct span *rest, bool final)
{
    struct span line;
    if (!framer_next(framer, rest, &line, final)) {
        return false;
    }
    if (reader_is_undecided(s->reader)) {
        hold_line(s, line);
    } else {
        count_line(s, line);
    }
    return true;
}

/* A piece of lines, with the odd one among them; false when nothing more can be taken. */
static bool take_piece(struct source *s, struct framer *framer, struct span *rest, bool final)
{
    const struct marks_set *set = reader_marks(s->reader);
    struct lines *lines = &s->shared->batch->lines;
    if (!set || framer->skipping || rest->len <= LINES_SLACK) {
        return take_line(s, framer, rest, final);
    }
    lines_take(lines, set, *rest);
    while (lines->at < lines->end) {
        count_usual(s, lines);
        *rest = span_after(*rest, (size_t)(lines->at - rest->ptr));
        if (lines->at < lines->end) {
            take_line(s, framer, rest, final);
            if (reader_marks(s->reader) != set) {
                return true;
            }
            lines_skip(lines, rest->ptr);
        }
    }
    /* What is left has no slack behind it, or is a long line. */
    return lines->base < lines->end || take_line(s, framer, rest, final);
}

/* Returns how many bytes were used. The rest is the beginning of a line: the caller hands it over
 * again with what follows. With `final` nothing follows, and nothing is left. */
size_t source_bytes(struct source *s, struct framer *framer, struct span bytes, bool final,
                    int64_t wall_ms)
{
    uint64_t long_lines = framer->long_lines;
    struct span rest = bytes;
    begin(s, wall_ms);
    while (take_piece(s, framer, &rest, final)) {
    }
    if (s->live->window.has_clock) {
        s->skew_s = wall_ms / 1000 - s->live->window.clock;
    }
    s->long_lines += framer->long_lines - long_lines;
    return bytes.len - rest.len;
}

/* A piece that voted on the format has the reader that is kept. */
void source_take_counts(struct source *s, struct source *piece, int64_t wall_ms)
{
    if (!s->reader) {
        s->reader = piece->reader;
        piece->reader = NULL;
    } else if (piece->reader) {
        reader_take(s->reader, piece->reader);
    }
    begin(s, wall_ms);
    if (piece->live) {
        tally_take_counts(s->live, piece->live);
    }
    s->long_lines += piece->long_lines;
    piece->long_lines = 0;
}

void source_take_times(struct source *s, struct window *w, const struct timeline *t)
{
    tally_take_times(s->live, w, t);
    if (s->live->window.has_clock) {
        s->skew_s = s->arrival_ms / 1000 - s->live->window.clock;
    }
    source_feed(s, INT64_MIN);
}

/* A tally of the source, made when it is needed first. */
static struct tally *made(const struct source *s, struct tally **tally)
{
    if (!*tally) {
        *tally = new_tally(s);
    }
    return *tally;
}

/* The alerts and the interval both read the records before window_drain takes them away. */
void source_feed(struct source *s, int64_t closed_before)
{
    if (!s->live) {
        return;
    }
    struct window *w = &s->live->window;
    if (w->has_clock && w->clock > closed_before) {
        closed_before = w->clock;
    }
    alert_set_feed(s->shared->alerts, s->name, w, closed_before);
    if (s->shared->has_intervals && w->has_clock && w->n_records) {
        /* A line that still waits stays here: it comes with the records once it is settled. */
        struct window records = *w;
        records.has_pending = false;
        window_merge(&made(s, &s->interval)->window, &records);
    }
    window_drain(w);
}

/* No line can come late any more, so the last second is closed as well. */
void source_finish(struct source *s)
{
    source_decide(s);
    if (s->live) {
        tally_settle(s->live);
        source_feed(s, s->live->window.has_clock ? s->live->window.clock + 1 : INT64_MIN);
        alert_set_idle(s->shared->alerts, s->name, true);
    }
}

/* Is there anything to fold? A line that waited was counted when it came, its second only now. */
static bool has_counted(const struct tally *t)
{
    return t->lines || tally_timeline(t)->used;
}

/* Clears the live tally, so that each line is in the total exactly once. */
void source_fold(struct source *s)
{
    struct pipeline *p = s->shared;
    if (!s->live || !has_counted(s->live)) {
        return;
    }
    struct tally *total = made(s, &s->total);
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
    if (!s->is_busy) {
        tally_rest(s->live);
        reader_rest(s->reader);
    }
}

void source_caught_up(struct source *s)
{
    if (!s->is_busy) {
        source_fold(s);
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
    if (s->live) {
        tally_rest(s->live);
        reader_rest(s->reader);
    }
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

/* Seconds before the returned one are over. Nothing can be said (INT64_MIN) before the first stamp;
 * otherwise the wall clock less the lateness closes them, or later lines do. */
int64_t source_closed_before(const struct source *s, int64_t wall_ms, int lateness_ms)
{
    if (!s->live || !s->live->window.has_clock) {
        return INT64_MIN;
    }
    int64_t clock = s->live->window.clock, at = (wall_ms - lateness_ms) / 1000;
    bool is_live = s->skew_s > -LIVE_SKEW_S && s->skew_s < LIVE_SKEW_S;
    if (!is_live) { /* an old log, or one with a clock of its own: its time goes on as ours does */
        at -= s->skew_s;
    }
    return at > clock ? at : clock;
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
        .long_lines = s->long_lines,
        .state = s->state,
    };
}
