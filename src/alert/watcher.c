/*
 * A window is taken second by second, and what can be closed before each is closed first: so a year
 * that is handed over at once needs no more memory than a second, and gives the same alerts as one
 * that is handed over bit by bit.
 *
 * A window may tell apart more than a rule does, when others ask for more: then several of its
 * records are one series. Requests without a virtual host (route, upstream) have no record of their
 * own: they are what is left of the whole source when all others are taken away, and are watched as
 * the series without one.
 */
#include "alert/watcher.h"

#include "base/alloc.h"
#include "tally/nametable.h"

#include <stdlib.h>

struct counts {
    uint64_t requests, errors;
};

/* One call of watcher_take. */
struct taking {
    struct watcher *watch;
    const struct lane_owner *owner;
    const struct watcher_feed *feed;
    struct lane *lane;
    struct span source;     /* empty when the rule is not by source */
    unsigned by;            /* what both the rule and the window tell apart, bits of rule_by */
    uint32_t record, error; /* the next ones */
    uint64_t late;
};

void watcher_init(struct watcher *watch, const struct rule *rule)
{
    *watch = (struct watcher){.rule = *rule};
}

void watcher_done(struct watcher *watch, struct label_table *labels)
{
    for (size_t i = 0; i < watch->n_lanes; i++) {
        lane_free(watch->lanes[i], labels);
    }
    free(watch->lanes);
    free(watch->refused);
    *watch = (struct watcher){0};
}

/* A lane is made when its source has something to say; the numbers before it may stay empty. */
struct lane *watcher_lane(struct watcher *watch, size_t number)
{
    if (number >= watch->n_lanes) {
        watch->lanes = alloc_resize(watch->lanes, number + 1, sizeof(struct lane *));
        memset(watch->lanes + watch->n_lanes, 0,
               (number + 1 - watch->n_lanes) * sizeof(struct lane *));
        watch->n_lanes = number + 1;
    }
    if (!watch->lanes[number]) {
        watch->lanes[number] = lane_new();
    }
    return watch->lanes[number];
}

static struct span name_of(const struct taking *t, unsigned by, uint32_t number)
{
    return t->by & by ? window_name(t->feed->w, number) : (struct span){0};
}

/* The series that such names belong to. */
static struct series_key key_of(const struct taking *t, uint32_t host, uint32_t route,
                                uint32_t upstream)
{
    return (struct series_key){.source = t->source,
                               .host = name_of(t, RULE_BY_HOST, host),
                               .route = name_of(t, RULE_BY_ROUTE, route),
                               .upstream = name_of(t, RULE_BY_UPSTREAM, upstream)};
}

static bool is_rest(const struct series_key *key)
{
    return key->host.len + key->route.len + key->upstream.len == 0;
}

/* What stands for all series above the cap. */
static struct series_key other_of(const struct series_key *key)
{
    struct span other = SPAN("other"), none = {0};
    return (struct series_key){.source = key->source,
                               .host = key->host.len ? other : none,
                               .route = key->route.len ? other : none,
                               .upstream = key->upstream.len ? other : none};
}

/* Counts series and not their requests, as well as a small table can: two that share a place in it
 * are counted more than once. */
static void count_refused(struct watcher *watch, uint64_t hash)
{
    if (!watch->refused) {
        watch->refused = alloc_zero(WATCHER_REFUSED, sizeof *watch->refused);
    }
    uint64_t *kept = &watch->refused[hash % WATCHER_REFUSED];
    watch->n_refused += *kept != hash;
    *kept = hash;
}

/* The series of a key; above the cap, all are watched together as "other". */
static struct series *series_of(struct taking *t, const struct series_key *key)
{
    uint64_t hash = series_hash(key);
    struct series *s = lane_find(t->lane, hash, key);
    if (s) {
        return s;
    }
    struct series_key other = other_of(key);
    if (*t->owner->n_series >= ALERT_SERIES && series_hash(&other) != hash) {
        count_refused(t->watch, hash);
        return series_of(t, &other);
    }
    return lane_create(t->lane, t->owner, hash, key);
}

/* Errors that are told by their class are counted in the record; others are added later, one by
 * one. */
static struct counts counts_of(const struct taking *t, const struct window_record *r)
{
    const struct rule_on *on = &t->watch->rule.on;
    if (on->classes == ON_UNPARSED) {
        return (struct counts){(uint64_t)r->requests + r->unparsed, r->unparsed};
    }
    if (!on_is_by_class(on)) {
        return (struct counts){r->requests, 0};
    }
    uint64_t e4xx = on->classes & ON_4XX ? r->e4xx : 0, e5xx = on->classes & ON_5XX ? r->e5xx : 0;
    return (struct counts){r->requests, e4xx + e5xx};
}

static bool is_error(const struct taking *t, const struct window_error *e)
{
    struct verdict v = {e->status, e->entry, e->blame};
    if (e->blame == WINDOW_MASKED) { /* was one to the server, though not to the client */
        v = (struct verdict){e->status, VERDICT_UNASSIGNED, BLAME_UPSTREAM};
    }
    return v.blame < BLAMES && on_has(&t->watch->rule.on, v);
}

static void add(struct taking *t, int64_t second, const struct series_key *key, struct counts n)
{
    struct lane_entry entry = {second, series_of(t, key), n.requests, n.errors};
    lane_add(t->lane, t->owner, &entry);
}

/* The second that what was counted at `second` goes into. */
static int64_t open_second(const struct taking *t, int64_t second)
{
    return second < t->lane->next ? t->lane->next : second;
}

/* What the places of a source take away from the whole is never more than there is. */
static void take_records(struct taking *t, int64_t second)
{
    const struct window *w = t->feed->w;
    struct series_key rest_key = {.source = t->source};
    struct counts rest = {0};
    bool is_late = second < t->lane->next;
    for (; t->record < w->n_records && w->records[t->record].second == second; t->record++) {
        const struct window_record *r = &w->records[t->record];
        struct series_key key = key_of(t, r->host, r->route, r->upstream);
        struct counts n = counts_of(t, r);
        if (window_is_whole(r)) {
            rest.requests += n.requests;
            rest.errors += n.errors;
            t->late += is_late ? n.requests : 0;
        } else if (!is_rest(&key)) {
            add(t, open_second(t, second), &key, n);
            rest.requests -= n.requests < rest.requests ? n.requests : rest.requests;
            rest.errors -= n.errors < rest.errors ? n.errors : rest.errors;
        }
    }
    if (rest.requests) {
        add(t, open_second(t, second), &rest_key, rest);
    }
}

/* The series that errors at a place belong to, or NULL: they came after its own requests. */
static struct series *find_series(const struct taking *t, uint32_t host, uint32_t route,
                                  uint32_t upstream)
{
    struct series_key key = key_of(t, host, route, upstream);
    struct series *s = lane_find(t->lane, series_hash(&key), &key);
    if (!s) {
        struct series_key other = other_of(&key);
        s = lane_find(t->lane, series_hash(&other), &other);
    }
    return s;
}

/* Nothing before this second is needed any more. */
static int64_t oldest_of(const struct taking *t)
{
    return t->lane->next == INT64_MIN ? INT64_MIN : t->lane->next - t->watch->rule.window_s;
}

/* A name that the series has needs not be said again. */
static struct label *label_of(const struct taking *t, unsigned by, uint32_t number)
{
    bool has_name = number != WINDOW_OTHER && !(t->by & by);
    return has_name ? label_take(t->owner->labels, window_name(t->feed->w, number)) : NULL;
}

static void take_answer(struct taking *t, const struct window_error *e)
{
    if (e->upstream != WINDOW_OTHER && rule_wants_answers(&t->watch->rule)) {
        answers_add(&t->lane->answers, t->owner->labels, window_name(t->feed->w, e->upstream),
                    open_second(t, e->second), oldest_of(t));
    }
}

/* Its requests were counted already, and its errors too if they are told by their class. */
static void take_error(struct taking *t, const struct window_error *e)
{
    if (e->blame == WINDOW_ANSWERED) {
        take_answer(t, e);
        return;
    }
    struct series *s = is_error(t, e) ? find_series(t, e->host, e->route, e->upstream) : NULL;
    if (!s) {
        return;
    }
    struct diagnosis_error error = {.second = open_second(t, e->second),
                                    .host = label_of(t, RULE_BY_HOST, e->host),
                                    .route = label_of(t, RULE_BY_ROUTE, e->route),
                                    .upstream = label_of(t, RULE_BY_UPSTREAM, e->upstream),
                                    .count = e->count,
                                    .status = e->status,
                                    .entry = e->entry,
                                    .blame = (uint8_t)e->blame};
    diagnosis_add(&s->diagnosis, t->owner->labels, &error, oldest_of(t));
    if (e->blame == WINDOW_MASKED) {
        return;
    }
    seen_note(&s->seen, error.status, error.entry, error.second);
    if (!on_is_by_class(&t->watch->rule.on)) {
        struct lane_entry entry = {error.second, s, 0, e->count};
        lane_add(t->lane, t->owner, &entry);
    }
}

/* Whose fault it was is not kept with a line: that of an error like it must do. */
static bool is_sampled(const struct taking *t, const struct window_sample *sample)
{
    const struct window *w = t->feed->w;
    if (on_has_code(&t->watch->rule.on, sample->status)) {
        return true;
    }
    for (uint32_t i = t->error; i-- > 0 && w->errors[i].second == sample->second;) {
        const struct window_error *e = &w->errors[i];
        bool is_same = e->status == sample->status && e->host == sample->host;
        if (is_same && e->blame != WINDOW_MASKED && is_error(t, e)) {
            return true;
        }
    }
    return false;
}

static void take_samples(struct taking *t, int64_t second)
{
    const struct window *w = t->feed->w;
    for (uint32_t i = 0; i < w->n_samples; i++) {
        const struct window_sample *sample = &w->samples[i];
        bool is_now = sample->second == second && is_sampled(t, sample);
        struct series *s =
            is_now ? find_series(t, sample->host, sample->route, sample->upstream) : NULL;
        if (s) {
            diagnosis_keep(&s->diagnosis, sample, t->watch->rule.samples, oldest_of(t));
        }
    }
}

/* Never beyond what the feed allows: others may still bring lines for those seconds. */
static void close_before(struct taking *t, int64_t limit)
{
    lane_close(t->lane, t->owner, limit < t->feed->limit ? limit : t->feed->limit);
}

/* Requests before the errors of the same second, because an error only finds a series that its
 * requests have made. */
static void take_window(struct taking *t, const struct window *w)
{
    while (t->record < w->n_records) {
        int64_t second = w->records[t->record].second;
        close_before(t, second);
        take_records(t, second);
        while (t->error < w->n_errors && w->errors[t->error].second <= second) {
            take_error(t, &w->errors[t->error++]);
        }
        take_samples(t, second);
    }
}

uint64_t watcher_take(struct watcher *watch, const struct lane_owner *owner,
                      const struct watcher_feed *feed)
{
    bool by_source = watch->rule.by & RULE_BY_SOURCE;
    struct taking t = {.watch = watch, .owner = owner, .feed = feed};
    t.lane = watcher_lane(watch, by_source ? feed->number : 0);
    t.source = by_source ? feed->source : (struct span){0};
    if (feed->w) {
        t.by = watch->rule.by & 2U * feed->w->by & RULE_BY_PLACE;
        take_window(&t, feed->w);
    }
    close_before(&t, feed->limit);
    return t.late;
}

bool watcher_can_wait(const struct watcher *watch)
{
    bool is_shared = !(watch->rule.by & RULE_BY_SOURCE);
    return !is_shared || watch->n_lanes == 0 || lane_can_wait(watch->lanes[0], &watch->rule);
}

/* The lane of a source of its own, or NULL. */
static struct lane *own_lane(const struct watcher *watch, size_t number)
{
    bool is_shared = !(watch->rule.by & RULE_BY_SOURCE);
    return !is_shared && number < watch->n_lanes ? watch->lanes[number] : NULL;
}

void watcher_pack(struct watcher *watch, size_t number)
{
    struct lane *lane = own_lane(watch, number);
    if (lane) {
        lane_pack(lane, &watch->rule);
    }
}

bool watcher_rest(struct watcher *watch, size_t number, struct label_table *labels)
{
    struct lane *lane = own_lane(watch, number);
    if (lane && !lane_can_wait(lane, &watch->rule)) {
        return false;
    }
    if (lane) {
        lane_rest(lane, &watch->rule, labels);
    }
    return true;
}

void watcher_each(struct watcher *watch, void (*fn)(struct series *s, int64_t next, void *ctx),
                  void *ctx)
{
    for (size_t i = 0; i < watch->n_lanes; i++) {
        const struct lane *lane = watch->lanes[i];
        for (size_t k = 0; lane && k < lane->n_slots; k++) {
            if (lane->slots[k]) {
                fn(lane->slots[k], lane->next, ctx);
            }
        }
    }
}
