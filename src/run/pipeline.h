/*
 * One source wired from bytes to counts: framer → reader (format) → event → verdict → tally, and
 * the seconds that come out of it to the alerts.
 */
#ifndef TEAPOT_RUN_PIPELINE_H
#define TEAPOT_RUN_PIPELINE_H

#include "run/source.h"

/* Makes what sources share; `rules` are copied. `on_change` as for alert_set_new. */
void pipeline_init(struct pipeline *p, const struct rule *rules, size_t n_rules, unsigned keep,
                   alert_change_fn on_change, void *ctx);
void pipeline_done(struct pipeline *p);

/* The rules are others now: has windows tell apart what they need. False when a field is needed
 * that readers were told to drop. */
bool pipeline_watch(struct pipeline *p);

/* One for sources of another thread, which counts the same and tells no alerts. */
void pipeline_init_apart(struct pipeline *p, const struct pipeline *of);

/* Reads lines from now on as another format, or as another vendor's. Counts stay. */
void source_set_format(struct source *s, const char *format, const char *vendor);

/* Takes bytes that follow those taken before through the same framer; returns how many were used:
 * whole lines, or all when `final`. `wall_ms` is when they arrived. */
size_t source_bytes(struct source *s, struct framer *framer, struct span bytes, bool final,
                    int64_t wall_ms);

/* Counts what a piece of the source's log counted, a source of its own that another thread had, but
 * for its times, and empties the piece; reads on as its reader would. `wall_ms` as above. */
void source_take_counts(struct source *s, struct source *piece, int64_t wall_ms);

/* Counts times of a piece, in the order of the log, and feeds them; `w` is reset. */
void source_take_times(struct source *s, struct window *w, const struct timeline *t);

/* Decides an undecided format with the lines that there are and counts them: at the end, before a
 * checkpoint, and when a line waited for a second. */
void source_decide(struct source *s);

/* No more lines will come: settles what waits and closes all seconds. */
void source_finish(struct source *s);

#endif
