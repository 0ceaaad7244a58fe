/*
 * What a set was fed, as bytes: fed with the same again, one that is in the state of before comes
 * into the same state. It is far less than the state itself.
 */
#ifndef TEAPOT_ALERT_JOURNAL_H
#define TEAPOT_ALERT_JOURNAL_H

#include "base/packing.h"
#include "tally/window.h"

/* Seconds are kept within this, so that sums with them can't overflow: 69,730 years each way. */
#define JOURNAL_SECOND_MOST ((int64_t)1 << 41)

/* Appends a call of alert_set_feed, or of alert_set_idle. */
void journal_feed(struct buf *out, const char *source, const struct window *w,
                  int64_t closed_before);
void journal_idle(struct buf *out, const char *source, bool idle);

/* One of those calls. */
struct journal_entry {
    char *source;
    bool is_feed; /* else it was alert_set_idle */
    bool is_idle;
    bool has_window; /* else the feed had none */
    struct window window;
    int64_t closed_before; /* of a feed */
};

/* Takes the next call off `in`; to be given to journal_done. False at the end, and when it is not
 * understood: then in->is_bad, and there is nothing to be freed. */
bool journal_next(struct packing *in, struct journal_entry *out);

void journal_done(struct journal_entry *e);

#endif
