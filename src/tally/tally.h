/*
 * Everything that is counted, as a value that merges: tally_merge is associative, an empty tally is
 * its identity; pieces of one source merge in their order, those of different sources in any.
 * Intervals, checkpoints, worker threads and the fleet all use this one operation.
 */
#ifndef TEAPOT_TALLY_TALLY_H
#define TEAPOT_TALLY_TALLY_H

#include "codes/judge.h"
#include "event/event.h"
#include "tally/causes.h"
#include "tally/sketch.h"
#include "tally/timeline.h"
#include "tally/top.h"
#include "tally/window.h"

enum tally_dimension {
    TALLY_HOSTS,     /* counted on every request */
    TALLY_UPSTREAMS, /* likewise */
    TALLY_ROUTES,    /* counted on 4xx and 5xx only */
    TALLY_CLIENTS,   /* likewise; off unless asked for: privacy */
    TALLY_DIMENSIONS,
};

enum {
    TALLY_SAMPLES = 5,        /* unparsed lines that are kept */
    TALLY_SAMPLE_BYTES = 200, /* of each */
};

/* How many requests had one verdict. */
struct tally_cell {
    struct verdict verdict;
    uint64_t count;
};

struct tally_sample {
    uint16_t len;
    char text[TALLY_SAMPLE_BYTES];
};

struct tally {
    uint64_t lines, requests, unparsed, ignored, late;
    uint64_t bytes;           /* of responses */
    bool has_bytes, has_time; /* did any line have them? */
    int64_t from_ms, to_ms;   /* earliest and latest stamp */
    uint32_t n_cells, cap_cells;
    struct tally_cell *cells;
    uint16_t *hot; /* cell number + 1 that a status hit last; NULL: not known of any */
    const struct verdict_table *hot_of;       /* all of `hot` are verdicts of this table, or NULL */
    struct sketch *durations[STATUS_CLASSES]; /* NULL until the first */
    struct top *tops[TALLY_DIMENSIONS];       /* NULL until the first */
    struct causes *causes;                    /* NULL until the first */
    uint8_t keep;                             /* bit 1 << enum tally_dimension: wanted */
    struct window window;
    struct timeline *timeline; /* NULL until the first request */
    uint32_t n_samples;
    struct tally_sample *samples; /* NULL until the first */
};

/* Makes an empty tally; `keep` has the bits of the wanted dimensions. tally_done frees what it
 * holds. */
void tally_init(struct tally *t, unsigned keep, unsigned by);
void tally_done(struct tally *t);

/* Empties the tally for the next interval: its memory, its clock and a line that waits stay. */
void tally_clear(struct tally *t);

/* Gives back the memory of a tally that tally_clear emptied, until something is counted again. */
void tally_rest(struct tally *t);

/* Counts a request. `ms` is its stamp (or the time it arrived, `stamped` false), `line` its whole
 * text. */
void tally_request(struct tally *t, const struct event *e, struct verdict v, int64_t ms,
                   bool stamped, struct span line);

/* Counts why a request failed, beside tally_request. */
void tally_cause(struct tally *t, const struct event *e, const struct judgement *j);

/* When a request was, as tally_requests takes it. */
struct tally_time {
    int64_t ms;
    bool stamped;
};

/* Counts `n` requests in a row as tally_request counts each: events[i], whose text is its member
 * `line`, at times[i], or at the time of the event before it when it has the `same_time`. What
 * errors asked for is split (event_split) here. */
void tally_requests(struct tally *t, struct event *events, const struct tally_time *times, size_t n,
                    const struct verdict_table *verdicts);

/* Settles a line whose stamp is still to be believed, as believed: at the end of a file, or when
 * nothing came after it. Use this, not window_settle: the timeline has to know. */
void tally_settle(struct tally *t);

/* Counts a line that is no request. Up to TALLY_SAMPLES unparsed ones are kept. */
void tally_ignored(struct tally *t);
void tally_unparsed(struct tally *t, struct span line);

/* Adds what `from`, a later piece of the same source or a piece of another, counted. The window is
 * merged only when `same_source`: seconds of different sources are on different clocks. Intervals
 * of one tally, with tally_clear between them, count as different: a line that waits stays in the
 * tally, and would come twice. */
void tally_merge(struct tally *into, const struct tally *from, bool same_source);

/* The same for a sum that needs no seconds: adds all but the window and the timeline. */
void tally_merge_counts(struct tally *into, const struct tally *from);

/* The timeline, an empty one when there is none. Valid until the tally changes. */
const struct timeline *tally_timeline(const struct tally *t);

/* tally_merge in two steps, for pieces of one source that are counted apart and whose times, a
 * window and a timeline, were moved out of their tallies. First adds all but times, and clears
 * `from`; second adds the times of a piece, in the pieces' order, and resets `w`. */
void tally_take_counts(struct tally *into, struct tally *from);
void tally_take_times(struct tally *into, struct window *w, const struct timeline *t);

/* Sums by class, by blame. */
void tally_classes(const struct tally *t, uint64_t out[STATUS_CLASSES]);
void tally_blames(const struct tally *t, uint64_t out[BLAMES]);

/* All durations in one sketch: into `out`, which the caller provides and frees with sketch_done.
 * False when there are none. */
bool tally_durations(const struct tally *t, struct sketch *out);

/* Writes the cells' numbers in order of count, the largest first (ties by status), and returns how
 * many; `out` has room for n_cells. */
size_t tally_order(const struct tally *t, uint32_t *out);

#endif
