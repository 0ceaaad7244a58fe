/*
 * What goes into a summary, as pointers to the values that hold it: the JSON text, the terminal
 * report and the metrics are all made from this.
 */
#ifndef TEAPOT_OUTPUT_SUMMARY_H
#define TEAPOT_OUTPUT_SUMMARY_H

#include "alert/alert.h"
#include "tally/tally.h"

enum summary_kind {
    SUMMARY_SCAN,
    SUMMARY_INTERVAL,
    SUMMARY_TOTAL,
};

struct summary_source {
    const char *name;
    const char *format;        /* what lines are read as: "combined", or "unknown" so far */
    const char *format_reason; /* why, when it was guessed: "63 of 64 lines"; else NULL */
    const struct tally *tally;
    uint64_t lag_bytes; /* not read yet; 0 where that has no meaning */
    uint64_t rotations, long_lines, truncations, lost_bytes;
    const char *state; /* "reading", "following", "waiting", "done", "failed: …" */
};

struct summary {
    enum summary_kind kind;
    const char *host;
    uint64_t seq;
    int64_t from_ms,
        to_ms; /* of an interval by the wall clock; 0, 0: from the stamps of the lines */
    const struct tally *all; /* the sum of the sources */
    const struct summary_source *sources;
    size_t n_sources;
    const struct alert_set *alerts; /* may be NULL */
    int64_t alerts_since;           /* second: only alerts that changed since; INT64_MIN: all */
};

/* The time that a summary is about, in milliseconds: as given, or from the stamps of its lines.
 * False when neither is known. */
static inline bool summary_time(const struct summary *s, int64_t *from_ms, int64_t *to_ms)
{
    bool given = s->from_ms != 0 || s->to_ms != 0;
    *from_ms = given ? s->from_ms : s->all->from_ms;
    *to_ms = given ? s->to_ms : s->all->to_ms;
    return given || s->all->has_time;
}

#endif
