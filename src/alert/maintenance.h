/* Hours of work that were announced: alerts of that time are remembered and told to nobody. */
#ifndef TEAPOT_ALERT_MAINTENANCE_H
#define TEAPOT_ALERT_MAINTENANCE_H

#include "alert/notice.h"

enum {
    MAINTENANCE_NAMES = 16, /* rules, and series, that one may name */
};

/* Once, or every week. */
struct maintenance {
    char name[RULE_NAME_BYTES];
    char rules[MAINTENANCE_NAMES][RULE_NAME_BYTES]; /* none: all */
    char series[MAINTENANCE_NAMES]
               [ALERT_NAME_BYTES]; /* sources, hosts, routes, upstreams; or none */
    uint8_t n_rules, n_series;
    uint8_t days;     /* of a week, bit 0 Monday, on which it begins; 0: it is once */
    int32_t zone_s;   /* east of UTC, in which its days and hours are meant */
    int64_t from, to; /* once: seconds since 1970, UTC; weekly: of the day; `to` is not included,
                         and is on the next day when it is not after `from` */
};

/* Is nobody to hear of this alert at that second? */
bool maintenance_covers(const struct maintenance *m, const struct alert *alert, int64_t second);

/* The same for any of a list. */
bool maintenance_any(const struct maintenance *list, size_t n, const struct alert *alert,
                     int64_t second);

#endif
