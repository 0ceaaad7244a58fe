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

/* How far an alert has come. */
struct series_course {
    int64_t since, any_from, crit_from; /* onset; when the finding, and a critical one, began */
    int64_t over_from;                  /* when it was over; INT64_MAX while it is not */
    struct rule_finding worst;          /* of the present alert */
    struct alert *alert;                /* the one that fires; not owned */
};

/* Small, for there are thousands, most of which rest and never had a finding. */
struct series {
    uint64_t hash, number;     /* of its key; in order of creation within its lane */
    int64_t known_from;        /* oldest and … */
    int64_t last_seen;         /* … newest second that something was counted in */
    uint64_t requests, errors; /* of the second that is being closed */
    void *detector;            /* NULL before the first tick, and while its state is in … */
    char *packed;              /* … this, by base/sparse.h, else NULL */
    struct diagnosis diagnosis;
    struct seen seen;
    struct series_course *course; /* of the present alert or the last; NULL: there was none */
    enum alert_state state;       /* ALERT_RESOLVED: nothing is the matter */
    enum rule_severity severity;  /* that was told */
    uint16_t host_at, route_at, upstream_at; /* where these begin in … */
    bool is_active;                          /* ticked every second */
    bool can_wait;                           /* … and could wait when it was packed */
    char names[]; /* … this: the texts of its key, empty as there, the source first */
};

static inline const char *series_host(const struct series *s)
{
    return s->names + s->host_at;
}

static inline const char *series_route(const struct series *s)
{
    return s->names + s->route_at;
}

static inline const char *series_upstream(const struct series *s)
{
    return s->names + s->upstream_at;
}

/* The alert that fires, or NULL. */
static inline struct alert *series_alert(const struct series *s)
{
    return s->course ? s->course->alert : NULL;
}

/* A hash of a key, in which no two members can stand for one another. */
uint64_t series_hash(const struct series_key *key);

/* Is it the series of that key, whose names may be too long for it? */
bool series_is(const struct series *s, const struct series_key *key);

/* A series without history; to be freed with series_free, which gives its labels back. */
struct series *series_new(uint64_t hash, const struct series_key *key);
void series_free(struct series *s, struct label_table *labels);

/* Closes a second: takes and zeroes the counts in `requests` and `errors`. `*finding` is what was
 * found. */
enum series_change series_tick(struct series *s, const struct rule *rule, int64_t second,
                               struct rule_finding *finding);

/* Would empty seconds change nothing any more? */
bool series_is_settled(const struct series *s, const struct rule *rule);

/* Would empty seconds find nothing, so that they may be closed later as well as now? */
bool series_can_wait(const struct series *s, const struct rule *rule);

/* Leaves out the zeros of its detector's state until the next tick, and gives back what is not in
 * use. */
void series_pack(struct series *s, const struct rule *rule);

/* Gives back what a series that can wait does not need before its next count: what it knows of
 * errors before `oldest`, and what series_pack does. */
void series_rest(struct series *s, const struct rule *rule, struct label_table *labels,
                 int64_t oldest);

/* Copies the detector's state, series_detector()->state_size() bytes; and puts one back. */
void series_state(const struct series *s, const struct rule *rule, void *out);
void series_restore(struct series *s, const struct rule *rule, const void *state);

/* What is known of the alert's course; all zero, and not over, when there was none. Static then. */
const struct series_course *series_course_of(const struct series *s);

/* Puts that back. */
void series_set_course(struct series *s, const struct series_course *course);

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
