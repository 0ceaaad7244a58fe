/*
 * What a set was fed, as bytes: fed with the same again, one that is in the state of before comes
 * into the same state. It is far less than the state itself.
 */
#ifndef TEAPOT_ALERT_JOURNAL_H
#define TEAPOT_ALERT_JOURNAL_H

#include "alert/alert.h"
#include "base/packing.h"

/* Appends a call of alert_set_feed, or of alert_set_idle. */
void journal_feed(struct buf *out, const char *source, const struct window *w,
                  int64_t closed_before);
void journal_idle(struct buf *out, const char *source, bool idle);

/* Makes all calls that `in` holds. They end with the first that is not understood (in->is_bad). */
void journal_replay(struct alert_set *set, struct packing *in);

#endif
