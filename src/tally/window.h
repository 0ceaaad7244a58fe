/*
 * Counts per second on one source's own clock. Only the stamps of its lines move the clock, and
 * only forward; a line counts at max(clock, stamp), so no line is too late. A stamp more than an
 * hour ahead is believed only when the next stamped line is not more than an hour before it; until
 * then that one line waits, in `pending`. Records come in order of time, that of the whole source
 * first in its second. They are drained by whoever watches for spikes.
 */
#ifndef TEAPOT_TALLY_WINDOW_H
#define TEAPOT_TALLY_WINDOW_H

#include "tally/ledger.h"

/* struct window and what it holds are in ledger.h. */

/* Frees what the window holds and zeroes it. A zeroed struct is an empty window; set `by` at once
 * when records of places are wanted. */
void window_done(struct window *w);

/* Counts a line that is stamped with that second. */
void window_add(struct window *w, int64_t stamp, const struct window_line *line);

/* Counts lines that no format read: they have no stamp, so they count in the second of the clock.
 */
void window_unparsed(struct window *w, uint32_t n);

/* Settles a line that still waits, as believed: at the end of a file, or when nothing came after
 * it. */
void window_settle(struct window *w);

/* Adds what a later piece of the same source counted. */
void window_merge(struct window *into, const struct window *from);

/* The three above, which also add all that they count to `timeline` (may be NULL), in the same
 * seconds. */
void window_add_to(struct window *w, struct timeline *timeline, int64_t stamp,
                   const struct window_line *line);
void window_settle_to(struct window *w, struct timeline *timeline);
void window_merge_to(struct window *into, struct timeline *timeline, const struct window *from);

/* Counts a line that is no error, if that can be done in the clock's second and nothing but its
 * host has to be known; false when it is left to window_add_to. A short cut for what most lines
 * are. */
bool window_add_plain(struct window *w, struct timeline *timeline, int64_t stamp, struct span host);

/* Would window_add_plain take any number of lines without a host at that stamp, one after the
 * other? Never when there are records per virtual host: those lines have to be told apart. */
static inline bool window_can_run(const struct window *w, int64_t stamp)
{
    return w->has_clock && !w->has_pending && stamp <= w->clock && w->second_at < w->n_records &&
           !(w->by & WINDOW_BY_PLACE);
}

/* Counts `n` such lines, when window_can_run says so. */
static inline void window_add_run(struct window *w, struct timeline *timeline, uint32_t n)
{
    w->records[w->second_at].requests += n;
    if (n) {
        timeline_add(timeline, w->clock, (struct timeline_step){n, 0, 0});
    }
}

/* Notes that an upstream answered one of those lines, which was no error; the name may be empty. */
static inline void window_add_answer(struct window *w, struct span upstream)
{
    if (upstream.len && w->by & WINDOW_ANSWERS) {
        ledger_add_answer(w, upstream);
    }
}

/* Forgets all records, errors, samples and names; the clock and a waiting line stay. */
void window_drain(struct window *w);

/* Gives back the memory of a window that was drained, but for what waits. */
void window_rest(struct window *w);

/* The text of a name number; empty for 0, "other" for WINDOW_OTHER. Valid until the next drain. */
struct span window_name(const struct window *w, uint32_t number);

#endif
