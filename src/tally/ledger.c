/*
 * Only the last second is ever written to, so its records are found from `second_at`: the first is
 * that of the whole source, and a host's name remembers which was the host's own.
 */
#include "tally/ledger.h"

#include "base/alloc.h"
#include "tally/nametable.h"

enum {
    FIRST_CAP = 16,
    FIRST_SAMPLES = 2, /* half a kilobyte each */
};

uint32_t ledger_number(struct window *w, struct span name, uint32_t *last)
{
    if (name.len == 0) {
        return NAMETABLE_NONE;
    }
    if (!w->names) {
        w->names = nametable_new();
    }
    return nametable_number(w->names, name, last);
}

/* Lets the oldest quarter go, by whole seconds: records, and errors of the same seconds. */
__attribute__((noinline)) static void forget_oldest(struct window *w)
{
    int64_t second = w->n_records >= WINDOW_MAX_SECONDS ? w->records[w->n_records / 4].second
                                                        : w->errors[w->n_errors / 4].second;
    uint32_t records = 0, errors = 0;
    while (records < w->n_records && w->records[records].second <= second) {
        records++;
    }
    while (errors < w->n_errors && w->errors[errors].second <= second) {
        errors++;
    }
    w->n_records -= records;
    w->n_errors -= errors;
    memmove(w->records, w->records + records, w->n_records * sizeof w->records[0]);
    if (errors) {
        memmove(w->errors, w->errors + errors, w->n_errors * sizeof w->errors[0]);
    }
    w->n_head = 0;
    w->unparsed_first = 0;
}

void ledger_advance(struct window *w, int64_t second)
{
    if (second <= w->clock) {
        return;
    }
    if (w->n_records >= WINDOW_MAX_SECONDS || w->n_errors >= WINDOW_MAX_SECONDS) {
        forget_oldest(w);
    }
    w->clock = second;
    w->second_at = w->n_records;
    w->errors_at = w->n_errors;
}

static struct window_record *append_record(struct window *w, struct ledger_place place)
{
    if (w->n_records == w->cap_records) {
        w->cap_records = w->cap_records ? 2 * w->cap_records : FIRST_CAP;
        w->records = alloc_resize(w->records, w->cap_records, sizeof w->records[0]);
    }
    struct window_record *r = &w->records[w->n_records++];
    *r = (struct window_record){
        .second = w->clock, .host = place.host, .route = place.route, .upstream = place.upstream};
    return r;
}

/* One of a place's names stands for it in the table of names: the one of which there are most, so
 * that few places have the same. */
static uint32_t name_of(struct ledger_place place)
{
    return place.route ? place.route : place.host ? place.host : place.upstream;
}

static bool is_place(const struct window_record *r, struct ledger_place place)
{
    return r->host == place.host && r->route == place.route && r->upstream == place.upstream;
}

/* Does that record stand in the clock's second, for a place of that name? */
static bool is_of_name(const struct window *w, uint32_t at, uint32_t name)
{
    if (at <= w->second_at || at >= w->n_records) {
        return false;
    }
    const struct window_record *r = &w->records[at];
    return name_of((struct ledger_place){r->host, r->route, r->upstream}) == name;
}

/* The record of a place in the clock's second: its name remembers the last one of that name, and
 * each record the one before it. With too many places, a new one is "other". */
static struct window_record *place_record(struct window *w, struct ledger_place place)
{
    uint32_t name = name_of(place), *mark = &w->names->items[name].mark;
    for (uint32_t at = *mark; is_of_name(w, at, name); at = w->records[at].before) {
        if (is_place(&w->records[at], place)) {
            return &w->records[at];
        }
    }
    uint32_t before = is_of_name(w, *mark, name) ? *mark : 0;
    bool is_full = w->n_records - w->second_at > WINDOW_PLACES;
    struct ledger_place other = {place.host ? NAMETABLE_OTHER : 0,
                                 place.route ? NAMETABLE_OTHER : 0,
                                 place.upstream ? NAMETABLE_OTHER : 0};
    if (is_full && name != NAMETABLE_OTHER) {
        return place_record(w, other);
    }
    *mark = w->n_records;
    append_record(w, place)->before = before;
    return &w->records[*mark];
}

struct ledger_place ledger_place_of(const struct window *w, struct ledger_place all)
{
    return (struct ledger_place){w->by & WINDOW_BY_HOST ? all.host : NAMETABLE_NONE,
                                 w->by & WINDOW_BY_ROUTE ? all.route : NAMETABLE_NONE,
                                 w->by & WINDOW_BY_UPSTREAM ? all.upstream : NAMETABLE_NONE};
}

static void add_counts(struct window_record *r, struct ledger_counts n)
{
    r->requests += n.requests;
    r->e4xx += n.e4xx;
    r->e5xx += n.e5xx;
}

void ledger_add_place(struct window *w, struct ledger_place place, struct ledger_counts n)
{
    if (!w->names) {
        w->names = nametable_new(); /* WINDOW_OTHER may come in a merge, without any name. */
    }
    add_counts(place_record(w, place), n);
}

void ledger_add_unparsed(struct window *w, uint32_t n)
{
    if (n == 0) {
        return;
    }
    if (w->second_at == w->n_records) {
        append_record(w, (struct ledger_place){0});
    }
    w->records[w->second_at].unparsed += n;
}

void ledger_add(struct window *w, struct timeline *timeline, struct ledger_counts n)
{
    if (w->second_at == w->n_records) {
        append_record(w, (struct ledger_place){0});
    }
    add_counts(&w->records[w->second_at], n);
    if (timeline) {
        timeline_add(timeline, w->clock, (struct timeline_step){n.requests, n.e4xx, n.e5xx});
    }
}

/* Upstreams that answered in this second. */
static uint32_t count_answers(const struct window *w)
{
    uint32_t n = 0;
    for (uint32_t i = w->errors_at; i < w->n_errors; i++) {
        n += w->errors[i].blame == WINDOW_ANSWERED;
    }
    return n;
}

void ledger_add_errors(struct window *w, struct ledger_kind k, uint32_t count)
{
    for (uint32_t i = w->errors_at; i < w->n_errors; i++) {
        if (ledger_is_kind(&w->errors[i], &k)) {
            w->errors[i].count += count;
            w->last_answer = i;
            return;
        }
    }
    /* When there are too many kinds, what is left of a new one is its host, what is watched apart,
     * its status and blame; then its status and blame. */
    bool is_answer = k.blame == WINDOW_ANSWERED;
    uint32_t answers = count_answers(w);
    if (is_answer && answers >= WINDOW_ANSWERING) {
        return;
    }
    uint32_t n = is_answer ? 0 : w->n_errors - w->errors_at - answers;
    struct ledger_kind less = k;
    bool is_less = n >= WINDOW_ERRORS, is_least = n >= WINDOW_PLACE_ERRORS;
    if (is_least || (is_less && !(w->by & WINDOW_BY_ROUTE))) {
        less.route = NAMETABLE_OTHER;
    }
    if (is_least || (is_less && !(w->by & WINDOW_BY_UPSTREAM))) {
        less.upstream = NAMETABLE_OTHER;
    }
    if (is_least) {
        less.host = NAMETABLE_OTHER;
    }
    if (less.host != k.host || less.route != k.route || less.upstream != k.upstream) {
        ledger_add_errors(w, less, count);
        return;
    }
    if (w->n_errors == w->cap_errors) {
        w->cap_errors = w->cap_errors ? 2 * w->cap_errors : FIRST_CAP;
        w->errors = alloc_resize(w->errors, w->cap_errors, sizeof w->errors[0]);
    }
    w->errors[w->n_errors++] = (struct window_error){w->clock, k.host,   k.route, k.upstream,
                                                     count,    k.status, k.entry, k.blame};
}

void ledger_add_sample(struct window *w, struct ledger_place at, uint16_t status, struct span text)
{
    size_t class = ledger_sampled(status);
    bool is_first = !w->has_sampled[class] || w->clock > w->sampled[class];
    if (!is_first || w->n_samples == WINDOW_SAMPLES) {
        return;
    }
    w->has_sampled[class] = true;
    w->sampled[class] = w->clock;
    if (w->n_samples == w->cap_samples) {
        w->cap_samples = w->cap_samples ? 2 * w->cap_samples : FIRST_SAMPLES;
        w->samples = alloc_resize(w->samples, w->cap_samples, sizeof w->samples[0]);
    }
    struct window_sample *s = &w->samples[w->n_samples++];
    text = span_head(text, WINDOW_SAMPLE_BYTES);
    s->second = w->clock;
    s->host = at.host;
    s->route = at.route;
    s->upstream = at.upstream;
    s->status = status;
    s->len = (uint16_t)text.len;
    if (text.len) {
        memcpy(s->text, text.ptr, text.len);
    }
}

/* Names are looked up for errors only: the usual line of a window without places has none. */
__attribute__((noinline)) static void count_error(struct window *w, const struct window_line *line,
                                                  struct ledger_place at)
{
    struct ledger_kind k = {at.host, at.route, at.upstream, line->status, line->entry, line->blame};
    ledger_add_errors(w, k, 1);
    if (line->class == CLASS_5XX || w->by & WINDOW_4XX_SAMPLES) {
        ledger_add_sample(w, at, line->status, line->text);
    }
}

/* Of the names only those that are wanted get a number. */
static struct ledger_place number_names(struct window *w, const struct window_line *line,
                                        unsigned wanted)
{
    struct ledger_place at = {0};
    if (wanted & WINDOW_BY_HOST) {
        at.host = ledger_number(w, line->host, &w->last_host);
    }
    if (wanted & WINDOW_BY_ROUTE) {
        at.route = ledger_number(w, line->route, &w->last_route);
    }
    if (wanted & WINDOW_BY_UPSTREAM) {
        at.upstream = ledger_number(w, line->upstream, &w->last_upstream);
    }
    return at;
}

/* The answer was another server's, whatever it was. */
__attribute__((noinline)) static void count_masked(struct window *w, const struct window_line *line)
{
    struct ledger_kind k = {.status = line->masked_status, .blame = WINDOW_MASKED};
    k.host = ledger_number(w, line->host, &w->last_host);
    k.route = ledger_number(w, line->route, &w->last_route);
    k.upstream = ledger_number(w, line->masked_upstream, &w->last_upstream);
    ledger_add_errors(w, k, line->masked);
}

void ledger_add_answer(struct window *w, struct span upstream)
{
    struct ledger_kind k = {.blame = WINDOW_ANSWERED};
    k.upstream = ledger_number(w, upstream, &w->last_upstream);
    bool is_now = w->last_answer >= w->errors_at && w->last_answer < w->n_errors;
    if (is_now && ledger_is_kind(&w->errors[w->last_answer], &k)) {
        w->errors[w->last_answer].count++;
    } else if (k.upstream != NAMETABLE_OTHER) {
        ledger_add_errors(w, k, 1);
    }
}

void ledger_add_line(struct window *w, struct timeline *timeline, const struct window_line *line)
{
    struct ledger_counts n = ledger_counts_of(line);
    bool is_error = n.e4xx || n.e5xx;
    struct ledger_place at = {0}, apart = {0};
    ledger_add(w, timeline, n);
    if (is_error || w->by & WINDOW_BY_PLACE) {
        at = number_names(w, line, is_error ? WINDOW_BY_PLACE : w->by);
        apart = ledger_place_of(w, at);
    }
    if (name_of(apart)) {
        ledger_add_place(w, apart, n);
    }
    if (is_error) {
        count_error(w, line, at);
    }
    if (line->masked) {
        count_masked(w, line);
    }
    if (ledger_is_answer(w, line)) {
        ledger_add_answer(w, line->upstream);
    }
}
