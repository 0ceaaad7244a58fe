/* What nobody wants to hear of for a while: rules, or one series of a rule. */
#ifndef TEAPOT_ALERT_SILENCE_H
#define TEAPOT_ALERT_SILENCE_H

#include "alert/notice.h"

enum {
    SILENCE_MAX = 256, /* at a time; then the one that ends first goes */
};

struct silence {
    char rule[RULE_NAME_BYTES], series[ALERT_NAME_BYTES]; /* series empty: all */
    int64_t until;
};

/* A zeroed struct is empty; freed with free(list.items). */
struct silence_list {
    struct silence *items;
    size_t n;
};

/* Adds a silence, or changes that of the same rule and series; one that is over is taken out.
 * `series` may be NULL. */
void silence_set(struct silence_list *list, struct span rule, struct span series, int64_t until,
                 int64_t now);

/* Is that one of the names of the alert's series: its source, host, route or upstream? */
bool silence_is_of(const struct alert *alert, const char *series);

/* Is nobody to hear of this alert at that second? */
bool silence_covers(const struct silence_list *list, const struct alert *alert, int64_t second);

#endif
