/*
 * When the upstreams of a log answered: in which seconds of the last quarter of an hour, so that an
 * alert can say which of them has fallen silent. An answer is any that the upstream gave itself;
 * 502 and what is above are said for it.
 */
#ifndef TEAPOT_ALERT_ANSWERS_H
#define TEAPOT_ALERT_ANSWERS_H

#include "alert/label.h"
#include "alert/notice.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    ANSWERS_MOST = 4096,      /* minutes of upstreams that are remembered; then the oldest go */
    ANSWERS_BEFORE_S = 600,   /* before an onset: what is usual there */
    ANSWERS_REMEMBER_S = 900, /* before a rule's window: the onset may lie before that */
};

struct answers_minute {
    int64_t minute; /* its first second */
    struct label *upstream;
    uint64_t seconds; /* bits: those in which it answered */
};

/* All zero is empty. */
struct answers {
    struct answers_minute *minutes; /* in the order in which they came */
    uint32_t n, cap;
    bool has_any;
    int64_t first; /* second of all answers that were ever added */
};

/* Gives the names back to their table and frees the rest. */
void answers_done(struct answers *a, struct label_table *labels);

/* An upstream answered in a second. Seconds may come in any order; what is older than `oldest`, the
 * first second of the rule's window, by more than ANSWERS_REMEMBER_S is not needed any more. */
void answers_add(struct answers *a, struct label_table *labels, struct span upstream,
                 int64_t second, int64_t oldest);

/* Puts back a minute as `minutes` had it when it was written down; `first` is the caller's then.
 * False when it can't have been that. */
bool answers_restore(struct answers *a, struct label_table *labels, struct span upstream,
                     int64_t minute, uint64_t seconds);

/* Forgets what is not needed, and gives back memory that is not in use then. */
void answers_rest(struct answers *a, struct label_table *labels, int64_t oldest);

/* Fills in the upstreams that fell silent with the onset of an alert, which is told at `second` by
 * a rule with that window. */
void answers_fill(const struct answers *a, int64_t onset, int64_t second, int window_s,
                  struct alert *out);

#endif
