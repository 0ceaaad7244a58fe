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
    WINDOW_HOST_ERRORS = 256, /* … and with these, by host, status and blame */
    WINDOW_SAMPLES = 1024,    /* seconds with errors between two drains that have a sample */
    WINDOW_SAMPLE_BYTES = 480,
    WINDOW_MAX_SECONDS = 86400, /* records that are kept when nobody drains: then the oldest go */
    WINDOW_HEAD = 4, /* lines without a believed stamp that are kept before the first with one */
};

/* What is known of one line when it is counted. */
struct window_line {
    struct span host, route, upstream; /* may be empty */
    struct span text;                  /* the whole line, for samples */
    uint16_t status;
    uint16_t entry; /* in the dictionary, as in struct verdict */
    enum status_class class;
    enum blame blame;
};

/* One second of one series: the whole source (host 0) or one virtual host of it. */
struct window_record {
    int64_t second; /* since 1970 */
    uint32_t host;  /* name number; 0: the source as a whole */
    uint32_t requests, e4xx, e5xx;
    uint32_t unparsed; /* lines that no format read; of the source as a whole only */
};

/* So many answers of a kind with 4xx or 5xx in a second. Name numbers: 0 none, WINDOW_OTHER too
 * many. */
struct window_error {
    int64_t second;
    uint32_t host, route, upstream, count;
    uint16_t status, entry;
    enum blame blame;
};

/* The first line of a second that had a 5xx, as it stood in the log, cut. Which lines are kept so
 * does not depend on when the window is drained. */
struct window_sample {
    int64_t second;
    uint32_t host;
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
    bool has_clock, has_pending, by_host;
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
    struct window_sample *samples;                 /* NULL until the first */
    uint32_t n_samples, cap_samples;
    bool has_sampled;
    int64_t sampled;            /* second that had its sample last: a drain does not change that */
    struct window_line waiting; /* the pending line; its spans point into `waiting_bytes` */
    char *waiting_bytes;
};

/* So many requests, with errors among them. */
struct ledger_counts {
    uint32_t requests, e4xx, e5xx;
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

/* The parts of that: for the source as a whole, for a virtual host (not 0), errors of a kind, a
 * sample. */
void ledger_add(struct window *w, struct timeline *timeline, struct ledger_counts n);
void ledger_add_unparsed(struct window *w, uint32_t n);
void ledger_add_host(struct window *w, uint32_t host, struct ledger_counts n);
void ledger_add_errors(struct window *w, struct ledger_kind kind, uint32_t count);
void ledger_add_sample(struct window *w, uint32_t host, uint16_t status, struct span text);

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
