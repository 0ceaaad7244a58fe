#include "config/kinds_maintenance.h"

#include "base/alloc.h"
#include "base/choice.h"
#include "config/value.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const weekdays[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

static int take_days(const struct stanza *s, struct maintenance *m)
{
    struct stanza_setting setting = stanza_get(s, "days");
    for (size_t i = 0; i < setting.n_values; i++) {
        struct span word = span_of(setting.values[i]);
        int day = choice_find(word, weekdays, "day", s->file->why);
        if (day < 0) {
            return stanza_refuse(s, "days", i);
        }
        m->days = (uint8_t)(m->days | 1 << day);
    }
    return 0;
}

static int take_zone(const struct stanza *s, struct maintenance *m)
{
    const char *text = stanza_text(s, "zone");
    if (text && !value_zone(span_of(text), &m->zone_s)) {
        problem_set(s->file->why, "zone must be like \"+01:00\", or UTC");
        return stanza_refuse(s, "zone", 0);
    }
    return 0;
}

static int take_moment(const struct stanza *s, const struct maintenance *m, const char *key,
                       int64_t *out)
{
    const char *text = stanza_text(s, key);
    bool is_weekly = m->days != 0;
    bool is_good = text && (is_weekly ? value_time_of_day(span_of(text), out)
                                      : value_moment(span_of(text), m->zone_s, out));
    if (is_good) {
        return 0;
    }
    problem_set(s->file->why, "%s must be %s", key,
                is_weekly ? "a time of the day like \"02:30\", beside days"
                          : "a moment like \"2026-12-01T22:00\", without days");
    return stanza_refuse(s, text ? key : NULL, 0);
}

/* A name of a rule that is not there is surely a slip: somebody would be woken. */
static int take_rules(const struct stanza *s, const struct config *c, struct maintenance *m)
{
    struct stanza_setting setting = stanza_get(s, "rule");
    const char **names = alloc_zero(c->n_rules + 1, sizeof(*names));
    int bad = 0;
    for (size_t i = 0; i < c->n_rules; i++) {
        names[i] = c->rules[i].name;
    }
    for (size_t i = 0; i < setting.n_values && !bad; i++) {
        int which = choice_find(span_of(setting.values[i]), names, "rule", s->file->why);
        bool is_full = which >= 0 && m->n_rules == MAINTENANCE_NAMES;
        if (is_full) {
            problem_set(s->file->why, "a maintenance names at most %d rules", MAINTENANCE_NAMES);
        }
        if (which < 0 || is_full) {
            bad = stanza_refuse(s, "rule", i);
        } else {
            snprintf(m->rules[m->n_rules++], RULE_NAME_BYTES, "%s", names[which]);
        }
    }
    free(names);
    return bad;
}

static int take_series(const struct stanza *s, struct maintenance *m)
{
    struct stanza_setting setting = stanza_get(s, "series");
    for (size_t i = 0; i < setting.n_values; i++) {
        if (i == MAINTENANCE_NAMES || !setting.values[i][0]) {
            problem_set(s->file->why, "a maintenance names at most %d series, none of them empty",
                        MAINTENANCE_NAMES);
            return stanza_refuse(s, "series", i);
        }
        snprintf(m->series[m->n_series++], ALERT_NAME_BYTES, "%s", setting.values[i]);
    }
    return 0;
}

int kinds_maintenance(const struct stanza *s, struct config *c)
{
    struct maintenance *m = settings_add_maintenance(c);
    if (stanza_name(s, m->name, sizeof(m->name)) || take_days(s, m) || take_zone(s, m) ||
        take_moment(s, m, "from", &m->from) || take_moment(s, m, "to", &m->to) ||
        take_rules(s, c, m) || take_series(s, m)) {
        return -EINVAL;
    }
    if (m->from == m->to || (m->days == 0 && m->to < m->from)) {
        problem_set(s->file->why, "to must be after from");
        return stanza_refuse(s, "to", 0);
    }
    return 0;
}
