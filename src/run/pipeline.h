/*
 * One source wired from bytes to counts: framer → reader (format) → event → verdict → tally, and
 * the seconds that come out of it to the alerts. A source is one file that is scanned or followed,
 * or a pipe. It owns all that is remembered between its lines.
 */
#ifndef TEAPOT_RUN_PIPELINE_H
#define TEAPOT_RUN_PIPELINE_H

#include "alert/alert.h"
#include "base/buf.h"
#include "event/logtime.h"
#include "format/reader.h"
#include "format/states.h"
#include "input/framer.h"
#include "output/summary.h"
#include "tally/tally.h"

struct verdict_cache; /* verdict tables by server and vendor, made once each */
struct batch;         /* lines that are read together, and their events */

/* What all sources of a run share. */
struct pipeline {
    struct alert_set *alerts;
    struct verdict_cache *verdicts;
    struct batch *batch;
    struct states states;  /* of parsers */
    enum field dropped[4]; /* fields that nobody wants, FIELD_SKIP at the end */
    unsigned keep;         /* dimensions, bit 1 << enum tally_dimension */
    bool by_host;          /* windows need records per virtual host */
    bool has_intervals;    /* each source has a tally of the interval beside its total */
    /* A service keeps sums of all sources, so that an answer costs the same however many there are.
     * They alone know times then. */
    bool has_sums;
    struct tally total, interval;
    struct source *awake; /* those that were not put to rest since their last lines */
    bool has_moved;       /* bytes were counted; reset by whoever writes down how far */
    int64_t closed_ms;    /* wall time at which seconds were closed last; 0: not yet */
    int lateness_ms;      /* for source_closed_before, with that */
};

struct source {
    struct pipeline *shared;
    char *name, *vendor; /* vendor: "" when none was given */
    struct format format;
    struct reader *reader; /* NULL until the first line */
    struct framer framer;  /* of a scan or a pipe; followed files have their own */
    uint64_t long_lines;
    struct logtime time;
    struct buf held;        /* lines of an undecided format, each with a newline */
    struct tally *live;     /* since the last fold; NULL until the first line */
    struct tally *interval; /* since the last summary; NULL without lines or intervals */
    struct tally *total;    /* NULL until the first fold; in a service it knows no times */
    struct source *next_awake, *prev_awake;
    bool is_awake;
    bool is_busy; /* bytes came more than once since it rested */
    const struct verdict_table *verdicts;
    enum server server; /* that `verdicts` is for */
    void *owner;        /* the caller's */
    int64_t arrival_ms; /* wall time given to source_bytes last: lines without stamp */
    int64_t skew_s;     /* wall clock minus window clock when the last line came */
    uint64_t lag_bytes, rotations, truncations;
    char state[96]; /* "reading", "following" … */
};

/* Makes what sources share; `rules` are copied. `on_change` as for alert_set_new. */
void pipeline_init(struct pipeline *p, const struct rule *rules, size_t n_rules, unsigned keep,
                   alert_change_fn on_change, void *ctx);
void pipeline_done(struct pipeline *p);

/* One for sources of another thread, which counts the same and tells no alerts. */
void pipeline_init_apart(struct pipeline *p, const struct pipeline *of);

/* A source, awake; `format` is read by format_read and was found good before. Freed with
 * source_free. */
struct source *source_new(struct pipeline *p, const char *name, const char *format,
                          const char *vendor);
void source_free(struct source *s);

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

/* Gives what was counted per second to the alerts. Seconds before `closed_before` are complete, and
 * in any case those before the source's own clock. */
void source_feed(struct source *s, int64_t closed_before);

/* Nothing came after a line whose stamp waits to be confirmed: settles it if it agrees with the
 * wall clock. */
void source_settle(struct source *s, int64_t wall_ms);

/* No more lines will come: settles what waits and closes all seconds. */
void source_finish(struct source *s);

/* Moves what was counted since the last time into interval and total. Comes after source_feed. */
void source_fold(struct source *s);

/* Frees the memory of a source that was finished and folded; its counts stay. */
void source_rest(struct source *s);

/* All bytes that there were are counted and fed. A source that rested before them most likely rests
 * again: it is folded now, so that a thousand of them that wake together need the memory of one. */
void source_caught_up(struct source *s);

/* Ends the interval of a source: what it counted is forgotten. */
void source_end_interval(struct source *s);

/* Puts a source to sleep that was read to its end, and gives back what it needs only for lines: it
 * costs nothing then, and wakes by itself with the next bytes. False while something of it still
 * waits for time to go on. */
bool source_sleep(struct source *s, int64_t wall_ms);

/* The second before which a source that follows its log in real time may be closed now: what its
 * clock has reached, or what the wall clock has, `lateness_ms` ago, when the log's stamps agree
 * with it. */
int64_t source_closed_before(const struct source *s, int64_t wall_ms, int lateness_ms);

/* Describes a source for a summary with that tally, which must not be NULL. */
struct summary_source source_summary(const struct source *s, const struct tally *tally);

#endif
