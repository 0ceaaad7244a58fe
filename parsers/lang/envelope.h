/*
 * What others put around the lines of a server on their way into a file: containers, orchestrators,
 * journals and terminals. They are peeled off one by one, in whatever order they were put on:
 *
 *     {"log":"BODY\n","stream":"stdout","time":"2026-11-22T16:43:42.1Z"}       Docker, json-file
 *     2026-11-22T16:43:42.1Z stdout F BODY                                     Kubernetes (CRI)
 *     {"__REALTIME_TIMESTAMP":"1795365822123456","MESSAGE":"BODY"}             journalctl -o json
 *     {"@timestamp":"2026-11-22T16:43:42.1Z","message":"BODY"}                 log shippers
 *     web-1  | BODY                                                            docker compose
 *     [pod/web-1/nginx] BODY                                                   kubectl logs
 * --prefix 2026-11-22T16:43:42.1Z BODY                                              kubectl logs
 * --timestamps 123 <190>1 2026-11-22T16:43:42Z web1 nginx 31 - - BODY                   syslog, as
 * sent by TCP ESC[33mBODYESC[0m                                                        colours
 *
 * and those of syslog.h. This is for lines that no format reads as they are, and need not be fast.
 */
#ifndef TEAPOT_PARSERS_LANG_ENVELOPE_H
#define TEAPOT_PARSERS_LANG_ENVELOPE_H

#include "base/span.h"

enum {
    ENVELOPE_DEPTH = 6,     /* more are left on */
    ENVELOPE_BYTES = 65536, /* of a line whose parts were joined */
    ENVELOPE_STREAMS = 2,
};

/* A line whose beginning came in lines of its own. */
struct envelope_parts {
    size_t len;
    bool is_lost; /* it got too long */
    char text[ENVELOPE_BYTES];
};

/* What one source has. Zeroed at first. */
struct envelope {
    struct span
        lines[ENVELOPE_DEPTH + 1]; /* the line itself, and what was in it, ever further in */
    unsigned n;
    struct span time; /* of the innermost envelope that has one, or empty */
    bool is_silent;   /* nothing to read: no text in the envelope, or a part that is kept until its
                         end comes */
    bool is_joined;   /* parts were joined in this line */
    struct envelope_parts parts[ENVELOPE_STREAMS]; /* of what goes to stdout and to stderr */
    size_t used;                                   /* of `room` */
    char room[2 * ENVELOPE_BYTES];                 /* for text that had to be changed */
};

/* Looks into `line`: fills `lines` (the first is `line`), `n`, `time` and `is_silent`. The spans
 * point into `line` or into `e`, until the next call. */
void envelope_open(struct envelope *e, struct span line);

/* A hash of the parts that are kept; 0 when there are none. */
uint64_t envelope_sum(const struct envelope *e);

/* Takes over the parts that `from` keeps; `e` is zeroed. */
void envelope_take(struct envelope *e, const struct envelope *from);

#endif
