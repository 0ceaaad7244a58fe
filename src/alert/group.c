/* Alerts of a rule are looked through only when one fires or ends, which is seldom. */
#include "alert/group.h"

#include "alert/sentence.h"
#include "base/alloc.h"

#include <stdlib.h>

static struct alert *find(const struct alert_set *set, const char *id)
{
    for (size_t i = set->n_alerts; i-- > 0;) {
        if (strcmp(set->alerts[i]->id, id) == 0) {
            return set->alerts[i];
        }
    }
    return NULL;
}

static void add_part(struct alert *leader, struct alert *part)
{
    leader->parts = alloc_resize(leader->parts, leader->n_parts + 1, sizeof(struct alert *));
    leader->parts[leader->n_parts++] = part;
}

/* May it lead one that fires at `at`? By their times and not by what was heard first, so that a log
 * that is read later gives the same, as far as sources are read in the order of their time. */
static bool may_lead(const struct alert *a, const struct rule *rule, int64_t at)
{
    bool is_over = a->state == ALERT_RESOLVED && a->resolved_at <= at && !group_is_firing(a);
    return !a->group[0] && !a->silenced && !is_over && a->at <= at && at - a->at <= rule->group_s &&
           strcmp(a->rule, rule->name) == 0;
}

bool group_join(struct alert_set *set, const struct rule *rule, struct alert *alert)
{
    for (size_t i = 0; rule->group_s && i < set->n_alerts; i++) {
        struct alert *leader = set->alerts[i];
        if (leader != alert && may_lead(leader, rule, alert->at)) {
            memcpy(alert->group, leader->id, sizeof alert->group);
            add_part(leader, alert);
            set->n_growing += !leader->has_grown;
            leader->has_grown = true;
            return true;
        }
    }
    return false;
}

struct alert *group_leader(const struct alert_set *set, struct alert *alert)
{
    struct alert *leader = alert->group[0] ? find(set, alert->group) : NULL;
    return leader ? leader : alert;
}

bool group_is_firing(const struct alert *leader)
{
    bool is_firing = leader->state == ALERT_FIRING;
    for (uint32_t i = 0; i < leader->n_parts; i++) {
        is_firing = is_firing || leader->parts[i]->state == ALERT_FIRING;
    }
    return is_firing;
}

enum rule_severity group_severity(const struct alert *leader)
{
    enum rule_severity most = leader->severity;
    for (uint32_t i = 0; i < leader->n_parts; i++) {
        const struct alert *part = leader->parts[i];
        most = part->state == ALERT_FIRING && part->severity > most ? part->severity : most;
    }
    return most;
}

void group_describe(const struct alert *leader, const struct rule *rule, struct alert *out)
{
    *out = *leader;
    out->state = ALERT_FIRING;
    out->resolved_at = 0;
    out->severity = group_severity(leader);
    sentence_firing(out, rule);
}

void group_restore(struct alert_set *set, struct alert *alert)
{
    struct alert *leader = group_leader(set, alert);
    if (leader != alert) {
        add_part(leader, alert);
    }
    for (size_t i = 0; i < set->n_alerts; i++) {
        struct alert *part = set->alerts[i];
        if (part != alert && strcmp(part->group, alert->id) == 0) {
            add_part(alert, part);
        }
    }
    set->n_growing += alert->has_grown;
}

void group_leave(struct alert_set *set, struct alert *alert)
{
    struct alert *leader = group_leader(set, alert);
    uint32_t kept = 0;
    for (uint32_t i = 0; leader != alert && i < leader->n_parts; i++) {
        if (leader->parts[i] != alert) {
            leader->parts[kept++] = leader->parts[i];
        }
    }
    leader->n_parts = leader != alert ? kept : leader->n_parts;
    for (uint32_t i = 0; i < alert->n_parts; i++) {
        alert->parts[i]->group[0] = '\0';
    }
    set->n_growing -= alert->has_grown;
    free(alert->parts);
    alert->parts = NULL;
    alert->n_parts = 0;
}
