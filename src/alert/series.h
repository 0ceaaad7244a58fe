/*
 * One series that a rule watches: its detector, its recent errors, and how far its alert has come,
 * second by second. It tells what changed; who remembers alerts and who is told is not its
 * business.
 */
#ifndef TEAPOT_ALERT_SERIES_H
#define TEAPOT_ALERT_SERIES_H

#include "alert/answers.h"
#include "alert/diagnosis.h"
#include "alert/seen.h"

enum series_change {
    SERIES_SAME,
    SERIES_FIRED,
    SERIES_WORSE,
    SERIES_RESOLVED,
};

/* What a rule may watch apart. Empty: not by that, or a request without it. */
struct series_key {
    struct span source, host, route, upstream;
};

struct series {
    uint64_t hash, number; /* of its key; in order of creation within its lane */
    char *names;           /* the texts of … */
    const char *source, *host, *route, *upstream; /* … these, empty as in its key */
    bool is_active;                               /* ticked every second */
    int64_t known_from;                           /* oldest and … */
    int64_t last_seen;         /* … newest second that something was counted in */
    uint64_t requests, errors; /* of the second that is being closed */
    void *detector;            /* NULL while it rests: then its state is in … */
    char *resting;             /* … this, by base/sparse.h, else NULL */
    struct diagnosis diagnosis;
    struct seen seen;

    enum alert_state state;             /* ALERT_RESOLVED: nothing is the matter */
    enum rule_severity severity;        /* that was told */
    int64_t since, any_from, crit_from; /* onset; when the finding, and a critical one, began */
    int64_t over_from;                  /* when it was over; INT64_MAX while it is not */
    struct rule_finding worst;          /* of the present alert */
    struct alert *alert;                /* the one that fires; not owned */
};

/* A hash of a key, in which no two members can stand for one another. */
uint64_t series_hash(const struct series_key *key);

/* Is it the series of that key, whose names may be too long for it? */
bool series_is(const struct series *s, const struct series_key *key);

/* A series without history; to be freed with series_free, which gives its labels back. */
struct series *series_new(const struct rule *rule, uint64_t hash, const struct series_key *key);
void series_free(struct series *s, struct label_table *labels);

/* Closes a second: takes and zeroes the counts in `requests` and `errors`. `*finding` is what was
 * found. */
enum series_change series_tick(struct series *s, const struct rule *rule, int64_t second,
                               struct rule_finding *finding);

/* Would empty seconds change nothing any more? */
bool series_is_settled(const struct series *s, const struct rule *rule);

/* Would empty seconds find nothing, so that they may be closed later as well as now? */
bool series_can_wait(const struct series *s, const struct rule *rule);

/* Gives back what a series does not need before its next count: what it knows of errors before
 * `oldest`, and zeros of its detector's state. */
void series_rest(struct series *s, const struct rule *rule, struct label_table *labels,
                 int64_t oldest);

/* Copies the detector's state, series_detector()->state_size() bytes. */
void series_state(const struct series *s, const struct rule *rule, void *out);

/* Writes what the alert says when it fired or got worse at `second`: all but `silenced` and `at`.
 */
void series_describe(const struct series *s, const struct rule *rule, int64_t second,
                     const struct rule_finding *finding, const struct answers *answers,
                     struct alert *out);

/* Writes the end of the series' alert at `second` and forgets it; `gone`: because its rule is. */
void series_resolve(struct series *s, const struct rule *rule, int64_t second, bool gone);

/* The detector of a rule. Static. */
const struct rule_detector *series_detector(const struct rule *rule);

#endif
