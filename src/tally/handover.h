/*
 * Windows of pieces of a source that are read apart, handed on as a whole. A piece is merged by
 * exchanging memory where that gives what window_merge would, which is nearly always when its
 * stamps come in order; and a piece with very many names is handed on in parts, so that none is
 * lost because a table is full.
 */
#ifndef TEAPOT_TALLY_HANDOVER_H
#define TEAPOT_TALLY_HANDOVER_H

#include "tally/window.h"

/* Makes `into` what it would be after a merge of `from`, the next piece, if that can be had by
 * exchanging the two: `into` was drained, and the piece begins at its clock or later. False when
 * not: then nothing is changed. After true, `from` holds what is to be reset. */
bool handover_take(struct window *into, struct window *from);

/* Is a table that is bounded between two drains more than half full, so that it is time for
 * handover_part? */
bool handover_is_due(const struct window *w);

/* Moves what was counted to `out`, a zeroed window or one that was reset; `w` goes on as after a
 * drain. `out` and later `w`, merged in this order, count what `w` alone would have. Without a
 * clock nothing is moved. */
void handover_part(struct window *w, struct window *out);

/* Moves all of a window to `out`, likewise, and leaves an empty one. */
void handover_move(struct window *w, struct window *out);

/* About how many bytes of memory a window holds. */
size_t handover_bytes(const struct window *w);

/* Makes a window as if zeroed, but for its memory and `by`. */
void handover_reset(struct window *w);

#endif
