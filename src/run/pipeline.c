/*
 * From bytes to counts. A source cuts bytes into lines, lets its reader parse them, and counts in
 * its live tally; what becomes of that is in source.c. Time comes in as an argument and nothing
 * here does I/O, so a test can be a loop over a day.
 */
#include "run/pipeline.h"

#include "base/alloc.h"
#include "parsers/lang/bundle.h"

#include <stdlib.h>

enum {
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
    unsigned by; /* bit of enum window_by for which it is needed all the same */
} kept[] = {
    {TALLY_HOSTS, FIELD_HOST, WINDOW_BY_HOST},
    {TALLY_UPSTREAMS, FIELD_UPSTREAM, WINDOW_BY_UPSTREAM},
    {TALLY_CLIENTS, FIELD_CLIENT, 0},
};

/* Hosts and upstreams are looked for when a rule watches by them, even when they are not kept. */
void pipeline_init(struct pipeline *p, const struct rule *rules, size_t n_rules, unsigned keep,
                   alert_change_fn on_change, void *ctx)
{
    *p = (struct pipeline){.keep = keep, .alerts = alert_set_new(rules, n_rules, on_change, ctx)};
    p->by = (uint8_t)alert_set_by(p->alerts);
    p->batch = alloc_zero(1, sizeof(*p->batch));
    tally_init(&p->total, keep, false);
    tally_init(&p->interval, keep, false);
    unsigned n = 0;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        bool is_watched = p->by & kept[i].by;
        if (!(keep & 1u << kept[i].dimension) && !is_watched) {
            p->dropped[n++] = kept[i].field;
        }
    }
    p->dropped[n] = FIELD_SKIP;
    p->states.dropped = p->dropped;
}

/* Formats were compiled without what is dropped, so that can't come back. */
bool pipeline_watch(struct pipeline *p)
{
    bool can_all = true;
    p->by = (uint8_t)alert_set_by(p->alerts);
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        for (const enum field *f = p->dropped; *f != FIELD_SKIP; f++) {
            can_all = can_all && !(*f == kept[i].field && p->by & kept[i].by);
        }
    }
    return can_all;
}

void pipeline_init_apart(struct pipeline *p, const struct pipeline *of)
{
    *p = (struct pipeline){.keep = of->keep, .by = of->by};
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
    history_done(&p->history);
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

/* Lines that were held back came under the old format, and are counted by it first. */
void source_set_format(struct source *s, const char *format, const char *vendor)
{
    struct problem ignored;
    source_decide(s);
    reader_free(s->reader);
    format_done(&s->format);
    s->reader = NULL;
    s->verdicts = NULL;
    format_read(&s->format, span_of(format), &ignored);
    source_set_vendor(s, vendor);
}

/* Verdicts are those of the server whose format read the last line, which may differ from the one
 * before. */
static const struct verdict_table *verdicts_of(struct source *s)
{
    if (s->server != reader_server(s->reader) || !s->verdicts) {
        s->server = reader_server(s->reader);
        s->verdicts = table_for(s->shared, s->server, source_vendor(s));
    }
    return s->verdicts;
}

/* A request whose stamp is missing or can not be read counts for the time at which it arrived. */
static inline struct tally_time time_of(struct source *s, const struct event *e)
{
    struct tally_time t = {.ms = s->arrival_ms};
    t.stamped = e->time_kind != LOGTIME_NONE && logtime_read(s->time, e->time_kind, e->time, &t.ms);
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

/* False when no format reads it. */
static bool count_as_is(struct source *s, struct span line)
{
    struct event e;
    enum parse_result got = line.len ? reader_parse(s->reader, line, &e) : PARSE_SKIP;
    if (got == PARSE_OK) {
        count_request(s, &e, line);
    } else if (got == PARSE_SKIP || line.ptr[0] == '#') { /* a comment in any format */
        tally_ignored(s->live);
    } else {
        return false;
    }
    return true;
}

/* A line that no format reads may be several records. */
static void count_line(struct source *s, struct span line)
{
    struct span records, record;
    if (count_as_is(s, line)) {
        return;
    }
    if (!bundle_open(line, &records)) {
        tally_unparsed(s->live, line);
        return;
    }
    while (bundle_next(&records, &record)) {
        if (!count_as_is(s, record)) {
            tally_unparsed(s->live, record);
        }
    }
}

void source_decide(struct source *s)
{
    if (s->held.len && !s->reader) {
        source_make_reader(s);
    }
    if (s->held.len == 0 || !reader_is_undecided(s->reader)) {
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
    source_wake(s, wall_ms);
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
    source_wake(s, wall_ms);
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

void source_finish(struct source *s)
{
    source_decide(s);
    if (s->live) {
        tally_settle(s->live);
    }
    source_close(s);
}
