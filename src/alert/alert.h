/*
 * What a person is told. An alert set holds the rules, the series that they watch and the alerts
 * that they raised: pending → firing → resolved. Time is event time, so an old log gives the alerts
 * it would have given; nothing here reads a clock. One set serves a scan or a daemon.
 */
#ifndef TEAPOT_ALERT_ALERT_H
#define TEAPOT_ALERT_ALERT_H

#include "alert/maintenance.h"
#include "base/buf.h"
#include "tally/window.h"

struct alert_set;

/* A set that watches these rules, which are copied. `on_change` may be NULL. Freed with
 * alert_set_free. */
struct alert_set *alert_set_new(const struct rule *rules, size_t n_rules, alert_change_fn on_change,
                                void *ctx);
void alert_set_free(struct alert_set *set);

/* What windows need to tell apart for the rules: bits of enum window_by. */
unsigned alert_set_by(const struct alert_set *set);

/* Takes what a source counted since the last call; the window is drained by the caller afterwards.
 * Seconds of that source before `closed_before` are complete: nothing will be counted in them any
 * more. `w` may be NULL when only time went on. */
void alert_set_feed(struct alert_set *set, const char *source, const struct window *w,
                    int64_t closed_before);

/* A source says that it is (or is not any more) idle: then series over several sources don't wait
 * for it. They wait only for sources that they know: announce each with `false` before the first is
 * fed. */
void alert_set_idle(struct alert_set *set, const char *source, bool idle);

/* Must seconds of series over several sources be closed in time, and all of those are idle? Then
 * go on feeding all of them: the furthest tells the time. */
bool alert_set_waits(const struct alert_set *set);

/* Lines of a source come seldom: makes small what is known of it, until its next second is closed.
 */
void alert_set_pack(struct alert_set *set, const char *source);

/* A source is idle: memory that is not needed before its next line is given back, and until then
 * its seconds may be closed late, but must be before that line is fed. False when its series must
 * hear of each second in time: then go on feeding it. */
bool alert_set_rest(struct alert_set *set, const char *source);

/* Takes the rules of a new configuration: series and alerts of rules that did not change stay;
 * alerts of rules that are gone are resolved. */
void alert_set_rules(struct alert_set *set, const struct rule *rules, size_t n_rules);

/* How many alerts are remembered, and each of them: active ones and the last ALERT_KEPT resolved,
 * in order of `at`. Pending ones are not among them. Valid until the set is fed or freed. */
size_t alert_set_count(const struct alert_set *set);
const struct alert *alert_set_at(const struct alert_set *set, size_t index);

/* Does it fire, or any part of the group that it leads? False for parts of other alerts, which
 * nobody hears of. */
bool alert_is_open(const struct alert *a);

/* Writes what people know of one that is open: itself, or its group, when it leads others. */
void alert_set_describe(const struct alert_set *set, const struct alert *a, struct alert *out);

/* A number that grows when any alert that is not silenced fires, gets worse or is resolved, told or
 * as a part of another. */
uint64_t alert_set_changes(const struct alert_set *set);

/* How many are firing; how many series were refused because of ALERT_SERIES; lines that came for a
 * second that was closed already. */
size_t alert_set_firing(const struct alert_set *set);
uint64_t alert_set_refused(const struct alert_set *set);
uint64_t alert_set_late(const struct alert_set *set);

/* Takes the hours of work in which alerts are remembered, but told only if they outlast them;
 * they are copied, and those of before are dropped. */
void alert_set_maintenance(struct alert_set *set, const struct maintenance *list, size_t n);

/* Keeps quiet about a rule until a wall-clock second: alerts that fire before it are remembered,
 * but marked `silenced`, and told only if they outlast it. `series` is a source, virtual host,
 * route or upstream, or NULL for all. An `until` that is not after `now` ends the silence. False
 * when there is no such rule. */
bool alert_set_silence(struct alert_set *set, const char *rule, const char *series, int64_t until,
                       int64_t now);

/* Hands out all that the set knows, in pieces that alert_set_restore takes in the same order: then
 * it is as if there had been no restart. Names are not valid after the call; `bytes` are taken
 * over.
 */
typedef void (*alert_keep_fn)(const char *name, struct buf *bytes, void *ctx);
void alert_set_keep(struct alert_set *set, alert_keep_fn keep, void *ctx);

/* Hands out one more piece, or none, which goes behind those that were handed out before: what the
 * set has heard of since. False when that can't be said: then all has to be kept again. */
bool alert_set_keep_more(struct alert_set *set, alert_keep_fn keep, void *ctx);

/* Takes one piece, before the first feed. What belongs to a rule that is not the same any more is
 * left out. False when the piece is not understood; the set is sound in any case. */
bool alert_set_restore(struct alert_set *set, struct span bytes);

/* All pieces were taken: alerts whose rule is gone are resolved in that second. */
void alert_set_restored(struct alert_set *set, int64_t second);

/* "pending", "firing", "resolved". Static. */
const char *alert_state_name(enum alert_state state);

#endif
