/*
 * Log text made harmless for where it is shown: JSON, a metrics label, a terminal. Log lines are
 * written by strangers and may hold anything: NULs, escape sequences, broken UTF-8, characters that
 * turn the direction of writing around.
 */
#ifndef TEAPOT_OUTPUT_ESCAPE_H
#define TEAPOT_OUTPUT_ESCAPE_H

#include "base/buf.h"

/* How many bytes the UTF-8 character at the start of `s` (not empty) has, with its code point; 0
 * when there is none: a stray or missing continuation, an overlong form, a surrogate. */
size_t escape_point(struct span s, uint32_t *point);

/* Appends a JSON string with its quotes. Bytes that are no UTF-8, and NULs, become U+FFFD; control
 * characters and those that steer the direction of text become \u escapes. */
void escape_json(struct buf *out, struct span text);

/* Appends the value of a metrics label without its quotes: at most `max` bytes of the text, cut
 * between characters, what is no UTF-8 or a control character as U+FFFD; backslash, quote and line
 * end escaped. */
void escape_label(struct buf *out, struct span text, size_t max);

/* Appends text for a terminal, at most `max` columns of it, cut with an ellipsis. Control
 * characters and what is no UTF-8 are shown as \xHH for each byte; without `unicode`, so is all
 * that is not ASCII. */
void escape_terminal(struct buf *out, struct span text, size_t max, bool unicode);

/* How many columns harmless text takes on a terminal. */
size_t escape_columns(struct span text);

#endif
