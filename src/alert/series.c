/*
 * The states: a finding makes an alert pending; one that held for for_s fires; a firing one that
 * was over for clear_for_s is resolved. A critical finding must hold for for_s of its own before
 * the alert is (or becomes) critical. The id comes from the second in which the finding began,
 * which does not depend on how the log was cut, and not from the estimated onset, which a better
 * detector may move.
 */
#include "alert/series.h"

#include "alert/places.h"
#include "alert/sentence.h"
#include "base/alloc.h"
#include "base/sparse.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NEW_S = 60, /* a code that came so long before the onset is still part of it */
};

const struct rule_detector *series_detector(const struct rule *rule)
{
    switch (rule->kind) {
    case RULE_THRESHOLD: return &rule_threshold;
    case RULE_SPIKE: return &rule_spike;
    case RULE_BURN: return &rule_slo;
    case RULE_SILENT: return &rule_silent;
    case RULE_FIRST: return &rule_first;
    case RULE_GONE: return &rule_gone;
    }
    return &rule_threshold;
}

/* Bytes of the state, made a number of whole words. */
static size_t state_room(const struct rule *rule)
{
    size_t words = (series_detector(rule)->state_size(rule) + SPARSE_WORD - 1) / SPARSE_WORD;
    return words * SPARSE_WORD;
}

/* A source and a host may change names without meeting. The first two are as they always were,
 * since ids come from them. */
uint64_t series_hash(const struct series_key *key)
{
    uint64_t hash = span_hash(key->source) * 0x9e3779b97f4a7c15u + span_hash(key->host);
    if (key->route.len) {
        hash = hash * 0xff51afd7ed558ccdu + span_hash(key->route);
    }
    if (key->upstream.len) {
        hash = hash * 0xc4ceb9fe1a85ec53u + span_hash(key->upstream);
    }
    return hash;
}

/* What an alert can hold of a name. */
static struct span cut(struct span name)
{
    return span_head(name, ALERT_NAME_BYTES - 1);
}

bool series_is(const struct series *s, const struct series_key *key)
{
    return span_is(cut(key->source), s->source) && span_is(cut(key->host), s->host) &&
           span_is(cut(key->route), s->route) && span_is(cut(key->upstream), s->upstream);
}

/* Writes a name with its NUL, and goes on behind that. */
static const char *put_name(char **to, struct span name)
{
    char *text = *to;
    if (name.len) {
        memcpy(text, name.ptr, name.len);
    }
    text[name.len] = '\0';
    *to += name.len + 1;
    return text;
}

static void put_names(struct series *s, const struct series_key *key)
{
    const struct span names[] = {cut(key->source), cut(key->host), cut(key->route),
                                 cut(key->upstream)};
    const char **const texts[] = {&s->source, &s->host, &s->route, &s->upstream};
    enum { N = sizeof names / sizeof *names };
    size_t size = N;
    for (size_t i = 0; i < N; i++) {
        size += names[i].len;
    }
    char *to = s->names = alloc_zero(size, 1);
    for (size_t i = 0; i < N; i++) {
        *texts[i] = put_name(&to, names[i]);
    }
}

struct series *series_new(const struct rule *rule, uint64_t hash, const struct series_key *key)
{
    struct series *s = alloc_zero(1, sizeof *s);
    s->hash = hash;
    put_names(s, key);
    s->detector = alloc_zero(1, state_room(rule));
    s->last_seen = INT64_MIN;
    s->known_from = INT64_MAX;
    s->state = ALERT_RESOLVED;
    s->over_from = INT64_MAX;
    return s;
}

void series_free(struct series *s, struct label_table *labels)
{
    diagnosis_done(&s->diagnosis, labels);
    free(s->names);
    free(s->detector);
    free(s->resting);
    free(s->seen.codes);
    free(s);
}

bool series_is_settled(const struct series *s, const struct rule *rule)
{
    return s->state == ALERT_RESOLVED && series_detector(rule)->is_settled(s->detector);
}

/* One that rests could wait, or it would not rest. */
bool series_can_wait(const struct series *s, const struct rule *rule)
{
    return s->state == ALERT_RESOLVED &&
           (s->resting || series_detector(rule)->can_wait(s->detector, rule));
}

void series_rest(struct series *s, const struct rule *rule, struct label_table *labels,
                 int64_t oldest)
{
    diagnosis_rest(&s->diagnosis, labels, oldest);
    if (s->detector) {
        size_t len;
        s->resting = sparse_pack(s->detector, state_room(rule), &len);
        free(s->detector);
        s->detector = NULL;
    }
}

/* The state of a series that rests, to be freed. */
static void *unpacked(const struct series *s, const struct rule *rule)
{
    void *state = alloc_zero(1, state_room(rule));
    sparse_unpack(s->resting, state, state_room(rule));
    return state;
}

static void wake(struct series *s, const struct rule *rule)
{
    if (s->resting) {
        s->detector = unpacked(s, rule);
        free(s->resting);
        s->resting = NULL;
    }
}

void series_state(const struct series *s, const struct rule *rule, void *out)
{
    void *copy = s->resting ? unpacked(s, rule) : NULL;
    memcpy(out, copy ? copy : s->detector, series_detector(rule)->state_size(rule));
    free(copy);
}

/* Nothing has held for long enough yet, so the alert is pending and has no severity. */
static void begin(struct series *s, int64_t second, const struct rule_finding *finding)
{
    s->state = ALERT_PENDING;
    s->severity = RULE_NONE;
    s->since = finding->onset;
    s->any_from = second;
    s->crit_from = INT64_MAX;
    s->over_from = INT64_MAX;
    s->worst = *finding;
}

/* The severity that has held long enough. */
static enum rule_severity held(const struct series *s, const struct rule *rule, int64_t second)
{
    if (s->crit_from <= second - rule->for_s) {
        return RULE_CRITICAL;
    }
    if (s->any_from > second - rule->for_s) {
        return RULE_NONE;
    }
    return rule->kind == RULE_FIRST ? RULE_INFO : RULE_WARNING;
}

/* A few requests easily make an extreme ratio, so they never become the worst that is told. */
static void note_worst(struct series *s, const struct rule *rule,
                       const struct rule_finding *finding)
{
    if (finding->requests > rule->min_requests && finding->ratio > s->worst.ratio) {
        s->worst = *finding;
    }
}

/* A pending alert does not fire in a second whose window has too few requests; it waits for the
 * next. */
static enum series_change while_found(struct series *s, const struct rule *rule, int64_t second,
                                      const struct rule_finding *finding)
{
    if (s->state == ALERT_RESOLVED) {
        begin(s, second, finding);
    }
    note_worst(s, rule, finding);
    s->over_from = INT64_MAX;
    if (finding->severity != RULE_CRITICAL) {
        s->crit_from = INT64_MAX;
    } else if (s->crit_from == INT64_MAX) {
        s->crit_from = second;
    }
    enum rule_severity now = held(s, rule, second);
    bool was_pending = s->state == ALERT_PENDING;
    bool wants_many = rule->kind != RULE_GONE; /* that one fires because there are none */
    bool too_few = was_pending && wants_many && finding->requests <= rule->min_requests;
    bool is_worse = now > s->severity || (finding->is_news && s->state == ALERT_FIRING);
    if (!is_worse || too_few) {
        return SERIES_SAME;
    }
    s->severity = now;
    s->state = ALERT_FIRING;
    return was_pending ? SERIES_FIRED : SERIES_WORSE;
}

/* A pending alert ends without a word; a firing one must be over for clear_for_s without a break.
 */
static enum series_change while_over(struct series *s, const struct rule *rule, int64_t second)
{
    if (s->state == ALERT_PENDING) {
        s->state = ALERT_RESOLVED;
    }
    if (s->state == ALERT_RESOLVED) {
        return SERIES_SAME;
    }
    s->crit_from = INT64_MAX;
    if (s->over_from == INT64_MAX) {
        s->over_from = second;
    }
    return s->over_from <= second - rule->clear_for_s ? SERIES_RESOLVED : SERIES_SAME;
}

/* Of the errors of a second, counts those whose code the series never had before; only those are
 * left in the diagnosis. */
static uint64_t keep_new(struct series *s, int64_t second)
{
    uint64_t fresh = 0;
    for (uint32_t i = 0; i < s->diagnosis.n_errors; i++) {
        struct diagnosis_error *e = &s->diagnosis.errors[i];
        if (e->second == second && e->blame != WINDOW_MASKED) {
            e->count = seen_first(&s->seen, e->status, e->entry) == second ? e->count : 0;
            fresh += e->count;
        }
    }
    return fresh;
}

/* Takes the counts of the second, and leaves the series empty for the next one. */
enum series_change series_tick(struct series *s, const struct rule *rule, int64_t second,
                               struct rule_finding *finding)
{
    wake(s, rule);
    if (rule->kind == RULE_FIRST && s->errors) {
        s->errors = keep_new(s, second);
    }
    series_detector(rule)->tick(s->detector, rule, second, s->requests, s->errors, finding);
    s->requests = s->errors = 0;
    return finding->severity == RULE_NONE ? while_over(s, rule, second)
                                          : while_found(s, rule, second, finding);
}

/* Series, first second and rule: the same log gives the same id, so that a receiver knows a
 * repeated alert from a new one. */
static void write_id(const struct series *s, const struct rule *rule, struct alert *out)
{
    char text[RULE_NAME_BYTES + 64];
    int len = snprintf(text, sizeof text, "%016llx %lld %s", (unsigned long long)s->hash,
                       (long long)s->any_from, rule->name);
    uint64_t id = span_hash((struct span){text, (size_t)len});
    snprintf(out->id, sizeof out->id, "%016llx", (unsigned long long)id);
}

/* What some rules count begins at the onset; the other rules' window may begin before that. */
static struct diagnosis_time time_of(const struct series *s, const struct rule *rule,
                                     int64_t second, const struct rule_finding *finding)
{
    double usual = finding->baseline > 0 ? finding->baseline * (double)finding->requests : 0;
    struct diagnosis_time time = diagnosis_time(second, rule->window_s, s->since, usual);
    bool is_since_onset = rule->kind == RULE_SPIKE || rule->kind == RULE_FIRST;
    time.first = is_since_onset && s->since > time.first ? s->since : time.first;
    return time;
}

/* Which codes came with the alert, and never before. */
static void mark_new(const struct series *s, struct alert *out)
{
    bool is_old = s->known_from <= s->since - RULE_LEARN_S;
    for (uint32_t i = 0; i < out->n_codes; i++) {
        struct alert_code *c = &out->codes[i];
        c->is_new = is_old && seen_first(&s->seen, c->status, c->entry) >= s->since - NEW_S;
    }
}

void series_describe(const struct series *s, const struct rule *rule, int64_t second,
                     const struct rule_finding *finding, const struct answers *answers,
                     struct alert *out)
{
    write_id(s, rule, out);
    memcpy(out->rule, rule->name, sizeof out->rule);
    memcpy(out->source, s->source, strlen(s->source) + 1);
    memcpy(out->host, s->host, strlen(s->host) + 1);
    memcpy(out->route, s->route, strlen(s->route) + 1);
    memcpy(out->upstream, s->upstream, strlen(s->upstream) + 1);
    out->state = ALERT_FIRING;
    out->severity = s->severity;
    out->since = s->since;
    out->resolved_at = 0;
    out->requests = finding->requests;
    out->errors = finding->errors;
    out->ratio = finding->ratio;
    out->baseline = finding->baseline;
    out->expected = finding->expected;
    out->has_budget = finding->has_budget;
    out->burn_rate = finding->burn_rate;
    out->budget_left = finding->budget_left;
    struct rule_finding told = *finding;
    told.severity = s->severity;
    series_detector(rule)->evidence(rule, &told, out->evidence, sizeof out->evidence);
    struct diagnosis_time time = time_of(s, rule, second, finding);
    uint64_t total = diagnosis_fill(&s->diagnosis, &time, out);
    mark_new(s, out);
    places_fill(&s->diagnosis, &time, total, out);
    answers_fill(answers, s->since, second, rule->window_s, out);
    sentence_firing(out, rule);
}

/* resolved_at is when it was certain; the sentence names the second from which it was over. */
void series_resolve(struct series *s, const struct rule *rule, int64_t second, bool gone)
{
    struct alert *alert = s->alert;
    alert->state = ALERT_RESOLVED;
    alert->resolved_at = second;
    if (gone) {
        sentence_resolved(alert, rule, second, NULL);
    } else {
        sentence_resolved(alert, rule, s->over_from, &s->worst);
    }
    s->alert = NULL;
    s->state = ALERT_RESOLVED;
    s->severity = RULE_NONE;
}
