/* The envelope that syslog puts around a line: RFC 3164, RFC 5424, and files as rsyslog writes
 * them. */
#ifndef TEAPOT_PARSERS_LANG_SYSLOG_H
#define TEAPOT_PARSERS_LANG_SYSLOG_H

#include "event/event.h"

struct syslog_header {
    struct span time; /* of the envelope, may be empty */
    struct span tag;  /* "nginx", "haproxy": the program */
    enum logtime_kind time_kind;
};

/* Could an envelope begin here? Addresses and host names do not look so, which keeps this cheap.
 * The first eight bytes must be there. */
static inline bool syslog_may_begin(const char *at)
{
    return at[0] == '<' || at[4] == '-' || (at[3] == ' ' && at[6] == ' ');
}

/* Takes the envelope off: `body` becomes what the program wrote. False, with nothing written, when
 * the line is in no syslog envelope:
 *
 *     <190>Nov 22 16:29:31 web1 nginx: BODY             RFC 3164, host optional
 *     <134>1 2026-11-22T16:40:25+00:00 web1 haproxy 20596 - [id@1 k="v"] BODY      RFC 5424
 *     Nov 22 16:40:25 web1 haproxy[20596]: BODY         rsyslog, traditional
 *     2026-11-22T16:40:24+00:00 web1 haproxy[20596]: BODY                          rsyslog, ISO
 * times
 */
bool syslog_peel(struct span line, struct span *body, struct syslog_header *header);

#endif
