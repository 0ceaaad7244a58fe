/*
 * Makes a line of a log harmless to hand around: an alert goes to chat rooms and mail, and who
 * visited what is nobody's business there.
 */
#ifndef TEAPOT_ALERT_PRIVACY_H
#define TEAPOT_ALERT_PRIVACY_H

#include "base/span.h"

/* Writes `line` into `out` as a C string, cut to `size` - 1 bytes: addresses in the words before
 * the first quote, bracket or brace have their last part zeroed (IPv4) or become "-" (IPv6),
 * likewise quoted ones in a JSON line whose key does not speak of an upstream; query strings are
 * taken out; a NUL becomes '?'. Other bytes stay as they are. `size` must not be 0. */
void privacy_clean(struct span line, char *out, size_t size);

/* Writes it as it is, cut to `size` with its NUL, but for a NUL in it, which becomes '?'. */
void privacy_copy(struct span line, char *out, size_t size);

#endif
