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

/* Not bounded here: a second has at most NAMETABLE_NUMBERS records, and each new one asks
 * forget_oldest. */
static struct window_record *append_record(struct window *w, uint32_t host)
{
    if (w->n_records == w->cap_records) {
        w->cap_records = w->cap_records ? 2 * w->cap_records : FIRST_CAP;
        w->records = alloc_resize(w->records, w->cap_records, sizeof w->records[0]);
    }
    struct window_record *r = &w->records[w->n_records++];
    *r = (struct window_record){.second = w->clock, .host = host};
    return r;
}

/* The record of a virtual host in the clock's second: its name remembers where it was last. */
static struct window_record *host_record(struct window *w, uint32_t host)
{
    uint32_t *mark = &w->names->items[host].mark;
    if (*mark > w->second_at && *mark < w->n_records && w->records[*mark].host == host) {
        return &w->records[*mark];
    }
    *mark = w->n_records;
    return append_record(w, host);
}

static void add_counts(struct window_record *r, struct ledger_counts n)
{
    r->requests += n.requests;
    r->e4xx += n.e4xx;
    r->e5xx += n.e5xx;
}

void ledger_add_host(struct window *w, uint32_t host, struct ledger_counts n)
{
    if (!w->names) {
        w->names = nametable_new(); /* WINDOW_OTHER may come in a merge, without any name. */
    }
    add_counts(host_record(w, host), n);
}

void ledger_add_unparsed(struct window *w, uint32_t n)
{
    if (n == 0) {
        return;
    }
    if (w->second_at == w->n_records) {
        append_record(w, NAMETABLE_NONE);
    }
    w->records[w->second_at].unparsed += n;
}

void ledger_add(struct window *w, struct timeline *timeline, struct ledger_counts n)
{
    if (w->second_at == w->n_records) {
        append_record(w, NAMETABLE_NONE);
    }
    add_counts(&w->records[w->second_at], n);
    if (timeline) {
        timeline_add(timeline, w->clock, (struct timeline_step){n.requests, n.e4xx, n.e5xx});
    }
}

void ledger_add_errors(struct window *w, struct ledger_kind k, uint32_t count)
{
    for (uint32_t i = w->errors_at; i < w->n_errors; i++) {
        if (ledger_is_kind(&w->errors[i], &k)) {
            w->errors[i].count += count;
            return;
        }
    }
    /* When there are too many kinds, what is left of a new one is its host, status and blame; then
     * its status and blame. */
    uint32_t n = w->n_errors - w->errors_at;
    struct ledger_kind less = k;
    if (n >= WINDOW_ERRORS) {
        less.route = less.upstream = NAMETABLE_OTHER;
    }
    if (n >= WINDOW_HOST_ERRORS) {
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

void ledger_add_sample(struct window *w, uint32_t host, uint16_t status, struct span text)
{
    bool is_first = !w->has_sampled || w->clock > w->sampled;
    if (!is_first || w->n_samples == WINDOW_SAMPLES) {
        return;
    }
    w->has_sampled = true;
    w->sampled = w->clock;
    if (w->n_samples == w->cap_samples) {
        w->cap_samples = w->cap_samples ? 2 * w->cap_samples : FIRST_SAMPLES;
        w->samples = alloc_resize(w->samples, w->cap_samples, sizeof w->samples[0]);
    }
    struct window_sample *s = &w->samples[w->n_samples++];
    text = span_head(text, WINDOW_SAMPLE_BYTES);
    s->second = w->clock;
    s->host = host;
    s->status = status;
    s->len = (uint16_t)text.len;
    if (text.len) {
        memcpy(s->text, text.ptr, text.len);
    }
}

/* Names are looked up for errors only: the usual line of a window without hosts has none. */
__attribute__((noinline)) static void count_error(struct window *w, const struct window_line *line)
{
    struct ledger_kind k = {.status = line->status, .entry = line->entry, .blame = line->blame};
    k.host = ledger_number(w, line->host, &w->last_host);
    k.route = ledger_number(w, line->route, &w->last_route);
    k.upstream = ledger_number(w, line->upstream, &w->last_upstream);
    ledger_add_errors(w, k, 1);
    if (line->class == CLASS_5XX) {
        ledger_add_sample(w, k.host, line->status, line->text);
    }
}

void ledger_add_line(struct window *w, struct timeline *timeline, const struct window_line *line)
{
    struct ledger_counts n = ledger_counts_of(line);
    ledger_add(w, timeline, n);
    if (w->by_host && line->host.len) {
        ledger_add_host(w, ledger_number(w, line->host, &w->last_host), n);
    }
    if (n.e4xx || n.e5xx) {
        count_error(w, line);
    }
}
