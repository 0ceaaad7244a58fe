#include "alert/maintenance.h"

#include "alert/silence.h"
#include "base/floor.h"

enum {
    DAY_S = 86400,
    WEEK = 7,
    EPOCH_WEEKDAY = 3, /* 1970-01-01 was a Thursday */
};

static bool is_rule(const struct maintenance *m, const struct alert *alert)
{
    bool is_it = m->n_rules == 0;
    for (size_t i = 0; i < m->n_rules; i++) {
        is_it = is_it || strcmp(m->rules[i], alert->rule) == 0;
    }
    return is_it;
}

static bool is_series(const struct maintenance *m, const struct alert *alert)
{
    bool is_it = m->n_series == 0;
    for (size_t i = 0; i < m->n_series; i++) {
        is_it = is_it || silence_is_of(alert, m->series[i]);
    }
    return is_it;
}

/* Does it begin on the day of that number since 1970? */
static bool begins_on(const struct maintenance *m, int64_t day)
{
    return m->days >> floor_place(day + EPOCH_WEEKDAY, WEEK) & 1;
}

static bool is_now(const struct maintenance *m, int64_t second)
{
    if (m->days == 0) {
        return second >= m->from && second < m->to;
    }
    int64_t day = floor_div(second + m->zone_s, DAY_S);
    int64_t of_day = second + m->zone_s - day * DAY_S;
    if (m->from < m->to) {
        return begins_on(m, day) && of_day >= m->from && of_day < m->to;
    }
    return (begins_on(m, day) && of_day >= m->from) || (begins_on(m, day - 1) && of_day < m->to);
}

bool maintenance_covers(const struct maintenance *m, const struct alert *alert, int64_t second)
{
    return is_now(m, second) && is_rule(m, alert) && is_series(m, alert);
}

bool maintenance_any(const struct maintenance *list, size_t n, const struct alert *alert,
                     int64_t second)
{
    for (size_t i = 0; i < n; i++) {
        if (maintenance_covers(&list[i], alert, second)) {
            return true;
        }
    }
    return false;
}
