/*
 * Series of one rule that share a clock: all of one source, or all of a rule that sees its sources
 * as one. A lane keeps the seconds that are open, closes them in order, and ticks its series: every
 * second while there is anything to forget in them, and not at all after that, so a gap of a year
 * costs nothing.
 */
#ifndef TEAPOT_ALERT_LANE_H
#define TEAPOT_ALERT_LANE_H

#include "alert/answers.h"
#include "alert/series.h"

enum {
    LANE_OPEN = 65536, /* counts of series and second that may wait; above that the oldest second is
                          closed */
};

struct lane_entry {
    int64_t second;
    struct series *series;
    uint64_t requests, errors;
};

struct lane {
    int64_t next;               /* first second that is not closed; INT64_MIN before the first */
    int64_t swept;              /* value of `next` when quiet series were last looked for */
    struct lane_entry *entries; /* from `head` on, by second and number of the series */
    struct series **active;     /* those that are ticked */
    struct series **slots;      /* hash table of all; n_slots is a power of two */
    uint32_t head, n_entries, cap_entries, n_active, cap_active, n_slots, n_series;
    uint64_t created;       /* series in all: their numbers never come again */
    struct answers answers; /* of the upstreams of all series */
};

/* What a lane's owner lends it. */
struct lane_owner {
    const struct rule *rule;
    struct label_table *labels;
    size_t *n_series; /* of all lanes of the rule */
    void (*on_change)(struct series *s, enum series_change change, int64_t second,
                      const struct rule_finding *finding, const struct answers *answers, void *ctx);
    void *ctx;
};

/* A lane without series; lane_free also frees its series, and tells nobody. */
struct lane *lane_new(void);
void lane_free(struct lane *lane, struct label_table *labels);

/* The series of that key; NULL when there is none. */
struct series *lane_find(const struct lane *lane, uint64_t hash, const struct series_key *key);

/* Adds a series of a key that lane_find did not find. */
struct series *lane_create(struct lane *lane, const struct lane_owner *owner, uint64_t hash,
                           const struct series_key *key);

/* Has a series ticked from the next second on. */
void lane_activate(struct lane *lane, struct series *s);

/* Counts in a second of a series, which must not be closed yet. */
void lane_add(struct lane *lane, const struct lane_owner *owner, const struct lane_entry *entry);

/* Closes all seconds before `limit`. Series that were quiet for so long that they are as good as
 * new are dropped now and then. */
void lane_close(struct lane *lane, const struct lane_owner *owner, int64_t limit);

/* Would closing seconds before the next count find nothing, so that it may be done later? */
bool lane_can_wait(const struct lane *lane, const struct rule *rule);

/* Makes small what its series know until they are ticked again. */
void lane_pack(struct lane *lane, const struct rule *rule);

/* Gives back the memory that a lane which can wait does not need before the next count. */
void lane_rest(struct lane *lane, const struct rule *rule, struct label_table *labels);

#endif
