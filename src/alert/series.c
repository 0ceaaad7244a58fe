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
    return span_is(cut(key->source), s->names) && span_is(cut(key->host), series_host(s)) &&
           span_is(cut(key->route), series_route(s)) &&
           span_is(cut(key->upstream), series_upstream(s));
}

/* Writes a name with its NUL, and goes on behind that. Returns where it stands. */
static uint16_t put_name(struct series *s, size_t *at, struct span name)
{
    size_t here = *at;
    span_copy(s->names + here, name);
    s->names[here + name.len] = '\0';
    *at = here + name.len + 1;
    return (uint16_t)here;
}

static void put_names(struct series *s, const struct span names[4])
{
    size_t at = 0;
    put_name(s, &at, names[0]);
    s->host_at = put_name(s, &at, names[1]);
    s->route_at = put_name(s, &at, names[2]);
    s->upstream_at = put_name(s, &at, names[3]);
}

struct series *series_new(uint64_t hash, const struct series_key *key)
{
    const struct span names[] = {cut(key->source), cut(key->host), cut(key->route),
                                 cut(key->upstream)};
    size_t size = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size += names[i].len + 1;
    }
    struct series *s = alloc_zero(1, sizeof *s + size);
    s->hash = hash;
    put_names(s, names);
    s->last_seen = INT64_MIN;
    s->known_from = INT64_MAX;
    s->state = ALERT_RESOLVED;
    return s;
}

void series_free(struct series *s, struct label_table *labels)
{
    diagnosis_done(&s->diagnosis, labels);
    free(s->course);
    free(s->detector);
    free(s->packed);
    free(s->seen.codes);
    free(s);
}

/* The state as it was packed, or zeros before the first tick; to be freed. */
static void *unpacked(const struct series *s, const struct rule *rule)
{
    void *state = alloc_zero(1, state_room(rule));
    if (s->packed) {
        sparse_unpack(s->packed, state, state_room(rule));
    }
    return state;
}

bool series_is_settled(const struct series *s, const struct rule *rule)
{
    if (s->state != ALERT_RESOLVED) {
        return false;
    }
    void *copy = s->detector ? NULL : unpacked(s, rule);
    bool is_settled = series_detector(rule)->is_settled(copy ? copy : s->detector);
    free(copy);
    return is_settled;
}

/* Most are only looked at while they rest: then it is known. */
bool series_can_wait(const struct series *s, const struct rule *rule)
{
    if (s->state != ALERT_RESOLVED || s->can_wait) {
        return s->state == ALERT_RESOLVED;
    }
    void *copy = s->detector ? NULL : unpacked(s, rule);
    bool can_wait = series_detector(rule)->can_wait(copy ? copy : s->detector, rule);
    free(copy);
    return can_wait;
}

void series_pack(struct series *s, const struct rule *rule)
{
    diagnosis_fit(&s->diagnosis);
    if (s->detector) {
        size_t len;
        s->packed = sparse_pack(s->detector, state_room(rule), &len);
        free(s->detector);
        s->detector = NULL;
    }
}

void series_rest(struct series *s, const struct rule *rule, struct label_table *labels,
                 int64_t oldest)
{
    diagnosis_rest(&s->diagnosis, labels, oldest);
    series_pack(s, rule);
    s->can_wait = true;
}

static void wake(struct series *s, const struct rule *rule)
{
    if (!s->detector) {
        s->detector = unpacked(s, rule);
        free(s->packed);
        s->packed = NULL;
    }
    s->can_wait = false;
}

void series_state(const struct series *s, const struct rule *rule, void *out)
{
    void *copy = s->detector ? NULL : unpacked(s, rule);
    memcpy(out, copy ? copy : s->detector, series_detector(rule)->state_size(rule));
    free(copy);
}

void series_restore(struct series *s, const struct rule *rule, const void *state)
{
    wake(s, rule);
    memcpy(s->detector, state, series_detector(rule)->state_size(rule));
    series_pack(s, rule);
}

static const struct series_course no_course = {.over_from = INT64_MAX};

const struct series_course *series_course_of(const struct series *s)
{
    return s->course ? s->course : &no_course;
}

void series_set_course(struct series *s, const struct series_course *course)
{
    if (!s->course) {
        s->course = alloc_zero(1, sizeof *s->course);
    }
    *s->course = *course;
}

/* Nothing has held for long enough yet, so the alert is pending and has no severity. */
static void begin(struct series *s, int64_t second, const struct rule_finding *finding)
{
    struct series_course course = {.since = finding->onset,
                                   .any_from = second,
                                   .crit_from = INT64_MAX,
                                   .over_from = INT64_MAX,
                                   .worst = *finding};
    s->state = ALERT_PENDING;
    s->severity = RULE_NONE;
    series_set_course(s, &course);
}

/* The severity that has held long enough. */
static enum rule_severity held(const struct series *s, const struct rule *rule, int64_t second)
{
    if (s->course->crit_from <= second - rule->for_s) {
        return RULE_CRITICAL;
    }
    if (s->course->any_from > second - rule->for_s) {
        return RULE_NONE;
    }
    return rule->kind == RULE_FIRST ? RULE_INFO : RULE_WARNING;
}

/* A few requests easily make an extreme ratio, so they never become the worst that is told. */
static void note_worst(struct series *s, const struct rule *rule,
                       const struct rule_finding *finding)
{
    if (finding->requests > rule->min_requests && finding->ratio > s->course->worst.ratio) {
        s->course->worst = *finding;
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
    s->course->over_from = INT64_MAX;
    if (finding->severity != RULE_CRITICAL) {
        s->course->crit_from = INT64_MAX;
    } else if (s->course->crit_from == INT64_MAX) {
        s->course->crit_from = second;
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
    s->course->crit_from = INT64_MAX;
    if (s->course->over_from == INT64_MAX) {
        s->course->over_from = second;
    }
    return s->course->over_from <= second - rule->clear_for_s ? SERIES_RESOLVED : SERIES_SAME;
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
                       (long long)s->course->any_from, rule->name);
    uint64_t id = span_hash((struct span){text, (size_t)len});
    snprintf(out->id, sizeof out->id, "%016llx", (unsigned long long)id);
}

/* What some rules count begins at the onset; the other rules' window may begin before that. */
static struct diagnosis_time time_of(const struct series *s, const struct rule *rule,
                                     int64_t second, const struct rule_finding *finding)
{
    double usual = finding->baseline > 0 ? finding->baseline * (double)finding->requests : 0;
    struct diagnosis_time time = diagnosis_time(second, rule->window_s, s->course->since, usual);
    bool is_since_onset = rule->kind == RULE_SPIKE || rule->kind == RULE_FIRST;
    time.first = is_since_onset && s->course->since > time.first ? s->course->since : time.first;
    return time;
}

/* Which codes came with the alert, and never before. */
static void mark_new(const struct series *s, struct alert *out)
{
    bool is_old = s->known_from <= s->course->since - RULE_LEARN_S;
    for (uint32_t i = 0; i < out->n_codes; i++) {
        struct alert_code *c = &out->codes[i];
        c->is_new = is_old && seen_first(&s->seen, c->status, c->entry) >= s->course->since - NEW_S;
    }
}

void series_describe(const struct series *s, const struct rule *rule, int64_t second,
                     const struct rule_finding *finding, const struct answers *answers,
                     struct alert *out)
{
    write_id(s, rule, out);
    memcpy(out->rule, rule->name, sizeof out->rule);
    memcpy(out->source, s->names, strlen(s->names) + 1);
    memcpy(out->host, series_host(s), strlen(series_host(s)) + 1);
    memcpy(out->route, series_route(s), strlen(series_route(s)) + 1);
    memcpy(out->upstream, series_upstream(s), strlen(series_upstream(s)) + 1);
    out->state = ALERT_FIRING;
    out->severity = s->severity;
    out->since = s->course->since;
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
    answers_fill(answers, s->course->since, second, rule->window_s, out);
    sentence_firing(out, rule);
}

/* resolved_at is when it was certain; the sentence names the second from which it was over. */
void series_resolve(struct series *s, const struct rule *rule, int64_t second, bool gone)
{
    struct alert *alert = s->course->alert;
    alert->state = ALERT_RESOLVED;
    alert->resolved_at = second;
    if (gone) {
        sentence_resolved(alert, rule, second, NULL);
    } else {
        sentence_resolved(alert, rule, s->course->over_from, &s->course->worst);
    }
    s->course->alert = NULL;
    s->state = ALERT_RESOLVED;
    s->severity = RULE_NONE;
}
