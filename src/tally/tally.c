/*
 * tally_request is the hot path: what every line needs is array indexes and comparisons with the
 * line before; what only errors, new names and new verdicts need stands in functions of its own.
 *
 * The timeline is on the window's seconds, so that stamps from nowhere don't stretch it: the window
 * adds to it what it counts. When a piece of the same source is merged, the window counts the
 * piece's records at their new seconds, and only what the piece's window no longer holds (it was
 * drained) is taken from the piece's timeline.
 */
#include "tally/tally.h"

#include "base/alloc.h"
#include "tally/handover.h"
#include "tally/route.h"

#include <stdlib.h>

enum {
    FIRST_CELLS = 8,
    DURATIONS = 64,      /* that are added to a sketch at once */
    SEARCHED_CELLS = 32, /* with more, also a sum that counts no line remembers who was hit last */
};

void tally_init(struct tally *t, unsigned keep, unsigned by)
{
    *t = (struct tally){.keep = (uint8_t)keep};
    t->window.by = (uint8_t)by;
}

void tally_done(struct tally *t)
{
    tally_rest(t);
    window_done(&t->window);
    *t = (struct tally){0};
}

void tally_rest(struct tally *t)
{
    free(t->cells);
    free(t->hot);
    free(t->timeline);
    free(t->samples);
    t->cells = NULL;
    t->hot = NULL;
    t->timeline = NULL;
    t->samples = NULL;
    t->hot_of = NULL;
    t->cap_cells = 0;
    for (size_t i = 0; i < STATUS_CLASSES; i++) {
        if (t->durations[i]) {
            sketch_done(t->durations[i]);
            free(t->durations[i]);
            t->durations[i] = NULL;
        }
    }
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        top_free(t->tops[i]);
        t->tops[i] = NULL;
    }
    causes_free(t->causes);
    t->causes = NULL;
    window_rest(&t->window);
}

/* Forgets who was hit last. */
static void cool(struct tally *t)
{
    for (uint32_t i = 0; t->hot && i < t->n_cells; i++) {
        t->hot[t->cells[i].verdict.status] = 0;
    }
}

void tally_clear(struct tally *t)
{
    t->lines = t->requests = t->unparsed = t->ignored = t->late = t->bytes = 0;
    t->has_bytes = t->has_time = false;
    t->from_ms = t->to_ms = 0;
    cool(t);
    t->n_cells = 0;
    for (size_t i = 0; i < STATUS_CLASSES; i++) {
        if (t->durations[i]) {
            sketch_clear(t->durations[i]);
        }
    }
    for (size_t i = 0; i < TALLY_DIMENSIONS; i++) {
        if (t->tops[i]) {
            top_clear(t->tops[i]);
        }
    }
    if (t->causes) {
        causes_clear(t->causes);
    }
    window_drain(&t->window);
    if (t->timeline) {
        timeline_clear(t->timeline);
    }
    t->n_samples = 0;
}

/* By member: how wide an enum is, and so where there is padding, is up to the compiler. */
static bool same_verdict(struct verdict a, struct verdict b)
{
    return a.status == b.status && a.entry == b.entry && a.blame == b.blame;
}

static void make_hot(struct tally *t)
{
    if (!t->hot) {
        t->hot = alloc_zero(STATUS_SLOTS, sizeof t->hot[0]);
    }
}

/* A status has one verdict per source, so this happens once for each, and again only in sums. */
__attribute__((noinline)) static struct tally_cell *search_cell(struct tally *t, struct verdict v)
{
    uint32_t i = 0;
    while (i < t->n_cells && !same_verdict(t->cells[i].verdict, v)) {
        i++;
    }
    if (i == t->cap_cells) {
        t->cap_cells = t->cap_cells ? 2 * t->cap_cells : FIRST_CELLS;
        t->cells = alloc_resize(t->cells, t->cap_cells, sizeof t->cells[0]);
    }
    if (i == t->n_cells) {
        t->cells[t->n_cells++] = (struct tally_cell){.verdict = v};
    }
    if (i >= SEARCHED_CELLS) {
        make_hot(t);
    }
    if (t->hot) {
        t->hot[v.status] = i < UINT16_MAX ? (uint16_t)(i + 1) : 0;
    }
    t->hot_of = NULL;
    return &t->cells[i];
}

static struct tally_cell *cell_of(struct tally *t, struct verdict v)
{
    uint16_t number = t->hot ? t->hot[v.status] : 0;
    if (number && same_verdict(t->cells[number - 1].verdict, v)) {
        return &t->cells[number - 1];
    }
    return search_cell(t, v);
}

static struct sketch *sketch_of(struct tally *t, enum status_class class)
{
    if (!t->durations[class]) {
        t->durations[class] = alloc_zero(1, sizeof *t->durations[class]);
    }
    return t->durations[class];
}

static struct timeline *timeline_of(struct tally *t)
{
    if (!t->timeline) {
        t->timeline = alloc_zero(1, sizeof *t->timeline);
    }
    return t->timeline;
}

const struct timeline *tally_timeline(const struct tally *t)
{
    static const struct timeline none;
    return t->timeline ? t->timeline : &none;
}

static struct top *top_of(struct tally *t, enum tally_dimension d)
{
    if (!t->tops[d]) {
        t->tops[d] = top_new();
    }
    return t->tops[d];
}

/* A field that is a name, or nothing. */
static struct span name_in(struct span field)
{
    bool is_name = field.len > 1 || (field.len == 1 && field.ptr[0] != '-');
    return is_name ? field : (struct span){NULL, 0};
}

/* A name when the dimension is wanted. */
static struct span wanted(const struct tally *t, enum tally_dimension d, struct span name)
{
    return t->keep & 1U << d ? name_in(name) : (struct span){NULL, 0};
}

/* Counts a name that is there. Columns come from tables of constants: an array that was just
 * written would be read back in wider pieces, for which the processor has to wait. */
static void add_name(struct tally *t, enum tally_dimension d, struct span name,
                     const uint64_t columns[TOP_COLUMNS])
{
    if (name.len) {
        top_add(top_of(t, d), name, columns);
    }
}

static void add_request(struct tally *t, enum tally_dimension d, struct span name)
{
    if (name.len) {
        top_add_request(top_of(t, d), name);
    }
}

/* A host without the port that its scheme implies. A bare IPv6 address may end like one. */
__attribute__((noinline)) static struct span without_port(struct span host)
{
    size_t cut = span_ends(host, SPAN(":443")) ? 4 : span_ends(host, SPAN(":80")) ? 3 : 0;
    struct span rest = span_head(host, host.len - cut);
    bool is_port = cut && (span_find(rest, ':') == rest.len || span_ends(rest, SPAN("]")));
    return is_port ? rest : host;
}

/* The host as counted, when anybody wants it: without such a port, so that it is one name. */
static struct span host_of(const struct tally *t, struct span host)
{
    if (host.len == 0 || !(t->window.by & WINDOW_BY_HOST || (t->keep & 1U << TALLY_HOSTS))) {
        return (struct span){NULL, 0};
    }
    char last = host.ptr[host.len - 1];
    struct span rest = last == '3' || last == '0' ? without_port(host) : host;
    return rest.len == 1 && rest.ptr[0] == '-' ? (struct span){NULL, 0} : rest;
}

/* Puts down where an error was, and whatever else is told apart. */
static void add_places(struct tally *t, struct window_line *line, const struct event *e,
                       char route[ROUTE_BYTES])
{
    bool is_error = line->class == CLASS_4XX || line->class == CLASS_5XX || line->masked;
    bool keeps_routes = t->keep & 1U << TALLY_ROUTES;
    unsigned of_all = WINDOW_BY_UPSTREAM | WINDOW_ANSWERS;
    if (is_error || t->window.by & of_all) {
        line->upstream =
            t->window.by & of_all ? name_in(e->upstream) : wanted(t, TALLY_UPSTREAMS, e->upstream);
    }
    if ((is_error && keeps_routes) || t->window.by & WINDOW_BY_ROUTE) {
        line->route = route_of(e->target, route);
    }
}

/* Counts in time what is more than a count: an error with its place, the first line of a second. */
__attribute__((noinline)) static void add_to_window(struct tally *t, struct window_line *line,
                                                    const struct event *e, int64_t second)
{
    static const uint64_t columns[STATUS_CLASSES][TOP_COLUMNS] = {
        [CLASS_4XX] = {0, 1, 0},
        [CLASS_5XX] = {0, 0, 1},
    };
    char route[ROUTE_BYTES];
    add_places(t, line, e, route);
    if (line->class == CLASS_4XX || line->class == CLASS_5XX) {
        if (t->keep & 1U << TALLY_ROUTES) {
            add_name(t, TALLY_ROUTES, line->route, columns[line->class]);
        }
        add_name(t, TALLY_CLIENTS, wanted(t, TALLY_CLIENTS, e->client), columns[line->class]);
    }
    window_add_to(&t->window, timeline_of(t), second, line);
}

/* From and to are what the log says, whether the window believes it or not. */
static void add_time(struct tally *t, int64_t ms)
{
    t->from_ms = t->has_time && t->from_ms < ms ? t->from_ms : ms;
    t->to_ms = t->has_time && t->to_ms > ms ? t->to_ms : ms;
    t->has_time = true;
}

static inline int64_t second_of(int64_t ms)
{
    return ms >= 0 ? (int64_t)((uint64_t)ms / 1000) : -((999 - ms) / 1000);
}

void tally_request(struct tally *t, const struct event *e, struct verdict v, int64_t ms,
                   bool stamped, struct span line)
{
    static const uint64_t columns[STATUS_CLASSES][TOP_COLUMNS] = {
        {1, 0, 0}, {1, 0, 0}, {1, 0, 0}, [CLASS_4XX] = {1, 1, 0}, [CLASS_5XX] = {1, 0, 1},
        {1, 0, 0},
    };
    enum status_class class = status_class(v.status);
    bool is_error = class == CLASS_4XX || class == CLASS_5XX;
    int64_t second = second_of(ms);
    struct span host = host_of(t, e->host);
    t->lines++;
    t->requests++;
    cell_of(t, v)->count++;
    if (e->bytes >= 0) {
        t->bytes += (uint64_t)e->bytes;
        t->has_bytes = true;
    }
    if (e->duration_ns >= 0) {
        sketch_add(sketch_of(t, class), (uint64_t)e->duration_ns);
    }
    if (stamped) {
        add_time(t, ms);
    }
    add_name(t, TALLY_HOSTS, wanted(t, TALLY_HOSTS, host), columns[class]);
    add_name(t, TALLY_UPSTREAMS, wanted(t, TALLY_UPSTREAMS, e->upstream), columns[class]);
    /* A struct window_line is only made where it is needed, for the same reason. A list of statuses
     * is longer than one. */
    struct masked masked = {0};
    if (e->origin.len > 4) {
        masked = judge_first_masked(e);
    }
    if (!is_error && !masked.n && window_add_plain(&t->window, timeline_of(t), second, host)) {
        window_add_answer(&t->window, name_in(e->upstream));
    } else {
        struct window_line w = {.host = host,
                                .text = line,
                                .status = v.status,
                                .entry = v.entry,
                                .class = class,
                                .blame = v.blame,
                                .masked = masked.n,
                                .masked_status = masked.status,
                                .masked_upstream = name_in(masked.upstream)};
        add_to_window(t, &w, e, second);
    }
}

void tally_cause(struct tally *t, const struct event *e, const struct judgement *j)
{
    if (j->reason == REASON_NONE && e->origin.len == 0) {
        return;
    }
    if (!t->causes) {
        t->causes = causes_new();
    }
    causes_add(t->causes, e, j, t->keep & 1U << TALLY_UPSTREAMS);
}

/* Is there nothing about the request but its counts? A list of statuses is longer than one. */
static inline bool is_plain(const struct event *e)
{
    return status_is_plain(e->status) && e->origin.len <= 4 && event_flag_is_usual(e->flag);
}

/* Durations of requests without errors that no sketch has yet: their order changes nothing. */
struct durations {
    uint32_t n[CLASS_4XX];
    uint64_t ns[CLASS_4XX][DURATIONS];
};

static void add_durations(struct tally *t, struct durations *d, enum status_class class)
{
    if (d->n[class]) {
        sketch_add_all(sketch_of(t, class), d->ns[class], d->n[class]);
        d->n[class] = 0;
    }
}

/* In the window it is enough to note each upstream once in a second. */
static inline void add_upstream(struct tally *t, struct span name)
{
    if (!(t->keep & 1U << TALLY_UPSTREAMS)) {
        window_add_answer(&t->window, name);
    } else if (name.len &&
               top_add_request_in(top_of(t, TALLY_UPSTREAMS), name, (uint32_t)t->window.clock)) {
        window_add_answer(&t->window, name);
    }
}

/* What a request that is no error has beside its count. */
static inline void add_details(struct tally *t, const struct event *e, struct durations *d)
{
    if (e->duration_ns >= 0) {
        enum status_class class = status_class(e->status);
        d->ns[class][d->n[class]++] = (uint64_t)e->duration_ns;
        if (d->n[class] == DURATIONS) {
            add_durations(t, d, class);
        }
    }
    if (e->host.len) {
        add_request(t, TALLY_HOSTS, wanted(t, TALLY_HOSTS, host_of(t, e->host)));
    }
    if (e->upstream.len) {
        add_upstream(t, name_in(e->upstream));
    }
}

/* Makes sure that whatever is hot was made by this table, so that it need not be compared. */
static void heat(struct tally *t, const struct verdict_table *verdicts)
{
    if (t->hot_of != verdicts) {
        cool(t);
        make_hot(t);
        t->hot_of = verdicts;
    }
}

/* Requests of one second without errors, which differ in little more than their status: counted,
 * but not yet summed up. */
struct run {
    uint64_t bytes;
    uint32_t n;
    bool has_bytes;
};

static void end_run(struct tally *t, struct run *run)
{
    if (run->n) {
        t->lines += run->n;
        t->requests += run->n;
        t->bytes += run->bytes;
        t->has_bytes = t->has_bytes || run->has_bytes;
        window_add_run(&t->window, timeline_of(t), run->n);
    }
    *run = (struct run){0};
}

/* Errors, and what is not for the window's second. */
__attribute__((noinline)) static void count_singly(struct tally *t, struct event *e,
                                                   struct tally_time time,
                                                   const struct verdict_table *verdicts)
{
    struct judgement j = {.verdict = verdict_of(verdicts, e), .reason = REASON_NONE};
    if (!is_plain(e) || t->window.by & WINDOW_BY_ROUTE) {
        event_split(e);
    }
    if (!is_plain(e)) {
        j = judge(verdicts, e);
        tally_cause(t, e, &j);
    }
    tally_request(t, e, j.verdict, time.ms, time.stamped, e->line);
}

void tally_requests(struct tally *t, struct event *events, const struct tally_time *times, size_t n,
                    const struct verdict_table *verdicts)
{
    struct run run = {0};
    struct durations durations; /* not zeroed as a whole: it is large */
    struct tally_time time = {0};
    bool is_open = false; /* does the window take runs at `time`? */
    heat(t, verdicts);
    memset(durations.n, 0, sizeof durations.n);
    for (size_t i = 0; i < n; i++) {
        struct event *e = &events[i];
        if (!e->same_time) {
            time = times[i];
            is_open = window_can_run(&t->window, second_of(time.ms));
            if (time.stamped) {
                add_time(t, time.ms);
            }
        }
        uint16_t cell = t->hot[e->status];
        if (is_open && cell && is_plain(e)) {
            t->cells[cell - 1].count++;
            add_details(t, e, &durations);
            run.bytes += e->bytes >= 0 ? (uint64_t)e->bytes : 0;
            run.has_bytes = run.has_bytes || e->bytes >= 0;
            run.n++;
            continue;
        }
        end_run(t, &run);
        count_singly(t, e, time, verdicts);
        t->hot_of = verdicts; /* what it made hot is of this table, too */
        is_open = window_can_run(&t->window, second_of(time.ms));
    }
    end_run(t, &run);
    for (enum status_class c = CLASS_1XX; c < CLASS_4XX; c++) {
        add_durations(t, &durations, c);
    }
}

void tally_settle(struct tally *t)
{
    window_settle_to(&t->window, timeline_of(t));
}

void tally_ignored(struct tally *t)
{
    t->lines++;
    t->ignored++;
}

static void add_sample(struct tally *t, struct span text)
{
    if (t->n_samples == TALLY_SAMPLES) {
        return;
    }
    t->samples = alloc_resize(t->samples, t->n_samples + 1, sizeof t->samples[0]);
    struct tally_sample *s = &t->samples[t->n_samples++];
    text = span_head(text, TALLY_SAMPLE_BYTES);
    s->len = (uint16_t)text.len;
    if (text.len) {
        memcpy(s->text, text.ptr, text.len);
    }
}

void tally_unparsed(struct tally *t, struct span line)
{
    t->lines++;
    t->unparsed++;
    window_unparsed(&t->window, 1);
    add_sample(t, line);
}

/* The plain sums, and the widest time. */
static void merge_numbers(struct tally *into, const struct tally *from)
{
    into->lines += from->lines;
    into->requests += from->requests;
    into->unparsed += from->unparsed;
    into->ignored += from->ignored;
    into->late += from->late;
    into->bytes += from->bytes;
    into->has_bytes |= from->has_bytes;
    if (from->has_time) {
        add_time(into, from->from_ms);
        add_time(into, from->to_ms);
    }
}

/* What a piece counted in time before its window was drained: its timeline without its records. */
static void merge_drained(struct timeline *into, const struct window *w, const struct timeline *t)
{
    struct timeline rest = *t;
    for (uint32_t i = 0; i < w->n_records; i++) {
        const struct window_record *r = &w->records[i];
        if (window_is_whole(r)) {
            timeline_take(&rest, r->second, (struct timeline_step){r->requests, r->e4xx, r->e5xx});
        }
    }
    timeline_merge(into, &rest);
}

static void merge_times(struct tally *into, const struct window *w, const struct timeline *t)
{
    merge_drained(timeline_of(into), w, t);
    window_merge_to(&into->window, timeline_of(into), w);
}

void tally_merge_counts(struct tally *into, const struct tally *from)
{
    merge_numbers(into, from);
    for (uint32_t i = 0; i < from->n_cells; i++) {
        cell_of(into, from->cells[i].verdict)->count += from->cells[i].count;
    }
    for (enum status_class c = CLASS_1XX; c < STATUS_CLASSES; c++) {
        if (from->durations[c] && from->durations[c]->count) {
            sketch_merge(sketch_of(into, c), from->durations[c]);
        }
    }
    for (enum tally_dimension d = TALLY_HOSTS; d < TALLY_DIMENSIONS; d++) {
        if (from->tops[d]) {
            top_merge(top_of(into, d), from->tops[d]);
        }
    }
    if (from->causes) {
        if (!into->causes) {
            into->causes = causes_new();
        }
        causes_merge(into->causes, from->causes);
    }
    for (uint32_t i = 0; i < from->n_samples; i++) {
        add_sample(into, (struct span){from->samples[i].text, from->samples[i].len});
    }
}

void tally_merge(struct tally *into, const struct tally *from, bool same_source)
{
    tally_merge_counts(into, from);
    if (same_source) {
        merge_times(into, &from->window, tally_timeline(from));
    } else if (from->timeline && from->timeline->used) {
        timeline_merge(timeline_of(into), from->timeline);
    }
}

void tally_take_counts(struct tally *into, struct tally *from)
{
    tally_merge_counts(into, from);
    tally_clear(from);
}

/* The records of a window that is taken over keep their seconds, and so does the timeline. */
void tally_take_times(struct tally *into, struct window *w, const struct timeline *t)
{
    if (handover_take(&into->window, w)) {
        timeline_merge(timeline_of(into), t);
    } else {
        merge_times(into, w, t);
    }
    handover_reset(w);
}

void tally_classes(const struct tally *t, uint64_t out[STATUS_CLASSES])
{
    memset(out, 0, STATUS_CLASSES * sizeof out[0]);
    for (uint32_t i = 0; i < t->n_cells; i++) {
        out[status_class(t->cells[i].verdict.status)] += t->cells[i].count;
    }
}

void tally_blames(const struct tally *t, uint64_t out[BLAMES])
{
    memset(out, 0, BLAMES * sizeof out[0]);
    for (uint32_t i = 0; i < t->n_cells; i++) {
        out[t->cells[i].verdict.blame] += t->cells[i].count;
    }
}

bool tally_durations(const struct tally *t, struct sketch *out)
{
    *out = (struct sketch){0};
    for (size_t i = 0; i < STATUS_CLASSES; i++) {
        if (t->durations[i]) {
            sketch_merge(out, t->durations[i]);
        }
    }
    return out->count > 0;
}

/* The order of a report: it must be the same in every run, whatever the order of merging was.
 * Does cell `a` come before `b`? Cells differ in their verdict, so it is never undecided. */
static bool comes_before(const struct tally_cell *a, const struct tally_cell *b)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    if (a->verdict.status != b->verdict.status) {
        return a->verdict.status < b->verdict.status;
    }
    return a->verdict.entry != b->verdict.entry ? a->verdict.entry < b->verdict.entry
                                                : a->verdict.blame < b->verdict.blame;
}

size_t tally_order(const struct tally *t, uint32_t *out)
{
    /* Shell's sort: there are seldom more than 30 cells, and never many more than 1112. */
    static const uint32_t gaps[] = {301, 132, 57, 23, 10, 4, 1};
    for (uint32_t i = 0; i < t->n_cells; i++) {
        out[i] = i;
    }
    for (size_t g = 0; g < sizeof gaps / sizeof gaps[0]; g++) {
        for (uint32_t i = gaps[g]; i < t->n_cells; i++) {
            uint32_t moved = out[i], at = i;
            for (; at >= gaps[g]; at -= gaps[g]) {
                if (!comes_before(&t->cells[moved], &t->cells[out[at - gaps[g]]])) {
                    break;
                }
                out[at] = out[at - gaps[g]];
            }
            out[at] = moved;
        }
    }
    return t->n_cells;
}
