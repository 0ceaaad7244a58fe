/*
 * The set: which sources there are and how far each has come, the rules at work (watcher.c), the
 * alerts that they raised, and who is told.
 */
#include "alert/alert.h"

#include "alert/group.h"
#include "alert/journal.h"
#include "alert/sentence.h"
#include "alert/set.h"
#include "base/alloc.h"

#include <stdlib.h>

enum {
    JOURNAL_MOST = 4 << 20, /* bytes that wait for somebody to keep them */
};

/* What the lanes of a watch hand back with a change. */
struct teller {
    struct alert_set *set;
    const struct rule *rule;
};

static struct watcher *new_watches(const struct rule *rules, size_t n_rules)
{
    struct watcher *watches = alloc_zero(n_rules, sizeof *watches);
    for (size_t i = 0; i < n_rules; i++) {
        watcher_init(&watches[i], &rules[i]);
    }
    return watches;
}

struct alert_set *alert_set_new(const struct rule *rules, size_t n_rules, alert_change_fn on_change,
                                void *ctx)
{
    struct alert_set *set = alloc_zero(1, sizeof *set);
    set->watches = new_watches(rules, n_rules);
    set->n_watches = n_rules;
    set->on_change = on_change;
    set->ctx = ctx;
    return set;
}

void alert_set_free(struct alert_set *set)
{
    if (!set) {
        return;
    }
    for (size_t i = 0; i < set->n_watches; i++) {
        watcher_done(&set->watches[i], &set->labels);
    }
    for (size_t i = 0; i < set->n_alerts; i++) {
        free(set->alerts[i]->parts);
        free(set->alerts[i]);
    }
    label_table_done(&set->labels);
    progress_done(&set->sources);
    free(set->watches);
    free(set->alerts);
    free(set->silences.items);
    free(set->maintenances);
    buf_done(&set->journal);
    free(set);
}

_Static_assert((int)RULE_BY_HOST == 2 * WINDOW_BY_HOST &&
                   (int)RULE_BY_ROUTE == 2 * WINDOW_BY_ROUTE &&
                   (int)RULE_BY_UPSTREAM == 2 * WINDOW_BY_UPSTREAM,
               "the same bits");

unsigned alert_set_by(const struct alert_set *set)
{
    unsigned by = 0;
    for (size_t i = 0; i < set->n_watches; i++) {
        const struct rule *rule = &set->watches[i].rule;
        by |= (rule->by & RULE_BY_PLACE) / 2;
        by |= on_may_be_4xx(&rule->on) ? WINDOW_4XX_SAMPLES : 0;
        by |= rule_wants_answers(rule) ? WINDOW_ANSWERS : 0;
    }
    return by;
}

/* The id decides within a second, so that the order is the same in every run. */
static bool is_after(const struct alert *a, const struct alert *b)
{
    return a->at != b->at ? a->at > b->at : strcmp(a->id, b->id) > 0;
}

/* Walks from the end, because alerts come nearly in the order of their time. */
void alert_set_remember(struct alert_set *set, struct alert *alert)
{
    if (set->n_alerts == set->cap_alerts) {
        set->cap_alerts = set->cap_alerts ? set->cap_alerts * 2 : 16;
        set->alerts = alloc_resize(set->alerts, set->cap_alerts, sizeof(struct alert *));
    }
    size_t at = set->n_alerts++;
    for (; at > 0 && is_after(set->alerts[at - 1], alert); at--) {
        set->alerts[at] = set->alerts[at - 1];
    }
    set->alerts[at] = alert;
}

/* Drops the oldest resolved alert when there are more than are kept; not one of which parts fire.
 */
static void forget(struct alert_set *set)
{
    size_t oldest = 0;
    if (set->n_alerts - set->n_firing <= ALERT_KEPT) {
        return;
    }
    while (oldest < set->n_alerts && group_is_firing(set->alerts[oldest])) {
        oldest++;
    }
    if (oldest == set->n_alerts) {
        return;
    }
    group_leave(set, set->alerts[oldest]);
    free(set->alerts[oldest]);
    set->n_alerts--;
    memmove(&set->alerts[oldest], &set->alerts[oldest + 1],
            (set->n_alerts - oldest) * sizeof(struct alert *));
}

/* A silenced alert is recorded and shown like any other; only nobody is told of it. */
static void tell(const struct alert_set *set, struct alert *alert)
{
    alert->told = alert->severity;
    if (set->on_change && !alert->silenced) {
        set->on_change(alert, set->ctx);
    }
}

/* Tells of a group, by its leader: it fires as long as any of its parts does. */
static void tell_group(struct alert_set *set, const struct rule *rule, struct alert *leader)
{
    struct alert told;
    set->n_growing -= leader->has_grown;
    leader->has_grown = false;
    group_describe(leader, rule, &told);
    if (leader->state == ALERT_FIRING) {
        memcpy(leader->summary, told.summary, sizeof leader->summary);
    }
    tell(set, &told);
    leader->told = told.severity;
}

/* … and its end, when none of them fires any more; `gone`: because their rule is. */
static void tell_group_end(struct alert_set *set, const struct rule *rule, struct alert *leader,
                           int64_t second, bool gone)
{
    struct alert told = *leader;
    struct rule_finding worst = {.requests = leader->requests, .ratio = leader->ratio};
    set->n_growing -= leader->has_grown;
    leader->has_grown = false;
    told.severity = leader->told;
    told.resolved_at = second;
    sentence_resolved(&told, rule, second, gone ? NULL : &worst);
    tell(set, &told);
}

/* Tells of an alert that ended, as far as that ends what people were told of. */
static void tell_end(struct alert_set *set, const struct rule *rule, struct alert *alert,
                     int64_t second, bool gone)
{
    struct alert *leader = group_leader(set, alert);
    set->n_firing--;
    set->n_silenced -= alert->silenced;
    set->n_changes += !alert->silenced;
    if (leader->n_parts == 0) {
        tell(set, alert);
    } else if (!group_is_firing(leader)) {
        tell_group_end(set, rule, leader, second, gone);
    }
}

static bool is_quiet(const struct alert_set *set, const struct alert *alert, int64_t second)
{
    return silence_covers(&set->silences, alert, second) ||
           maintenance_any(set->maintenances, set->n_maintenances, alert, second);
}

/* Is nobody to hear more of a group: of all that fires in it? */
static bool is_group_quiet(const struct alert_set *set, const struct alert *leader, int64_t second)
{
    bool quiet = leader->state == ALERT_RESOLVED || is_quiet(set, leader, second);
    for (uint32_t i = 0; quiet && i < leader->n_parts; i++) {
        const struct alert *part = leader->parts[i];
        quiet = part->state == ALERT_RESOLVED || is_quiet(set, part, second);
    }
    return quiet;
}

/* Is it silenced without a reason any more? `source` empty: of any. */
static bool outlasts(const struct alert_set *set, const struct alert *alert,
                     const struct rule *rule, const char *source, int64_t second)
{
    return alert->silenced && alert->state == ALERT_FIRING &&
           strcmp(alert->rule, rule->name) == 0 &&
           (!source[0] ||
            span_is(span_head(span_of(source), ALERT_NAME_BYTES - 1), alert->source)) &&
           !is_quiet(set, alert, second);
}

/* Tells of alerts of a rule that still fire when their silence is over; those that fired together,
 * together. */
static void end_silences(struct alert_set *set, const struct rule *rule, const char *source,
                         int64_t second)
{
    for (size_t i = 0; set->n_silenced && i < set->n_alerts; i++) {
        struct alert *leader = set->alerts[i];
        if (!outlasts(set, leader, rule, source, second)) {
            continue;
        }
        leader->silenced = false;
        set->n_silenced--;
        set->n_changes++;
        bool is_part = group_join(set, rule, leader);
        for (size_t k = i + 1; !is_part && set->n_silenced && k < set->n_alerts; k++) {
            struct alert *part = set->alerts[k];
            if (part->at - leader->at <= rule->group_s &&
                outlasts(set, part, rule, source, second)) {
                part->silenced = !group_join(set, rule, part);
                set->n_silenced -= !part->silenced;
            }
        }
        if (leader->n_parts) {
            tell_group(set, rule, leader);
        } else if (!is_part) {
            tell(set, leader);
        }
    }
}

/* Tells once of groups of a rule that got parts, when no more are waited for. */
static void end_growth(struct alert_set *set, const struct rule *rule, int64_t second)
{
    for (size_t i = 0; set->n_growing && i < set->n_alerts; i++) {
        struct alert *leader = set->alerts[i];
        if (leader->has_grown && strcmp(leader->rule, rule->name) == 0 &&
            second > leader->at + rule->group_s && group_is_firing(leader) &&
            !is_group_quiet(set, leader, second)) {
            tell_group(set, rule, leader);
        }
    }
}

/* Time has come to `second` for the alerts of a rule (and source, when it is not empty). This comes
 * before each change too, so that it does not matter how many seconds are fed at once. */
static void advance(struct alert_set *set, const struct rule *rule, const char *source,
                    int64_t second)
{
    end_silences(set, rule, source, second);
    end_growth(set, rule, second);
}

/* The set owns the alert. The series points to it until it is resolved, and until then it is never
 * forgotten. */
static void fire(const struct teller *t, struct series *s, int64_t second,
                 const struct rule_finding *finding, const struct answers *answers)
{
    struct alert *alert = alloc_zero(1, sizeof *alert);
    s->course->alert = alert;
    series_describe(s, t->rule, second, finding, answers, alert);
    alert->at = second;
    alert->silenced = is_quiet(t->set, alert, second);
    t->set->n_silenced += alert->silenced;
    t->set->n_changes += !alert->silenced;
    bool is_part = !alert->silenced && group_join(t->set, t->rule, alert);
    alert_set_remember(t->set, alert);
    t->set->n_firing++;
    if (!is_part) {
        tell(t->set, alert);
        return;
    }
    struct alert *leader = group_leader(t->set, alert);
    if (alert->severity > leader->told) {
        tell_group(t->set, t->rule, leader);
    }
}

/* Whoever was told of an alert is told of its end, too, but not of more of it while it is silenced.
 */
static void worsen(const struct teller *t, struct series *s, int64_t second,
                   const struct rule_finding *finding, const struct answers *answers)
{
    bool is_covered = is_quiet(t->set, series_alert(s), second);
    series_describe(s, t->rule, second, finding, answers, series_alert(s));
    struct alert *leader = group_leader(t->set, series_alert(s));
    if (is_covered) {
        return;
    }
    t->set->n_changes++;
    if (leader->n_parts == 0) {
        tell(t->set, series_alert(s));
    } else if (leader == series_alert(s) || series_alert(s)->severity > leader->told) {
        tell_group(t->set, t->rule, leader);
    }
}

/* series_resolve lets go of the alert, so its pointer is taken before. forget comes last: it may
 * free this very alert. */
static void resolve(const struct teller *t, struct series *s, int64_t second, bool gone)
{
    struct alert *alert = series_alert(s);
    series_resolve(s, t->rule, second, gone);
    tell_end(t->set, t->rule, alert, second, gone);
    forget(t->set);
}

void alert_set_end(struct alert_set *set, struct alert *alert, int64_t second)
{
    struct rule rule = {.on = {.classes = ON_5XX}};
    alert->state = ALERT_RESOLVED;
    alert->resolved_at = second > alert->at ? second : alert->at;
    sentence_resolved(alert, &rule, alert->resolved_at, NULL);
    tell_end(set, &rule, alert, alert->resolved_at, true);
    forget(set);
}

static void on_series_change(struct series *s, enum series_change change, int64_t second,
                             const struct rule_finding *finding, const struct answers *answers,
                             void *ctx)
{
    const struct teller *t = ctx;
    advance(t->set, t->rule, s->names, second);
    switch (change) {
    case SERIES_SAME: break;
    case SERIES_FIRED: fire(t, s, second, finding, answers); break;
    case SERIES_WORSE: worsen(t, s, second, finding, answers); break;
    case SERIES_RESOLVED: resolve(t, s, second, false); break;
    }
}

static uint64_t take(struct alert_set *set, struct watcher *watch, const struct watcher_feed *feed)
{
    struct teller teller = {set, &watch->rule};
    watch->rule.n_series = watch->n_series;
    struct lane_owner owner = {.rule = &watch->rule,
                               .labels = &set->labels,
                               .n_series = &watch->n_series,
                               .on_change = on_series_change,
                               .ctx = &teller};
    return watcher_take(watch, &owner, feed);
}

/* Does the rule see its sources as one? */
static bool is_shared(const struct watcher *watch)
{
    return !(watch->rule.by & RULE_BY_SOURCE);
}

/* Only rules that see several sources as one ask what all have passed. */
static int64_t limit_of(const struct alert_set *set, const struct watcher *watch, int64_t own)
{
    return is_shared(watch) ? progress_by_all(&set->sources) : own;
}

/* Nobody has kept it for long: then all is kept the next time. */
static void bound_journal(struct alert_set *set)
{
    if (set->journal.len > JOURNAL_MOST) {
        set->has_journal = false;
        buf_done(&set->journal);
    }
}

void alert_set_feed(struct alert_set *set, const char *source, const struct window *w,
                    int64_t closed_before)
{
    size_t number = progress_source(&set->sources, source);
    if (set->has_journal && ((w && w->n_records) || closed_before > INT64_MIN)) {
        journal_feed(&set->journal, source, w, closed_before);
        bound_journal(set);
    }
    closed_before = closed_before < JOURNAL_SECOND_MOST ? closed_before : JOURNAL_SECOND_MOST;
    closed_before = progress_close(&set->sources, number, closed_before);
    struct watcher_feed feed = {.source = span_of(source), .number = number, .w = w};
    uint64_t late = 0;
    for (size_t i = 0; i < set->n_watches; i++) {
        feed.limit = limit_of(set, &set->watches[i], closed_before);
        uint64_t now = take(set, &set->watches[i], &feed);
        late = now > late ? now : late; /* rules see the same requests */
        advance(set, &set->watches[i].rule, is_shared(&set->watches[i]) ? "" : source, feed.limit);
    }
    set->late += late;
}

/* A source without news must not hold up the rules that wait for all sources. Rules by source have
 * heard of it by their own feed. */
void alert_set_idle(struct alert_set *set, const char *source, bool idle)
{
    size_t number = progress_source(&set->sources, source);
    bool was_idle = set->sources.sources[number].busy_at == SIZE_MAX;
    if (set->has_journal && idle != was_idle) {
        journal_idle(&set->journal, source, idle);
    }
    progress_set_idle(&set->sources, number, idle);
    for (size_t i = 0; idle && i < set->n_watches; i++) {
        struct watcher_feed feed = {.limit = INT64_MIN};
        if (is_shared(&set->watches[i])) {
            feed.limit = progress_by_all(&set->sources);
            take(set, &set->watches[i], &feed);
            advance(set, &set->watches[i].rule, "", feed.limit);
        }
    }
}

bool alert_set_waits(const struct alert_set *set)
{
    bool waits = false;
    for (size_t i = 0; i < set->n_watches; i++) {
        waits = waits || !watcher_can_wait(&set->watches[i]);
    }
    return waits && set->sources.n_busy == 0;
}

void alert_set_pack(struct alert_set *set, const char *source)
{
    size_t number = progress_source(&set->sources, source);
    for (size_t i = 0; i < set->n_watches; i++) {
        watcher_pack(&set->watches[i], number);
    }
}

bool alert_set_rest(struct alert_set *set, const char *source)
{
    size_t number = progress_source(&set->sources, source);
    bool rests = true;
    for (size_t i = 0; i < set->n_watches; i++) {
        rests = watcher_rest(&set->watches[i], number, &set->labels) && rests;
    }
    return rests;
}

static void resolve_gone(struct series *s, int64_t next, void *ctx)
{
    if (s->state == ALERT_FIRING) {
        resolve(ctx, s, next, true);
    }
}

/* Gives the place of a watch with such a rule to the new set of rules. */
static void move_watch(struct alert_set *set, struct watcher *to)
{
    for (size_t i = 0; i < set->n_watches; i++) {
        if (rule_equal(&set->watches[i].rule, &to->rule)) {
            struct watcher fresh = *to;
            *to = set->watches[i];
            set->watches[i] = fresh;
            set->watches[i].rule.name[0] = '\0'; /* not to be found again */
            return;
        }
    }
}

/* A rule that is the same goes on with all that it has seen, and its alerts go on firing. Those of
 * the others are resolved as gone; the counts of refused series are kept, since a total must not
 * fall. */
void alert_set_rules(struct alert_set *set, const struct rule *rules, size_t n_rules)
{
    struct watcher *watches = new_watches(rules, n_rules);
    set->has_journal = false;
    for (size_t i = 0; i < n_rules; i++) {
        move_watch(set, &watches[i]);
        watches[i].rule.group_s = rules[i].group_s;
        watches[i].rule.samples = rules[i].samples;
    }
    for (size_t i = 0; i < set->n_watches; i++) {
        struct watcher *old = &set->watches[i];
        struct teller teller = {set, &old->rule};
        watcher_each(old, resolve_gone, &teller);
        set->refused += old->n_refused;
        watcher_done(old, &set->labels);
    }
    free(set->watches);
    set->watches = watches;
    set->n_watches = n_rules;
}

size_t alert_set_count(const struct alert_set *set)
{
    return set->n_alerts;
}

const struct alert *alert_set_at(const struct alert_set *set, size_t index)
{
    return set->alerts[index];
}

bool alert_is_open(const struct alert *a)
{
    return !a->group[0] && group_is_firing(a);
}

static const struct rule *rule_of(const struct alert_set *set, const struct alert *alert)
{
    for (size_t i = 0; i < set->n_watches; i++) {
        if (strcmp(set->watches[i].rule.name, alert->rule) == 0) {
            return &set->watches[i].rule;
        }
    }
    return NULL;
}

void alert_set_describe(const struct alert_set *set, const struct alert *a, struct alert *out)
{
    const struct rule *rule = rule_of(set, a);
    if (rule && a->n_parts) {
        group_describe(a, rule, out);
    } else {
        *out = *a;
    }
}

uint64_t alert_set_changes(const struct alert_set *set)
{
    return set->n_changes;
}

size_t alert_set_firing(const struct alert_set *set)
{
    return set->n_firing;
}

uint64_t alert_set_refused(const struct alert_set *set)
{
    uint64_t refused = set->refused;
    for (size_t i = 0; i < set->n_watches; i++) {
        refused += set->watches[i].n_refused;
    }
    return refused;
}

uint64_t alert_set_late(const struct alert_set *set)
{
    return set->late;
}

void alert_set_maintenance(struct alert_set *set, const struct maintenance *list, size_t n)
{
    set->has_journal = false;
    free(set->maintenances);
    set->maintenances = n ? alloc_zero(n, sizeof *list) : NULL;
    set->n_maintenances = n;
    if (n) {
        memcpy(set->maintenances, list, n * sizeof *list);
    }
}

bool alert_set_silence(struct alert_set *set, const char *rule, const char *series, int64_t until,
                       int64_t now)
{
    for (size_t i = 0; i < set->n_watches; i++) {
        if (strcmp(set->watches[i].rule.name, rule) == 0) {
            set->has_journal = false;
            silence_set(&set->silences, span_of(rule), span_of(series), until, now);
            return true;
        }
    }
    return false;
}

const char *alert_state_name(enum alert_state state)
{
    switch (state) {
    case ALERT_PENDING: return "pending";
    case ALERT_FIRING: return "firing";
    case ALERT_RESOLVED: return "resolved";
    }
    return "resolved";
}
