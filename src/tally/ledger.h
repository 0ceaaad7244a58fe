/*
 * The books of a window: what it holds, and how it is written down, always in the clock's second.
 * When a line counts, and in which second, is window.h's business, and most users need no more than
 * that.
 */
#ifndef TEAPOT_TALLY_LEDGER_H
#define TEAPOT_TALLY_LEDGER_H

#include "base/span.h"
#include "codes/codes.h"
#include "tally/timeline.h"

enum {
    WINDOW_JUMP_S = 3600, /* further ahead than this, a stamp must be confirmed */
    WINDOW_NAMES = 512,   /* hosts, routes and upstreams that may differ between two drains */
    WINDOW_OTHER = 1,     /* name number of all those above that */
    WINDOW_ERRORS = 64,   /* kinds of error in a second that are told apart by all they have … */
    WINDOW_PLACE_ERRORS = 256, /* … and with these, by what is watched apart, status and blame */
    WINDOW_ANSWERING = 24,     /* upstreams that are seen to answer in a second */
    WINDOW_PLACES = 4096,      /* places in a second that have records of their own */
    WINDOW_SAMPLES = 1024,     /* seconds with errors between two drains that have a sample */
    WINDOW_SAMPLED = 2,        /* classes that have one each: 5xx, 4xx */
    WINDOW_SAMPLE_BYTES = 480,
    WINDOW_MAX_SECONDS = 86400, /* records that are kept when nobody drains: then the oldest go */
    WINDOW_HEAD = 4, /* lines without a believed stamp that are kept before the first with one */
};

/* In the place of a blame: a try that failed, and that a retry hid from the client. */
#define WINDOW_MASKED ((enum blame)BLAMES)

/* And in that of answers that an upstream gave itself: no error, though counted among them. */
#define WINDOW_ANSWERED ((enum blame)(BLAMES + 1))

/* What a window is to tell apart beside whole sources, and of what it keeps samples; bits. */
enum window_by {
    WINDOW_BY_HOST = 1,
    WINDOW_BY_ROUTE = 2,
    WINDOW_BY_UPSTREAM = 4,
    WINDOW_BY_PLACE = 7,
    WINDOW_4XX_SAMPLES = 8, /* beside those with a 5xx */
    WINDOW_ANSWERS = 16,    /* count which upstreams answered */
};

/* What is known of one line when it is counted. */
struct window_line {
    struct span host, route, upstream; /* may be empty */
    struct span text;                  /* the whole line, for samples */
    uint16_t status;
    uint16_t entry; /* in the dictionary, as in struct verdict */
    enum status_class class;
    enum blame blame;
    /* So many tries at upstreams failed before the one that was the answer; where, and with which
     * status, the first of them. */
    uint32_t masked;
    uint16_t masked_status;
    struct span masked_upstream;
};

/* One second of the whole source, or of one place of it: a virtual host, a route, an upstream, or
 * what several of those have in common, as the window is told to count. */
struct window_record {
    int64_t second;                 /* since 1970 */
    uint32_t host, route, upstream; /* name numbers; all 0: the source as a whole */
    uint32_t requests, e4xx, e5xx;
    uint32_t unparsed; /* lines that no format read; of the source as a whole only */
    uint32_t before;   /* the window's own: where another place of the same name stands */
};

/* Is it that of the whole source? */
static inline bool window_is_whole(const struct window_record *r)
{
    return (r->host | r->route | r->upstream) == 0;
}

/* So many answers of a kind with 4xx or 5xx in a second, or tries that a retry hid (WINDOW_MASKED),
 * or answers of an upstream (WINDOW_ANSWERED: of the first WINDOW_ANSWERING, not all are counted).
 * Name numbers: 0 none, WINDOW_OTHER too many. */
struct window_error {
    int64_t second;
    uint32_t host, route, upstream, count;
    uint16_t status, entry;
    enum blame blame;
};

/* The first line of a second that had a 5xx, or a 4xx, as it stood in the log, cut. Which are kept
 * so does not depend on when the window is drained. */
struct window_sample {
    int64_t second;
    uint32_t host, route, upstream;
    uint16_t status, len;
    char text[WINDOW_SAMPLE_BYTES];
};

struct nametable; /* tally/nametable.h */

/* A line that came before the first believed stamp, with a copy of its texts. It is counted in that
 * stamp's second, but a merge has to know its own. */
struct window_head {
    int64_t stamp;
    struct window_line line;
    char *bytes;
    uint32_t unparsed; /* lines behind it that no format read */
};

struct window {
    bool has_clock, has_pending;
    uint8_t by;      /* bits of enum window_by */
    int64_t clock;   /* second that lines count at now */
    int64_t pending; /* stamp of the line that waits */
    struct window_record *records;
    struct window_error *errors;
    uint32_t n_records, cap_records, n_errors, cap_errors;
    uint32_t second_at; /* first record of the clock's second */
    uint32_t errors_at; /* first error record of the clock's second */
    uint32_t n_head;
    uint32_t unparsed_first;   /* lines that no format read, before any stamp … */
    uint32_t unparsed_waiting; /* … and behind the line that waits */
    struct window_head *head;  /* WINDOW_HEAD of them, or NULL */
    struct nametable *names;   /* NULL until the first */
    uint32_t last_host, last_route, last_upstream; /* name numbers */
    uint32_t last_answer;                          /* the record of errors that was counted in */
    struct window_sample *samples;                 /* NULL until the first */
    uint32_t n_samples, cap_samples;
    /* The second that had its sample last, of a 5xx and of a 4xx: a drain does not change that. */
    bool has_sampled[WINDOW_SAMPLED];
    int64_t sampled[WINDOW_SAMPLED];
    struct window_line waiting; /* the pending line; its spans point into `waiting_bytes` */
    char *waiting_bytes;
};

/* So many requests, with errors among them. */
struct ledger_counts {
    uint32_t requests, e4xx, e5xx;
};

/* Name numbers of what a line counts at, 0 where it is not told apart. */
struct ledger_place {
    uint32_t host, route, upstream;
};

/* What tells kinds of error in a second apart; name numbers as in struct window_error. */
struct ledger_kind {
    uint32_t host, route, upstream;
    uint16_t status, entry;
    enum blame blame;
};

/* The number of a name, 0 for an empty one. `*last` is a number kept from call to call
 * (nametable.h). */
uint32_t ledger_number(struct window *w, struct span name, uint32_t *last);

/* Puts the clock to a second; it never goes back. */
void ledger_advance(struct window *w, int64_t second);

/* Counts a line, in the timeline too when that is not NULL. */
void ledger_add_line(struct window *w, struct timeline *timeline, const struct window_line *line);

/* The parts of that: for the source as a whole, for a place (not all 0), errors of a kind, a
 * sample. */
void ledger_add(struct window *w, struct timeline *timeline, struct ledger_counts n);
void ledger_add_unparsed(struct window *w, uint32_t n);
void ledger_add_place(struct window *w, struct ledger_place place, struct ledger_counts n);
void ledger_add_errors(struct window *w, struct ledger_kind kind, uint32_t count);
void ledger_add_sample(struct window *w, struct ledger_place at, uint16_t status, struct span text);

/* Which of them does the window tell apart? */
struct ledger_place ledger_place_of(const struct window *w, struct ledger_place all);

/* Did the upstream answer itself? Not when the client went away (408, 460, 499) or another says so
 * (502 and more); of several tries it is not told which one did. */
static inline bool ledger_is_answer(const struct window *w, const struct window_line *line)
{
    bool is_own =
        line->status < 502 && line->status != 408 && line->status != 460 && line->status != 499;
    return w->by & WINDOW_ANSWERS && line->upstream.len && is_own && !line->masked;
}

/* Counts an answer of an upstream. */
void ledger_add_answer(struct window *w, struct span upstream);

/* The class of samples that a status belongs to. */
static inline size_t ledger_sampled(uint16_t status)
{
    return status_class(status) == CLASS_5XX ? 0 : 1;
}

/* What one line counts as. */
static inline struct ledger_counts ledger_counts_of(const struct window_line *line)
{
    return (struct ledger_counts){1, line->class == CLASS_4XX, line->class == CLASS_5XX};
}

/* Is an error of that kind? */
static inline bool ledger_is_kind(const struct window_error *e, const struct ledger_kind *k)
{
    return e->route == k->route && e->host == k->host && e->upstream == k->upstream &&
           e->status == k->status && e->entry == k->entry && e->blame == k->blame;
}

#endif
