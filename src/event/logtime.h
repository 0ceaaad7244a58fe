/*
 * Times as logs write them, to milliseconds since 1970 UTC. Reading is lazy: a parser only says
 * where the time stands and in which notation; the last minute that was read is kept, so that a
 * line of the same minute costs a comparison and two digits.
 */
#ifndef TEAPOT_EVENT_LOGTIME_H
#define TEAPOT_EVENT_LOGTIME_H

#include "base/span.h"

enum logtime_kind {
    LOGTIME_NONE, /* the line has no time */
    LOGTIME_CLF,  /* 22/Nov/2026:16:29:32 +0000; without zone: local; also with .537 after the
                     seconds, or a blank before the hour */
    LOGTIME_ISO,  /* 2026-11-22T16:29:32.147+00:00, "T" or blank, any fraction, Z, +0000, +00:00 or
                     local */
    LOGTIME_ISO_UTC, /* the same, but UTC where no zone is written (W3C) */
    LOGTIME_EPOCH,   /* 1795364972.147: seconds since 1970; 13, 16 or 19 digits are ms, µs, ns */
    LOGTIME_RFC3164, /* Nov 22 16:40:25: no year, no zone */
    LOGTIME_CTIME,   /* Sun Nov 22 16:40:25 2026: no zone (uWSGI) */
    LOGTIME_DASHED,  /* 2026/11/22 - 16:40:25: no zone (gin) */
    LOGTIME_US,      /* 11/22/26, 7:40:25: no zone (IIS) */
    LOGTIME_KINDS,
};

/* What one source remembers between lines. A zeroed struct is ready, but for `now_s`. */
struct logtime {
    int64_t now_s;   /* wall time at about which lines are written: the year of RFC 3164 stamps */
    char minute[32]; /* the text up to the seconds, and what follows them (zone), last read */
    uint8_t head, tail; /* their lengths; 0: nothing kept */
    uint8_t kind;
    int64_t minute_ms; /* what they mean */
    char text[32]; /* the whole text read last, and what it means: lines of one second come in rows
                    */
    size_t text_len;
    int64_t text_ms;
};

/* Reads `text`. False, with `*ms` untouched, when it is not a time of that notation, or not a date.
 */
bool logtime_read(struct logtime *cache, enum logtime_kind kind, struct span text, int64_t *ms);

#endif
