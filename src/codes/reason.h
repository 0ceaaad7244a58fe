/*
 * Reasons why requests fail: those of reasons.def, and behind them IIS's sub-statuses. What a
 * server's own words mean is in flags.def; who says which reason a line has is judge.h.
 */
#ifndef TEAPOT_CODES_REASON_H
#define TEAPOT_CODES_REASON_H

#include "codes/codes.h"

enum reason {
#define REASON(name, blame, text) REASON_##name,
#include "codes/reasons.def"
#undef REASON
    REASONS, /* from here on: REASONS + the number of an entry of details.h */
    REASON_NONE = 0xffff,
};

/* How many numbers there are, details included. */
uint16_t reason_count(void);

/* What the reason says, "upstream refused the connection" or "404.13 Request filter: content
 * length", of at most REASON_TEXT bytes with its NUL, written to `out`, which is returned. */
enum {
    REASON_TEXT = 96,
};
char *reason_text(uint16_t reason, char out[REASON_TEXT]);

/* Who has to act. */
enum blame reason_blame(uint16_t reason);

/* What a word means in the logs of a server (flags.def); REASON_NONE when nothing is wrong by it or
 * it is not known. */
uint16_t reason_of_flag(enum server server, struct span word);

#endif
