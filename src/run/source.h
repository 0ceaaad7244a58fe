/*
 * A source and what becomes of its counts: one file that is scanned or followed, or a pipe. It owns
 * all that is remembered between its lines. What brings counts into it is in pipeline.h.
 */
#ifndef TEAPOT_RUN_SOURCE_H
#define TEAPOT_RUN_SOURCE_H

#include "alert/alert.h"
#include "base/buf.h"
#include "event/logtime.h"
#include "format/reader.h"
#include "format/states.h"
#include "input/framer.h"
#include "output/summary.h"
#include "tally/history.h"
#include "tally/tally.h"

struct verdict_cache; /* verdict tables by server and vendor, made once each */
struct batch;         /* lines that are read together, and their events */
struct source_packed; /* a total as bytes */

/* What all sources of a run share. */
struct pipeline {
    struct alert_set *alerts;
    struct verdict_cache *verdicts;
    struct batch *batch;
    struct states states;  /* of parsers */
    enum field dropped[4]; /* fields that nobody wants, FIELD_SKIP at the end */
    unsigned keep;         /* dimensions, bit 1 << enum tally_dimension */
    uint8_t by;            /* what windows tell apart, bits of enum window_by */
    bool has_intervals;    /* each source has a tally of the interval beside its total */
    /* A service keeps sums of all sources, so that an answer costs the same however many there are.
     * They alone know times then. */
    bool has_sums;
    struct tally total, interval;
    struct source *awake;   /* those that were not put to rest since their last lines */
    bool has_moved;         /* bytes were counted; reset by whoever writes down how far */
    int64_t closed_ms;      /* wall time at which seconds were closed last; 0: not yet */
    int lateness_ms;        /* for source_closed_before, with that */
    bool has_history;       /* counts are kept by the minute, too … */
    struct history history; /* … since they were written last */
    struct history_bounds history_bounds;
};

struct source {
    struct pipeline *shared;
    char *vendor; /* NULL when none was given */
    struct format format;
    struct reader *reader; /* NULL until the first line */
    struct framer framer;  /* of a scan or a pipe; followed files have their own */
    uint64_t long_lines;
    struct logtime *time; /* NULL while it sleeps */
    struct buf held;      /* lines of an undecided format, each with a newline */
    struct tally *live;   /* since the last fold; NULL until the first line, and at rest */
    /* What its window knew then: its clock, and the seconds that had their samples. */
    int64_t clock, sampled[WINDOW_SAMPLED];
    struct tally *interval; /* since the last summary; NULL without lines or intervals */
    struct tally *total;    /* NULL until the first fold; in a service it knows no times … */
    struct source_packed *packed; /* … and is here while it rests, or NULL */
    struct source *next_awake, *prev_awake;
    const struct verdict_table *verdicts;
    enum server server; /* that `verdicts` is for */
    unsigned n_reads;   /* how often bytes came since the last fold by the clock */
    bool is_awake, has_clock, has_sampled[WINDOW_SAMPLED];
    void *owner;        /* the caller's */
    int64_t arrival_ms; /* wall time given to source_bytes last: lines without stamp */
    int64_t skew_s;     /* wall clock minus window clock when the last line came */
    uint64_t lag_bytes, rotations, truncations;
    uint64_t lost_bytes; /* known to be, at least */
    const char *state;   /* "reading", "following" … */
    char *failure;       /* the state instead of that, or NULL */
    char name[];
};

/* A source, awake; `format` is read by format_read and was found good before. Freed with
 * source_free. */
struct source *source_new(struct pipeline *p, const char *name, const char *format,
                          const char *vendor);
void source_free(struct source *s);

/* Whose codes they are beside those of the server; "" for nobody's. */
void source_set_vendor(struct source *s, const char *vendor);
const char *source_vendor(const struct source *s);

/* Has the source's windows tell apart what its pipeline wants now. */
void source_watch(struct source *s);

/* The total; NULL when nothing was folded yet. One that rests is added to `room`, which is empty
 * and the caller's. */
const struct tally *source_total(const struct source *s, struct tally *room);

/* Appends the total as pack_tally does; nothing when no line was folded. */
void source_pack(const struct source *s, struct buf *out);

/* Its window, as far as it is known: at rest it has but a clock, and is made in `room`. NULL: none
 * yet. */
const struct window *source_window(const struct source *s, struct window *room);

/* Adds what was counted before a restart (tally/pack.h) to the total. False when it is damaged. */
bool source_restore(struct source *s, struct span packed);

/* The same for the interval under way. */
bool source_restore_interval(struct source *s, struct span packed);

/* Puts back how far the source's time had come, and its `skew_s`, when there are alerts that must
 * hear of each second, or when it is needed in any case. */
void source_restore_clock(struct source *s, int64_t clock, int64_t skew_s, bool is_needed);

/* Has lines wait again that waited for their second (tally/pack.h). False when the bytes are not
 * understood. */
bool source_restore_waiting(struct source *s, struct span packed);

/* Bytes came, at `wall_ms`: the source is awake from now on and has a reader and a live tally. What
 * the clock closed while it slept is closed before. */
void source_wake(struct source *s, int64_t wall_ms);

/* Makes the reader of a source that has none. Lines that are held vote in it: they may have done so
 * in one that was given back. */
void source_make_reader(struct source *s);

/* Sets the state, which must be static, and why it failed, or NULL. */
void source_set_state(struct source *s, const char *state, const char *why);

/* Gives what was counted per second to the alerts. Seconds before `closed_before` are complete, and
 * in any case those before the source's own clock. */
void source_feed(struct source *s, int64_t closed_before);

/* Gives all seconds to the alerts, the last one too: nothing comes any more. */
void source_close(struct source *s);

/* Nothing came after a line whose stamp waits to be confirmed: settles it if it agrees with the
 * wall clock. */
void source_settle(struct source *s, int64_t wall_ms);

/* Moves what was counted since the last time into interval and total. Comes after source_feed. */
void source_fold(struct source *s);

/* All bytes that there were are counted and fed. A source with little news is folded and rests now,
 * so that a thousand of them that have some in the same second need the memory of one. */
void source_caught_up(struct source *s);

/* Ends the interval of a source: what it counted is forgotten. */
void source_end_interval(struct source *s);

/* Puts a source to sleep that was read to its end, and gives back what it needs only for lines: it
 * costs nothing then, and wakes by itself with the next bytes. False while something of it still
 * waits for time to go on. */
bool source_sleep(struct source *s, int64_t wall_ms);

/* Frees the memory of a source that was finished and folded; its counts stay. */
void source_rest(struct source *s);

/* The second before which a source that follows its log in real time may be closed now: what its
 * clock has reached, or what the wall clock has, `lateness_ms` ago, when the log's stamps agree
 * with it. */
int64_t source_closed_before(const struct source *s, int64_t wall_ms, int lateness_ms);

/* Describes a source for a summary with that tally, which must not be NULL. */
struct summary_source source_summary(const struct source *s, const struct tally *tally);

#endif
