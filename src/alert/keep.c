/*
 * What a set knows, over a restart. A piece for the set, one for each alert, one for each lane with
 * its series, which hold their alerts by id, and then what was heard of since (journal.c). The
 * state of a detector is kept as its bytes: it has no pointers, and a lane says which rule it was
 * for, so another detector or other settings leave it out and learn anew. Pieces come from a store
 * whose checksum was right; all the same nothing in them is believed that could lead outside of an
 * array.
 */
#include "alert/alert.h"
#include "alert/group.h"
#include "alert/journal.h"
#include "alert/piece.h"
#include "alert/places.h"
#include "alert/set.h"
#include "base/alloc.h"
#include "base/packing.h"
#include "tally/pack.h"

#include <stdlib.h>

enum {
    SETS = 1,
    ALERTS = 2,
    LANES = 3,
    JOURNAL = 4,
};

static void begin(struct buf *out, int kind)
{
    *out = (struct buf){0};
    buf_byte(out, PIECE_VERSION);
    buf_byte(out, (char)kind);
}

static void put_name(struct buf *out, const char *text)
{
    packing_put_text(out, span_of(text));
}

/* Cut to `size` with its NUL. */
static void get_name(struct packing *in, char *out, size_t size)
{
    struct span text = span_head(packing_get_text(in), size - 1);
    memset(out, 0, size);
    if (text.len) {
        memcpy(out, text.ptr, text.len);
    }
}

/* INT64_MIN and INT64_MAX stand for "never". */
static int64_t get_second(struct packing *in)
{
    int64_t second = packing_get_signed(in);
    bool is_never = second == INT64_MIN || second == INT64_MAX;
    return is_never || (second < JOURNAL_SECOND_MOST && second > -JOURNAL_SECOND_MOST) ? second : 0;
}

static void keep_set(const struct alert_set *set, alert_keep_fn keep, void *ctx)
{
    struct buf out;
    begin(&out, SETS);
    packing_put(&out, set->late);
    packing_put(&out, alert_set_refused(set));
    packing_put(&out, set->sources.n_sources);
    for (size_t i = 0; i < set->sources.n_sources; i++) {
        put_name(&out, set->sources.sources[i].name);
        packing_put_signed(&out, set->sources.sources[i].closed_before);
    }
    packing_put(&out, set->silences.n);
    for (size_t i = 0; i < set->silences.n; i++) {
        put_name(&out, set->silences.items[i].rule);
        put_name(&out, set->silences.items[i].series);
        packing_put_signed(&out, set->silences.items[i].until);
    }
    keep("", &out, ctx);
}

/* Sources are known by what they have passed, and idle until they are met. */
static void read_set(struct alert_set *set, struct packing *in)
{
    set->late += packing_get(in);
    set->refused += packing_get(in);
    for (uint64_t n = packing_get(in); n > 0 && !in->is_bad; n--) {
        char *name = alloc_text(packing_get_text(in));
        int64_t passed = get_second(in);
        if (!in->is_bad) {
            size_t number = progress_source(&set->sources, name);
            progress_close(&set->sources, number, passed);
            progress_set_idle(&set->sources, number, true);
        }
        free(name);
    }
    for (uint64_t n = packing_get_upto(in, SILENCE_MAX); n > 0 && !in->is_bad; n--) {
        struct span rule = packing_get_text(in), series = packing_get_text(in);
        int64_t until = get_second(in);
        if (!in->is_bad) {
            silence_set(&set->silences, rule, series, until, INT64_MIN);
        }
    }
}

static void put_places(struct buf *out, const struct alert *a)
{
    packing_put(out, a->n_where);
    for (uint32_t i = 0; i < a->n_where; i++) {
        put_name(out, a->where[i].dimension);
        put_name(out, a->where[i].name);
        packing_put(out, a->where[i].errors);
        packing_put_double(out, a->where[i].share);
        packing_put_double(out, a->where[i].before);
        packing_put(out, a->where[i].explains);
    }
    packing_put(out, a->n_samples);
    for (uint32_t i = 0; i < a->n_samples; i++) {
        put_name(out, a->samples[i]);
    }
}

static void get_places(struct packing *in, struct alert *a)
{
    uint64_t n = packing_get_upto(in, ALERT_WHERE);
    for (uint64_t i = 0; i < n; i++) {
        struct alert_where *w = &a->where[a->n_where];
        w->dimension = places_dimension(packing_get_text(in));
        get_name(in, w->name, sizeof w->name);
        w->errors = packing_get(in);
        w->share = packing_get_double(in);
        w->before = in->version < 3 ? -1 : packing_get_double(in);
        w->explains = in->version >= 3 && packing_get_upto(in, 1) != 0;
        a->n_where += w->dimension != NULL;
    }
    a->n_samples = (uint32_t)packing_get_upto(in, ALERT_SAMPLES);
    for (uint32_t i = 0; i < a->n_samples; i++) {
        get_name(in, a->samples[i], sizeof a->samples[i]);
    }
}

static void put_codes(struct buf *out, const struct alert *a)
{
    packing_put(out, a->n_codes);
    for (uint32_t i = 0; i < a->n_codes; i++) {
        pack_code(out, a->codes[i].status, a->codes[i].entry);
        packing_put(out, (uint64_t)a->codes[i].blame);
        packing_put(out, a->codes[i].count);
        packing_put(out, a->codes[i].is_new);
    }
    for (size_t i = 0; i < BLAMES; i++) {
        packing_put(out, a->blame[i]);
    }
}

static void get_codes(struct packing *in, struct alert *a)
{
    a->n_codes = (uint32_t)packing_get_upto(in, ALERT_CODES);
    for (uint32_t i = 0; i < a->n_codes; i++) {
        piece_get_code(in, &a->codes[i].status, &a->codes[i].entry);
        a->codes[i].blame = (enum blame)packing_get_upto(in, BLAMES - 1);
        a->codes[i].count = packing_get(in);
        a->codes[i].is_new = in->version >= 3 && packing_get_upto(in, 1) != 0;
    }
    for (size_t i = 0; i < BLAMES; i++) {
        a->blame[i] = packing_get(in);
    }
}

static void put_gone(struct buf *out, const struct alert *a)
{
    packing_put(out, a->n_gone);
    for (uint32_t i = 0; i < a->n_gone; i++) {
        put_name(out, a->gone[i].upstream);
        packing_put_signed(out, a->gone[i].last);
    }
}

static void get_gone(struct packing *in, struct alert *a)
{
    a->n_gone = (uint32_t)packing_get_upto(in, ALERT_GONE);
    for (uint32_t i = 0; i < a->n_gone; i++) {
        get_name(in, a->gone[i].upstream, sizeof a->gone[i].upstream);
        a->gone[i].last = get_second(in);
    }
}

static void keep_alert(const struct alert *a, alert_keep_fn keep, void *ctx)
{
    struct buf out;
    begin(&out, ALERTS);
    put_name(&out, a->id);
    put_name(&out, a->rule);
    packing_put(&out, (uint64_t)a->state);
    packing_put(&out, a->silenced);
    packing_put(&out, (uint64_t)a->severity);
    put_name(&out, a->source);
    put_name(&out, a->host);
    put_name(&out, a->route);
    put_name(&out, a->upstream);
    packing_put_signed(&out, a->since);
    packing_put_signed(&out, a->at);
    packing_put_signed(&out, a->resolved_at);
    packing_put(&out, a->requests);
    packing_put(&out, a->errors);
    packing_put_double(&out, a->ratio);
    packing_put_double(&out, a->baseline);
    packing_put(&out, a->has_budget);
    packing_put(&out, a->masked);
    packing_put_double(&out, a->expected);
    packing_put_double(&out, a->burn_rate);
    packing_put_double(&out, a->budget_left);
    put_name(&out, a->evidence);
    put_codes(&out, a);
    put_places(&out, a);
    put_name(&out, a->summary);
    put_name(&out, a->group);
    packing_put(&out, a->has_grown);
    packing_put(&out, (uint64_t)a->told);
    put_gone(&out, a);
    keep(a->id, &out, ctx);
}

static void read_alert(struct alert_set *set, struct packing *in)
{
    struct alert *a = alloc_zero(1, sizeof *a);
    get_name(in, a->id, sizeof a->id);
    get_name(in, a->rule, sizeof a->rule);
    a->state = (enum alert_state)packing_get_upto(in, ALERT_RESOLVED);
    a->silenced = packing_get_upto(in, 1) != 0;
    a->severity = (enum rule_severity)packing_get_upto(in, RULE_INFO);
    get_name(in, a->source, sizeof a->source);
    get_name(in, a->host, sizeof a->host);
    if (in->version >= 3) {
        get_name(in, a->route, sizeof a->route);
        get_name(in, a->upstream, sizeof a->upstream);
    }
    a->since = get_second(in);
    a->at = get_second(in);
    a->resolved_at = get_second(in);
    a->requests = packing_get(in);
    a->errors = packing_get(in);
    a->ratio = packing_get_double(in);
    a->baseline = packing_get_double(in);
    a->has_budget = packing_get_upto(in, 1) != 0;
    a->masked = in->version < 3 ? 0 : packing_get(in);
    a->expected = in->version < 3 ? 0 : packing_get_double(in);
    a->burn_rate = packing_get_double(in);
    a->budget_left = packing_get_double(in);
    get_name(in, a->evidence, sizeof a->evidence);
    get_codes(in, a);
    get_places(in, a);
    get_name(in, a->summary, sizeof a->summary);
    if (in->version >= 3) {
        get_name(in, a->group, sizeof a->group);
        a->has_grown = packing_get_upto(in, 1) != 0;
        a->told = (enum rule_severity)packing_get_upto(in, RULE_INFO);
    }
    if (in->version >= 4) {
        get_gone(in, a);
    }
    if (in->is_bad) {
        free(a);
        return;
    }
    set->n_firing += a->state == ALERT_FIRING;
    set->n_silenced += a->silenced && a->state == ALERT_FIRING;
    alert_set_remember(set, a);
    group_restore(set, a);
}

/* All of a rule that has a say in what it finds. */
static void put_rule(struct buf *out, const struct rule *rule)
{
    const double limits[] = {rule->warning, rule->warning_clear, rule->critical,
                             rule->critical_clear};
    put_name(out, rule->name);
    packing_put(out, rule->on.classes);
    packing_put(out, rule->on.blames);
    for (size_t i = 0; i < ON_CODES; i++) {
        packing_put(out, rule->on.codes[i]);
    }
    packing_put(out, rule->by);
    packing_put_signed(out, rule->window_s);
    packing_put(out, rule->min_requests);
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        packing_put_double(out, limits[i]);
    }
    packing_put_signed(out, rule->for_s);
    packing_put_signed(out, rule->clear_for_s);
    packing_put_signed(out, rule->false_alarm_s);
    packing_put_double(out, rule->objective);
    if (rule->learn_s) { /* others are as they were in version 2 */
        packing_put_signed(out, rule->learn_s);
    }
    put_name(out, series_detector(rule)->name);
    packing_put(out, series_detector(rule)->state_size(rule));
    if (series_detector(rule)->layout) { /* what has its first layout is as it was kept before */
        packing_put(out, (uint64_t)series_detector(rule)->layout);
    }
}

static struct watcher *find_watch(struct alert_set *set, struct span rule)
{
    struct watcher *found = NULL;
    struct buf own = {0};
    for (size_t i = 0; i < set->n_watches && !found; i++) {
        buf_clear(&own);
        put_rule(&own, &set->watches[i].rule);
        found = span_equal(buf_span(&own), rule) ? &set->watches[i] : NULL;
    }
    buf_done(&own);
    return found;
}

static struct span text_of(const struct label *label)
{
    return label ? (struct span){label->text, label->len} : (struct span){0};
}

static void put_diagnosis(struct buf *out, const struct diagnosis *d)
{
    packing_put(out, d->n_errors);
    for (uint32_t i = 0; i < d->n_errors; i++) {
        const struct diagnosis_error *e = &d->errors[i];
        packing_put_signed(out, e->second);
        packing_put_text(out, text_of(e->host));
        packing_put_text(out, text_of(e->route));
        packing_put_text(out, text_of(e->upstream));
        packing_put(out, e->count);
        pack_code(out, e->status, e->entry);
        packing_put(out, e->blame);
    }
    packing_put(out, d->n_samples);
    for (uint32_t i = 0; i < d->n_samples; i++) {
        packing_put_signed(out, d->samples[i].second);
        put_name(out, d->samples[i].text);
    }
}

static void get_diagnosis(struct packing *in, struct diagnosis *d, struct label_table *labels)
{
    for (uint64_t n = packing_get(in); n > 0 && !in->is_bad; n--) {
        struct diagnosis_error e = {.second = get_second(in)};
        struct span host = packing_get_text(in), route = packing_get_text(in);
        struct span upstream = packing_get_text(in);
        e.count = packing_get(in);
        piece_get_code(in, &e.status, &e.entry);
        e.blame = (uint8_t)packing_get_upto(in, WINDOW_MASKED);
        if (!in->is_bad) {
            e.host = label_take(labels, host);
            e.route = label_take(labels, route);
            e.upstream = label_take(labels, upstream);
            diagnosis_add(d, labels, &e, INT64_MIN);
        }
    }
    uint64_t n = packing_get_upto(in, DIAGNOSIS_SAMPLES);
    d->samples = n ? alloc_zero(n, sizeof *d->samples) : NULL;
    d->cap_samples = (uint16_t)n;
    for (; d->n_samples < n; d->n_samples++) {
        struct diagnosis_sample *sample = &d->samples[d->n_samples];
        sample->second = get_second(in);
        char text[ALERT_SAMPLE_BYTES];
        get_name(in, text, sizeof text);
        sample->text = alloc_text(span_of(text));
    }
}

static void put_key(struct buf *out, const struct series *s)
{
    put_name(out, s->names);
    put_name(out, series_host(s));
    put_name(out, series_route(s));
    put_name(out, series_upstream(s));
}

static struct series_key get_key(struct packing *in)
{
    struct series_key key = {0};
    key.source = packing_get_text(in);
    key.host = packing_get_text(in);
    if (in->version >= 3) {
        key.route = packing_get_text(in);
        key.upstream = packing_get_text(in);
    }
    return key;
}

static void put_seen(struct buf *out, const struct series *s)
{
    packing_put_signed(out, s->known_from);
    packing_put(out, s->seen.n);
    for (uint32_t i = 0; i < s->seen.n; i++) {
        pack_code(out, s->seen.codes[i].status, s->seen.codes[i].entry);
        packing_put_signed(out, s->seen.codes[i].first);
    }
}

/* Version 2 did not know: a series is as old as the piece, and has had the codes of its errors. */
static void get_seen(struct packing *in, struct series *s)
{
    s->known_from = in->version < 3 ? s->last_seen : get_second(in);
    for (uint64_t n = in->version < 3 ? 0 : packing_get_upto(in, SEEN_CODES); n > 0; n--) {
        uint16_t status, entry;
        piece_get_code(in, &status, &entry);
        seen_note(&s->seen, status, entry, get_second(in));
    }
    for (uint32_t i = 0; i < s->diagnosis.n_errors && in->version < 3; i++) {
        const struct diagnosis_error *e = &s->diagnosis.errors[i];
        seen_note(&s->seen, e->status, e->entry, e->second);
    }
}

static void put_series(struct buf *out, const struct series *s, const struct rule *rule)
{
    const struct series_course *course = series_course_of(s);
    const struct rule_finding *worst = &course->worst;
    const int64_t seconds[] = {s->last_seen,      course->since,     course->any_from,
                               course->crit_from, course->over_from, worst->onset};
    packing_put(out, s->hash);
    packing_put(out, s->number);
    put_key(out, s);
    packing_put(out, s->is_active);
    packing_put(out, (uint64_t)s->state);
    packing_put(out, (uint64_t)s->severity);
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        packing_put_signed(out, seconds[i]);
    }
    packing_put(out, (uint64_t)worst->severity);
    packing_put(out, worst->requests);
    packing_put(out, worst->errors);
    packing_put_double(out, worst->ratio);
    packing_put_double(out, worst->baseline);
    packing_put_double(out, worst->evidence);
    put_name(out, course->alert ? course->alert->id : "");
    size_t size = series_detector(rule)->state_size(rule);
    packing_put(out, size); /* a text, as packing_put_text writes it */
    series_state(s, rule, buf_room(out, size));
    out->len += size;
    put_diagnosis(out, &s->diagnosis);
    put_seen(out, s);
}

/* A course that never began is all zero but for its end, which is not. */
static bool has_begun(const struct series *s, const struct series_course *c)
{
    bool has_second = c->since || c->any_from || c->crit_from || c->worst.onset;
    return s->state != ALERT_RESOLVED || has_second || c->over_from != INT64_MAX;
}

/* With the alert that a series had; without it, it has none. */
static void restore_course(struct alert_set *set, struct series *s, struct series_course *course,
                           struct span id)
{
    for (size_t i = set->n_alerts; i-- > 0 && id.len && !course->alert;) {
        bool is_it = set->alerts[i]->state == ALERT_FIRING && span_is(id, set->alerts[i]->id);
        course->alert = is_it ? set->alerts[i] : NULL;
    }
    if (s->state == ALERT_FIRING && !course->alert) {
        s->state = ALERT_RESOLVED;
        s->severity = RULE_NONE;
    }
    if (course->alert || has_begun(s, course)) {
        series_set_course(s, course);
    }
}

static void get_series(struct packing *in, struct alert_set *set, struct watcher *watch,
                       struct lane *lane)
{
    struct lane_owner owner = {
        .rule = &watch->rule, .labels = &set->labels, .n_series = &watch->n_series};
    uint64_t hash = packing_get(in), number = packing_get(in);
    struct series_key key = get_key(in);
    if (in->is_bad || lane_find(lane, hash, &key)) {
        in->is_bad = true;
        return;
    }
    struct series *s = lane_create(lane, &owner, hash, &key);
    s->number = number;
    bool is_active = packing_get_upto(in, 1) != 0;
    s->state = (enum alert_state)packing_get_upto(in, ALERT_RESOLVED);
    s->severity = (enum rule_severity)packing_get_upto(in, RULE_INFO);
    struct series_course course = {0};
    int64_t *const seconds[] = {&s->last_seen,     &course.since,     &course.any_from,
                                &course.crit_from, &course.over_from, &course.worst.onset};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        *seconds[i] = get_second(in);
    }
    course.worst.severity = (enum rule_severity)packing_get_upto(in, RULE_INFO);
    course.worst.requests = packing_get(in);
    course.worst.errors = packing_get(in);
    course.worst.ratio = packing_get_double(in);
    course.worst.baseline = packing_get_double(in);
    course.worst.evidence = packing_get_double(in);
    restore_course(set, s, &course, packing_get_text(in));
    struct span state = packing_get_text(in);
    if (state.len == series_detector(&watch->rule)->state_size(&watch->rule)) {
        series_restore(s, &watch->rule, state.ptr);
    }
    get_diagnosis(in, &s->diagnosis, &set->labels);
    get_seen(in, s);
    if (is_active) {
        lane_activate(lane, s);
    }
}

/* Counts of open seconds name their series by its key. */
static void put_entries(struct buf *out, const struct lane *lane)
{
    packing_put(out, lane->n_entries);
    for (size_t i = 0; i < lane->n_entries; i++) {
        const struct lane_entry *e = &lane->entries[lane->head + i];
        packing_put_signed(out, e->second);
        packing_put(out, e->series->hash);
        put_key(out, e->series);
        packing_put(out, e->requests);
        packing_put(out, e->errors);
    }
}

static void get_entries(struct packing *in, struct watcher *watch, struct label_table *labels,
                        struct lane *lane)
{
    struct lane_owner owner = {
        .rule = &watch->rule, .labels = labels, .n_series = &watch->n_series};
    for (uint64_t n = packing_get_upto(in, LANE_OPEN); n > 0 && !in->is_bad; n--) {
        struct lane_entry e = {.second = get_second(in)};
        uint64_t hash = packing_get(in);
        struct series_key key = get_key(in);
        e.requests = packing_get(in);
        e.errors = packing_get(in);
        e.series = in->is_bad ? NULL : lane_find(lane, hash, &key);
        if (e.series && e.second >= lane->next) {
            lane_add(lane, &owner, &e);
        }
    }
}

/* Each minute with its seconds as bits. */
static void put_answers(struct buf *out, const struct answers *a)
{
    packing_put(out, a->n);
    for (uint32_t i = 0; i < a->n; i++) {
        packing_put_signed(out, a->minutes[i].minute);
        packing_put_text(out, text_of(a->minutes[i].upstream));
        packing_put(out, a->minutes[i].seconds);
    }
    packing_put_signed(out, a->has_any ? a->first : INT64_MIN);
}

static void get_answers(struct packing *in, struct answers *a, struct label_table *labels)
{
    for (uint64_t n = packing_get_upto(in, ANSWERS_MOST); n > 0 && !in->is_bad; n--) {
        int64_t minute = get_second(in);
        struct span upstream = packing_get_text(in);
        uint64_t seconds = packing_get(in);
        in->is_bad = in->is_bad || !answers_restore(a, labels, upstream, minute, seconds);
    }
    int64_t first = get_second(in);
    a->has_any = !in->is_bad && first != INT64_MIN;
    a->first = first;
}

static void keep_lane(const struct alert_set *set, const struct watcher *watch, size_t number,
                      alert_keep_fn keep, void *ctx)
{
    const struct lane *lane = watch->lanes[number];
    bool by_source = watch->rule.by & RULE_BY_SOURCE;
    const char *source = by_source ? set->sources.sources[number].name : "";
    struct buf out, rule = {0};
    begin(&out, LANES);
    put_rule(&rule, &watch->rule);
    packing_put_text(&out, buf_span(&rule));
    put_name(&out, source);
    packing_put_signed(&out, lane->next);
    packing_put_signed(&out, lane->swept);
    packing_put(&out, lane->created);
    packing_put(&out, lane->n_series);
    for (size_t i = 0; i < lane->n_slots; i++) {
        if (lane->slots[i]) {
            put_series(&out, lane->slots[i], &watch->rule);
        }
    }
    put_entries(&out, lane);
    put_answers(&out, &lane->answers);
    buf_clear(&rule);
    buf_printf(&rule, "%s/%s", watch->rule.name, source);
    buf_byte(&rule, '\0');
    keep(rule.data, &out, ctx);
    buf_done(&rule);
}

/* A lane that is there already was restored before; it is left as it is. */
static void read_lane(struct alert_set *set, struct packing *in)
{
    struct watcher *watch = find_watch(set, packing_get_text(in));
    char *source = alloc_text(packing_get_text(in));
    struct lane *lane = NULL;
    if (watch && !in->is_bad) {
        bool by_source = watch->rule.by & RULE_BY_SOURCE;
        lane = watcher_lane(watch, by_source ? progress_source(&set->sources, source) : 0);
    }
    free(source);
    if (!lane || lane->created) {
        in->rest = (struct span){0};
        return;
    }
    lane->next = get_second(in);
    lane->swept = get_second(in);
    uint64_t created = packing_get(in);
    for (uint64_t n = packing_get(in); n > 0 && !in->is_bad; n--) {
        get_series(in, set, watch, lane);
    }
    lane->created = created > lane->created ? created : lane->created;
    get_entries(in, watch, &set->labels, lane);
    if (in->version >= 4) {
        get_answers(in, &lane->answers, &set->labels);
    }
}

void alert_set_keep(struct alert_set *set, alert_keep_fn keep, void *ctx)
{
    buf_clear(&set->journal);
    set->has_journal = true;
    keep_set(set, keep, ctx);
    for (size_t i = 0; i < set->n_alerts; i++) {
        keep_alert(set->alerts[i], keep, ctx);
    }
    for (size_t i = 0; i < set->n_watches; i++) {
        for (size_t k = 0; k < set->watches[i].n_lanes; k++) {
            if (set->watches[i].lanes[k]) {
                keep_lane(set, &set->watches[i], k, keep, ctx);
            }
        }
    }
}

bool alert_set_keep_more(struct alert_set *set, alert_keep_fn keep, void *ctx)
{
    if (set->has_journal && set->journal.len) {
        struct buf out;
        begin(&out, JOURNAL);
        buf_add(&out, buf_span(&set->journal));
        buf_clear(&set->journal);
        keep("", &out, ctx);
    }
    return set->has_journal;
}

/* Whoever is to hear of what changes then has heard of it. */
static void read_journal(struct alert_set *set, struct packing *in)
{
    alert_change_fn on_change = set->on_change;
    struct journal_entry e;
    set->on_change = NULL;
    while (journal_next(in, &e)) {
        if (e.is_feed) {
            alert_set_feed(set, e.source, e.has_window ? &e.window : NULL, e.closed_before);
        } else {
            alert_set_idle(set, e.source, e.is_idle);
        }
        journal_done(&e);
    }
    set->on_change = on_change;
}

bool alert_set_restore(struct alert_set *set, struct span bytes)
{
    struct packing in = {.rest = span_after(bytes, 2)};
    in.version = bytes.len < 2 ? 0 : (unsigned char)bytes.ptr[0];
    if (in.version < PIECE_VERSION_LEAST || in.version > PIECE_VERSION) {
        return false;
    }
    switch (bytes.ptr[1]) {
    case SETS: read_set(set, &in); break;
    case ALERTS: read_alert(set, &in); break;
    case LANES: read_lane(set, &in); break;
    case JOURNAL: read_journal(set, &in); break;
    default: return false;
    }
    return !in.is_bad && in.rest.len == 0;
}

struct holders {
    const struct alert *wanted;
    bool is_held;
};

static void look_at(struct series *s, int64_t next, void *ctx)
{
    struct holders *h = ctx;
    (void)next;
    h->is_held = h->is_held || series_alert(s) == h->wanted;
}

void alert_set_restored(struct alert_set *set, int64_t second)
{
    set->has_journal = false;
    for (size_t i = set->n_alerts; i-- > 0;) {
        struct holders h = {.wanted = set->alerts[i],
                            .is_held = set->alerts[i]->state != ALERT_FIRING};
        for (size_t k = 0; k < set->n_watches && !h.is_held; k++) {
            watcher_each(&set->watches[k], look_at, &h);
        }
        if (!h.is_held) {
            alert_set_end(set, set->alerts[i], second);
        }
    }
}
