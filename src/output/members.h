/*
 * JSON text, member by member, for summaries of thousands of sources: a tree of nodes would take
 * ten times as long and as much memory. A comma is put before whatever does not come first.
 * `member` is a name of ours, with nothing in it to escape; NULL for what stands in a list.
 */
#ifndef TEAPOT_OUTPUT_MEMBERS_H
#define TEAPOT_OUTPUT_MEMBERS_H

#include "base/buf.h"

/* Begins an object or a list, '{' or '[', and ends it, '}' or ']'. The outermost is begun with
 * buf_byte: what stands before it is not its own. */
void members_open(struct buf *out, const char *member, char bracket);
void members_close(struct buf *out, char bracket);

/* A whole number, exact. */
void members_number(struct buf *out, const char *member, uint64_t n);

/* Any other number, with as many digits as it takes to read it back; null when it is none. */
void members_real(struct buf *out, const char *member, double x);

/* Text from a log or a person, escaped. */
void members_text(struct buf *out, const char *member, struct span text);

/* A word of ours; null for NULL. */
void members_word(struct buf *out, const char *member, const char *word);

/* Only the name: the caller appends the value as JSON. */
void members_name(struct buf *out, const char *member);

#endif
