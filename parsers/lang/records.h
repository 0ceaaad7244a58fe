/*
 * Formats that are JSON lines with keys of their own: Traefik's, Envoy's, Cloudflare's … A parser
 * file needs only the table of its keys and, where the key of the status is not telling enough, the
 * keys that only such lines have.
 */
#ifndef TEAPOT_PARSERS_LANG_RECORDS_H
#define TEAPOT_PARSERS_LANG_RECORDS_H

#include "parsers/lang/keys.h"
#include "parsers/parser.h"

/* "a" or "parent.a", with the nearest object around it as the parent. */
struct records_key {
    const char *key; /* NULL at the end of a table */
    enum field field;
};

/* A format's state, for parser.state_size. The keys come first, so that keys_drop and keys_marks
 * fit. A zeroed one reads JSON lines by their usual keys. */
struct records_state {
    struct keys_state keys;
    struct keys_notes signs; /* names only */
};

/* Fills the state with the keys of a format, on top of the usual ones (keys_give). Of `signs`,
 * which ends with NULL, at most KEYS_NOTES, or is NULL, a line must have one; what they hold is
 * not read. Both must outlive the state. Returns 0, or -EINVAL with `why` when `args` is not empty.
 */
int records_open(struct records_state *s, struct span args, const struct records_key *keys,
                 const char *const *signs, struct problem *why);

/* Fits parser.parse: the state is a struct records_state. */
enum parse_result records_parse(void *state, struct span line, struct event *out);

/* Fits parser.parse_lines. */
size_t records_parse_lines(void *state, struct lines *lines, struct event *out, size_t max);

#endif
